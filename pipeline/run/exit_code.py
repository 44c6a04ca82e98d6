"""Which exit code an error means."""

from __future__ import annotations

from pipeline import report
from pipeline.fetch import ConfluenceError, CredentialsError
from pipeline.report import TooManyFailuresError
from pipeline.run.deletions import DeleteGuardError
from pipeline.run.stop import StoppedError
from pipeline.state import LedgerError
from pipeline.upsert import VectorApiError

# The first class that fits decides: `CredentialsError` is a `ConfluenceError`.
_CODES = {
    CredentialsError: report.REFUSED,
    ConfluenceError: report.UNREACHABLE,
    VectorApiError: report.VECTOR_API,
    DeleteGuardError: report.DELETE_GUARD,
    LedgerError: report.BAD_SETTINGS,
}
_CODES_OF_STAGES = {
    "fetch": report.UNREACHABLE,
    "upsert": report.VECTOR_API,
    "delete": report.VECTOR_API,
}


def to_exit_code(error: Exception) -> int:
    """Return the exit code of a run that ended with this error; 1 for an unexpected one."""
    if isinstance(error, StoppedError):
        return error.exit_code
    if isinstance(error, TooManyFailuresError):
        return _CODES_OF_STAGES.get(error.stage, report.PARTIAL)
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), report.PARTIAL)
