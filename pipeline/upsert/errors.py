"""The errors by which a sink says what a failure means for the run."""

from __future__ import annotations


class VectorApiError(Exception):
    """The server cannot serve this run: unreachable, unknown, unauthorized, store gone. Exit 5."""


class InsertRejectedError(Exception):
    """The server answered that it did not store these chunks; fewer or others may go through."""


class InsertThrottledError(InsertRejectedError):
    """The server asks to come again later (429); nothing of it is stored."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds, where the server told


class InsertUnclearError(Exception):
    """Nobody knows whether these chunks are stored (time-out, reset, 5xx): look before retrying."""

    def __init__(
        self, message: str, retry_after: float | None = None, *, still_at_work: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds, where the server told
        self.still_at_work = still_at_work  # the server may yet store them
