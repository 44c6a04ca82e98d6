"""How far a rotation has come with a store: a mark in its metadata on the server.

It serves runs that have lost their ledger. Llama Stack 0.2 lists vector-dbs as vector stores, too,
so that they have metadata. A server that keeps none has no marks.
"""

from __future__ import annotations

import logging
from typing import Any

from pipeline.upsert.server.api import AnswerError, Api, to_segment

log = logging.getLogger(__name__)
UNFINISHED, PUBLISHED = "unfinished", "published"
_KEY = "rotation"


class Marks:
    """The marks of one server's stores."""

    def __init__(self, api: Api, prefix: str) -> None:
        """`prefix` is that of the routes of vector stores."""
        self._api, self._prefix = api, prefix

    def read(self, identifier: str) -> str:
        """Return the mark of a store, "" if it has none."""
        return str(self._get_metadata(identifier).get(_KEY, ""))

    def write(self, identifier: str, mark: str) -> None:
        """Mark a store, where the server keeps metadata."""
        metadata = self._get_metadata(identifier)
        try:
            self._api.post_once(self._to_path(identifier), {"metadata": {**metadata, _KEY: mark}})
        except AnswerError as error:
            log.debug("the store %s gets no mark %r: %s", identifier, mark, error)

    def _get_metadata(self, identifier: str) -> dict[str, Any]:
        try:
            store = self._api.get(self._to_path(identifier)) or {}
        except AnswerError as error:
            log.debug("the metadata of the store %s cannot be read: %s", identifier, error)
            return {}
        return dict(store.get("metadata") or {})

    def _to_path(self, identifier: str) -> str:
        return f"{self._prefix}/vector_stores/{to_segment(identifier)}"
