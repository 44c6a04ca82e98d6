"""The exit codes: what each means for a scheduler and for people, as in README.md."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a run ended. After SIGINT or SIGTERM it is 128 plus the signal's number."""

    OK = 0  # the collection matches the scope
    PARTIAL = 1  # some pages failed, or the deadline was reached; the next run resumes
    BAD_SETTINGS = 2  # the settings, or the ledger in STATE_DIR
    CONFLUENCE_REFUSED = 3  # the credentials were rejected, or the space is not visible
    CONFLUENCE_UNREACHABLE = 4
    VECTOR_API_FAILED = 5  # unreachable, of no known variant, or failing
    DELETE_GUARD = 6  # more than MAX_DELETE_PERCENT would be deleted; nothing was
    STALE_TEXT = 7  # all pages are in, but outdated text is left that the server cannot delete
