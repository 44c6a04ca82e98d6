"""Tests of the programs as users run them."""
