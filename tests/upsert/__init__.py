"""Tests of pipeline.upsert: chunks into vector databases."""
