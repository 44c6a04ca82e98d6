"""Inserts into a store that was deleted while the run was writing to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    TooLongError,
    VectorApiError,
)


@contextmanager
def lost_store_ends_the_run(store: str, exists: Callable[[], bool]) -> Iterator[None]:
    """Raise `VectorApiError` for an insert that is rejected because its store no longer exists.

    Servers answer an unknown store like a bad chunk, so `exists` asks the server after every
    rejection that has no other reason. `store` names it in the error, such as "the store vs_1".
    """
    try:
        yield
    except (InsertThrottledError, TooLongError):
        raise
    except InsertRejectedError as error:
        if exists():
            raise
        raise VectorApiError(
            f"{store} was deleted on the server during the run; "
            "the next run creates and fills it again"
        ) from error
