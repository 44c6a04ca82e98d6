"""What the failure of a request that deletes something means for its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.upsert.errors import InsertUnclearError
from pipeline.upsert.server.api import REFUSING, AnswerError


@contextmanager
def deletion_errors() -> Iterator[None]:
    """Turn a server's failure, after all retries, to delete something into `InsertUnclearError`.

    It is that page's failure, as others may still be deleted. Other errors are not changed.
    """
    try:
        yield
    except AnswerError as error:
        if error.status in REFUSING or not (error.status >= 500 or error.status == 408):
            raise
        raise InsertUnclearError(str(error)) from None
