"""Tests of the demo: its site, its servers and its pages."""
