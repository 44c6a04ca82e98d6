"""Tests of pipeline.markdown: pages into Markdown."""
