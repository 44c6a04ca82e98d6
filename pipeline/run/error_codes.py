"""The exit code of each error that ends a run."""

from __future__ import annotations

from pipeline.fetch import ConfluenceError, CredentialsError
from pipeline.report import ExitCode, TooManyFailuresError
from pipeline.run.deletions import DeleteGuardError
from pipeline.run.stop import StoppedError
from pipeline.state import LedgerError
from pipeline.upsert import VectorApiError

# The first class that fits decides: `CredentialsError` is a `ConfluenceError`.
_CODES = {
    CredentialsError: ExitCode.CONFLUENCE_REFUSED,
    ConfluenceError: ExitCode.CONFLUENCE_UNREACHABLE,
    VectorApiError: ExitCode.VECTOR_API_FAILED,
    DeleteGuardError: ExitCode.DELETE_GUARD,
    LedgerError: ExitCode.BAD_SETTINGS,
}
_CODES_OF_STAGES = {
    "fetch": ExitCode.CONFLUENCE_UNREACHABLE,
    "upsert": ExitCode.VECTOR_API_FAILED,
    "delete": ExitCode.VECTOR_API_FAILED,
}


def to_exit_code(error: Exception) -> int:
    """Return the exit code of a run that ended with this error; 1 for an unexpected one."""
    if isinstance(error, StoppedError):
        return error.exit_code
    if isinstance(error, TooManyFailuresError):
        return _CODES_OF_STAGES.get(error.stage, ExitCode.PARTIAL)
    return next(
        (code for kind, code in _CODES.items() if isinstance(error, kind)), ExitCode.PARTIAL
    )
