"""How far a rotation has come with a store: a mark in its metadata on the server.

It serves runs that have lost their ledger. Llama Stack 0.2 lists vector-dbs as vector stores, too,
so that they have metadata. A server that keeps none has no marks; one that fails to answer is an
error: its unfinished stores would pass for finished ones.
"""

from __future__ import annotations

import logging

from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.server.api import AnswerError

log = logging.getLogger(__name__)
UNFINISHED, PUBLISHED = "unfinished", "published"
_KEY = "rotation"


class Marks:
    """The marks of one server's stores. Raises `VectorApiError` where the server fails."""

    def __init__(self, routes: StoreApi) -> None:
        self._routes = routes

    def read(self, identifier: str) -> str:
        """Return the mark of a store, "" if it has none."""
        try:
            store = self._routes.get_store(identifier) or {}
        except AnswerError as error:
            if error.can_pass:
                raise
            log.debug("the metadata of the store %s cannot be read: %s", identifier, error)
            return ""
        return str((store.get("metadata") or {}).get(_KEY, ""))

    def write(self, identifier: str, mark: str) -> None:
        """Mark a store, where the server keeps metadata."""
        try:
            self._routes.add_metadata(identifier, {_KEY: mark})
        except AnswerError as error:
            if error.can_pass:
                raise
            log.debug("the store %s gets no mark %r: %s", identifier, mark, error)
