"""The dash variant: `/v1/vector-io/insert` and `/query`, as Llama Stack and OGX serve them.

No dash server deletes chunks, so this sink can rotate: build a whole store anew.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.upsert.api import AnswerError, Api
from pipeline.upsert.dash_stores import Stores
from pipeline.upsert.errors import InsertRejectedError, InsertThrottledError, VectorApiError
from pipeline.upsert.find_by_query import ask_beside, find_by_query

log = logging.getLogger(__name__)


class Dash:
    """A collection on a dash server. Inserted chunks stay; see `Rotating`."""

    variant = "dash"
    can_delete = False
    can_list = False
    inserts_at_once = 2

    def __init__(self, api: Api, stores: Stores, name: str) -> None:
        self._api, self._stores, self._name = api, stores, name
        self.identifier = ""
        self.opened_new = False

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._api.requests

    def look_up(self, known: str = "") -> str:
        """The identifier kept from an earlier run if it still exists, else the one of our name."""
        self.identifier = self._choose(known)
        return self.identifier

    def _choose(self, known: str) -> str:
        stores = self._stores.list_stores()
        if any(store.identifier == known for store in stores):
            return known
        if known:
            log.warning("the store %s is gone from the server; looking for %s", known, self._name)
        named = [store for store in stores if store.name == self._name]
        # A rotation that was killed leaves a newer store that is not complete: the oldest wins.
        named.sort(key=lambda store: not store.is_ours)
        if len(named) > 1:
            log.warning(
                "%d stores are named %s; using %s", len(named), self._name, named[0].identifier
            )
        return named[0].identifier if named else ""

    def open_collection(self, known: str = "") -> str:
        """Find the store or make it."""
        self.opened_new = not self.look_up(known)
        if self.opened_new:
            self.identifier = self._stores.make(self._name, fresh=False)
        return self.identifier

    def list_stored(self) -> Iterator[StoredChunk]:
        """Dash servers do not list chunks."""
        raise NotImplementedError("dash servers do not list their chunks")

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store one batch, once."""
        body = {self._stores.key: self.identifier, "chunks": self._stores.to_rows(chunks)}
        try:
            self._api.insert("/v1/vector-io/insert", body)
        except InsertThrottledError:
            raise
        except InsertRejectedError as error:
            # An unknown store is a 400 here, like a bad chunk.
            if not any(one.identifier == self.identifier for one in self._stores.list_stores()):
                raise VectorApiError(
                    f"the store {self.identifier} has gone from the server during the run; "
                    "the next run makes it anew and fills it"
                ) from error
            raise
        return {chunk.id: chunk.id for chunk in chunks}

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Which of these chunks a query answers with, each asked for by its own text."""
        return find_by_query(self._ask, chunks)

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Dash servers do not delete chunks."""
        raise NotImplementedError("dash servers do not delete chunks")

    def query(self, question: str, top_k: int) -> list[Hit]:
        """The best hits; a question that is some chunk's text, letter for letter, works too."""
        try:
            hits = self._ask(question, top_k)
        except AnswerError as error:
            if error.status != 400:
                raise
            hits = ask_beside(self._ask, question, top_k)
        return list({hit.chunk_id: hit for hit in reversed(hits)}.values())[::-1]

    def _ask(self, question: str, top_k: int) -> list[Hit]:
        body = {
            self._stores.key: self.identifier,
            "query": question,
            "params": {"max_chunks": top_k, "mode": "vector"},
        }
        answer = self._api.post("/v1/vector-io/query", body) or {}
        scores = answer.get("scores") or []
        return [_to_hit(row, score) for row, score in zip(answer["chunks"], scores, strict=True)]

    def make_fresh(self) -> str:
        """Make another store of the same name and go on with it."""
        self.identifier = self._stores.make(self._name, fresh=True)
        self.opened_new = True
        return self.identifier

    def older_stores(self) -> list[str]:
        """Stores of our name that this tool made, without the current one."""
        return [
            store.identifier
            for store in self._stores.list_stores()
            if store.is_ours and store.name == self._name and store.identifier != self.identifier
        ]

    def delete_store(self, identifier: str) -> None:
        """Remove a whole store."""
        self._stores.remove(identifier)

    def close(self) -> None:
        """Give back connections."""
        self._api.close()


def _to_hit(row: Mapping[str, Any], score: float | None) -> Hit:
    about = row.get("chunk_metadata") or {}
    metadata = row.get("metadata") or {}
    return Hit(
        chunk_id=str(row.get("chunk_id") or about.get("chunk_id") or ""),
        text=str(row.get("content") or ""),
        score=math.inf if score is None else float(score),  # JSON has no 1/0
        metadata={key: value for key, value in metadata.items() if isinstance(value, str | int)},
    )
