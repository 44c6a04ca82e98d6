"""Tests of pipeline.chunk: sections into chunks."""
