"""Stores whose vectors a server has lost: proofs of several kinds before another takes the place.

On Llama Stack 0.2, sqlite-vec stores do not survive a restart: the server lists them, but queries
and inserts fail for good. A server that is busy, restarting or broken looks the same for a while.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import AnswerError, Api
from pipeline.upsert.server.vector_io import QUERY


def has_lost_vectors(api: Api, store: str, get_provider: Callable[[], str]) -> bool:
    """Return whether a store of Llama Stack 0.2 fails to answer again and again, for half a minute.

    `get_provider` returns its provider's type. Raises `VectorApiError` for any other failure. What
    shows that the server itself works is `refuse_if_both_fail`.
    """
    try:
        _ask(api, store)
    except AnswerError as error:
        if error.status != 500 or "sqlite-vec" not in get_provider():
            raise
        return True
    return False


def refuse_if_both_fail(
    api: Api, lost: str, replacement: str, remove: Callable[[str], None]
) -> None:
    """Ask an empty replacement what the lost store fails to answer.

    Raises `VectorApiError` if it fails too, and removes it: the store is not the reason.
    """
    try:
        _ask(api, replacement)
    except VectorApiError as error:
        remove(replacement)
        raise VectorApiError(
            f"the store {lost} does not answer, but neither does a new one: {error}; nothing was "
            "changed, and the server's log shows the reason"
        ) from error


def _ask(api: Api, store: str) -> None:
    api.post(QUERY, {"vector_db_id": store, "query": "?", "params": {"max_chunks": 1}})
