"""Tests: a folder per stage, `faults`, `programs`, `openshift`, `demo`; `support` is shared."""
