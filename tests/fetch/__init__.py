"""Tests of pipeline.fetch: Confluence into pages."""
