"""The underscore variant: `/v1/vector_io/collections`, `/documents` and `/query`.

The server's description shows whether chunks can be deleted, and by which route.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.errors import InsertRejectedError, VectorApiError
from pipeline.upsert.find_by_query import find_by_query, list_near
from pipeline.upsert.server.answer import HIT_KEYS, Fields
from pipeline.upsert.server.api import REFUSING, AnswerError, Api, to_segment
from pipeline.upsert.server.description import Description
from pipeline.upsert.server.embedding_models import SECOND_COLLECTION, refuse_other_model
from pipeline.upsert.server.failed_deletion import deletion_errors
from pipeline.upsert.server.lost_store import lost_store_ends_the_run

ROOT = "/v1/vector_io"
ROUTES = DOCUMENTS = f"{ROOT}/documents"
DELETE_DOCUMENTS = f"{DOCUMENTS}/delete"
DELETES_A_REQUEST = 100


class Underscore:
    """A collection on an underscore server; an insert overwrites the document of that id."""

    variant = "underscore"
    can_list = False
    inserts_at_once = 2

    def __init__(self, api: Api, settings: Settings, routes: Collection[tuple[str, str]]) -> None:
        """`routes`: (method, path) of every route that the server describes; may be empty."""
        self._api = api
        self._collection = settings.collection_id
        self._settings = settings
        self.opened_new = False
        self._delete_route = _choose_delete_route(routes)
        self.can_delete = self._delete_route is not None

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._api.requests

    def look_up(self, known: str = "") -> str:
        """Return the collection's id if the server answers queries to it, else ""."""
        del known  # the name is the identifier
        return self._collection if self._exists(unknown=(400, 404)) else ""

    def has_collection(self) -> bool:
        """Return False: these servers do not list their collections."""
        return False

    def open_collection(self, known: str = "") -> str:
        """Find the collection or create it."""
        self.opened_new = False
        if self.look_up(known):
            return self._collection
        body = {
            "collection_id": self._collection,
            "embedding_model_id": self._settings.embedding_model_id,
            "metadata": {"source": "confluence"},
        }
        try:
            self._api.post(f"{ROOT}/collections", body)
            self.opened_new = True
        except AnswerError as error:
            if error.status != 409:  # another run has just made it
                raise
        return self._collection

    def check_model(self, kept: str) -> str:
        """Return the model that an earlier run recorded: these servers do not show it."""
        refuse_other_model(self._settings, kept, SECOND_COLLECTION)
        return kept or self._settings.embedding_model_id

    def _exists(self, unknown: Collection[int]) -> bool:
        """Return whether the collection answers queries; `unknown`: statuses of a missing one."""
        try:
            self._ask("anything", 1)
        except AnswerError as error:
            if error.status in unknown:
                return False
            raise
        return True

    def list_stored(self) -> Iterator[StoredChunk]:
        """Underscore servers do not list documents."""
        raise NotImplementedError("underscore servers do not list their documents")

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store one batch, once."""
        documents = [
            {"document_id": chunk.id, "text": chunk.text, "metadata": dict(chunk.metadata)}
            for chunk in chunks
        ]
        body = {"collection_id": self._collection, "documents": documents}
        with lost_store_ends_the_run(f"the collection {self._collection}", self._still_exists):
            self._api.insert(DOCUMENTS, body)
        return {chunk.id: chunk.id for chunk in chunks}

    def _still_exists(self) -> bool:
        return self._exists(unknown=(404,))

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Return which of these chunks a query for their own text finds."""
        return find_by_query(self._ask, chunks)

    def list_near(self, chunks: Sequence[Chunk]) -> set[str]:
        """Return the ids of what queries for these chunks' own texts show."""
        return list_near(self._ask, chunks)

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove these chunks, by the route that the server describes."""
        if self._delete_route is None:
            raise NotImplementedError("this underscore server describes no delete route")
        try:
            with deletion_errors():
                self._delete(stored)
        except AnswerError as error:
            if error.status in REFUSING or not 400 <= error.status < 500:
                raise
            raise InsertRejectedError(str(error)) from error

    def _delete(self, stored: Sequence[StoredChunk]) -> None:
        if self._delete_route == ("POST", DELETE_DOCUMENTS):
            self._delete_in_batches(stored)
            return
        for chunk in stored:
            self._api.delete(self._to_document_path(chunk.id))

    def _delete_in_batches(self, stored: Sequence[StoredChunk]) -> None:
        for batch in batched(stored, DELETES_A_REQUEST):
            ids = [chunk.id for chunk in batch]
            body = {"collection_id": self._collection, "document_ids": ids}
            self._api.post(DELETE_DOCUMENTS, body)

    def _to_document_path(self, document_id: str) -> str:
        collection, document = to_segment(self._collection), to_segment(document_id)
        if self._delete_route and "/collections/" in self._delete_route[1]:
            return f"{ROOT}/collections/{collection}/documents/{document}"
        return f"{DOCUMENTS}/{document}?collection_id={collection}"

    def query(self, question: str, top_k: int) -> list[Hit]:
        """Return the best hits for a question."""
        return self._ask(question, top_k)

    def _ask(self, question: str, top_k: int) -> list[Hit]:
        body = {"collection_id": self._collection, "query": question, "top_k": top_k}
        return [_to_hit(row) for row in _to_rows(self._api.post(f"{ROOT}/query", body))]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()


def is_underscore(description: Description) -> bool:
    """Return whether a server describes the underscore variant."""
    return description.has(DOCUMENTS)


def open_underscore(api: Api, settings: Settings, description: Description) -> Underscore:
    """Return the sink; without a description, one that cannot delete."""
    return Underscore(api, settings, description.list_routes())


def _choose_delete_route(routes: Collection[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the route that removes most documents with one request."""
    forms = (
        ("POST", DELETE_DOCUMENTS),
        ("DELETE", rf"{ROOT}/collections/{{[^/]+}}/documents/{{[^/]+}}"),
        ("DELETE", rf"{DOCUMENTS}/{{[^/]+}}"),
    )
    for required, pattern in forms:
        for method, path in routes:
            if method == required and re.fullmatch(pattern, path):
                return method, path
    return None


def _to_rows(answer: Fields) -> list[Fields]:
    """Return the hits of an answer: a list under one of the usual names."""
    named = next((key for key in HIT_KEYS if isinstance(answer.get(key), list)), None)
    if named is None:
        raise VectorApiError(f"the answer of {ROOT}/query has no list of hits")
    return answer.rows(named)


def _to_hit(row: Mapping[str, Any]) -> Hit:
    metadata = row.get("metadata") or {}
    name = row.get("document_id") or row.get("chunk_id") or row.get("id") or ""
    return Hit(
        chunk_id=str(name),
        text=str(row.get("text") or row.get("content") or ""),
        score=float(row.get("score") or 0.0),
        metadata={key: value for key, value in metadata.items() if isinstance(value, str | int)},
    )
