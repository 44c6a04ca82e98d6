"""Tests of pipeline.report: exit codes, report file, log."""
