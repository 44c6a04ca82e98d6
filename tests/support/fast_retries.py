"""Retry policies whose waits take milliseconds instead of minutes; attempts are the usual ones."""

from dataclasses import replace

from pipeline.http import VECTOR_RETRY

# For both ends. Retry-After is still honoured.
FAST = replace(
    VECTOR_RETRY, base_seconds=0.001, total_seconds=180.0, settling_seconds=(0.001, 0.01, 0.05)
)
HASTY = replace(FAST, read_seconds=2.0, answer_seconds=4.0)  # for servers that hang
