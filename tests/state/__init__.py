"""Tests of pipeline.state: the ledger and other files in STATE_DIR."""
