"""Tests of pipeline.settings: environment variables into settings."""
