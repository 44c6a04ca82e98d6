"""What a run reports: counts, log lines, progress, the JSON report and the exit code."""

from pipeline.report.redact import to_short
from pipeline.report.report import (
    BAD_SETTINGS,
    DELETE_GUARD,
    OK,
    PARTIAL,
    REFUSED,
    UNREACHABLE,
    VECTOR_API,
    Progress,
    Report,
    TooManyFailuresError,
    set_up_logging,
    show_hits,
    show_stale,
)

__all__ = [
    "BAD_SETTINGS",
    "DELETE_GUARD",
    "OK",
    "PARTIAL",
    "REFUSED",
    "UNREACHABLE",
    "VECTOR_API",
    "Progress",
    "Report",
    "TooManyFailuresError",
    "set_up_logging",
    "show_hits",
    "show_stale",
    "to_short",
]
