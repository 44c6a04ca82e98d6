"""The errors of sinks, by what they mean for the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class VectorApiError(Exception):
    """The server cannot be used in this run: the run ends with exit code 5.

    It is unreachable, unknown or failing, refuses the token, or has lost the store.
    """


class UnusableSettingError(VectorApiError):
    """A setting does not fit the server, such as the name of a model. Exit 2."""


class InsertRejectedError(Exception):
    """The server refused these chunks, and none of them is stored.

    Fewer or other chunks may be accepted. A refused deletion is one too: nothing was deleted.
    """


class TooLongError(InsertRejectedError):
    """At least one text is too long for the server's embedding model.

    Of the chunks those in `stored` are stored, chunk id → the store's name for it; no others.
    """

    def __init__(self, message: str, stored: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.stored = stored or {}


class InsertThrottledError(InsertRejectedError):
    """The server asks to send the chunks again later (429); none of them is stored."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds; None where the answer names no time


class InsertUnclearError(Exception):
    """Some of these chunks may be stored (time-out, reset, 5xx): look before sending them again."""

    def __init__(
        self, message: str, retry_after: float | None = None, *, still_at_work: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds; None where the answer names no time
        self.still_at_work = still_at_work  # the server may store them after this error


@contextmanager
def must_be_stored(otherwise: str) -> Iterator[None]:
    """Turn a failed insert, of something that is no chunk of a page, into a `VectorApiError`."""
    try:
        yield
    except (InsertRejectedError, InsertUnclearError) as error:
        raise VectorApiError(f"{otherwise}: {error}") from error
