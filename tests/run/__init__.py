"""Tests of pipeline.run: the steps of a run."""
