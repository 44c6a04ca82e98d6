"""Tests: a folder for each stage, `faults`, `programs`, `openshift`, `demo`; `support` is shared."""
