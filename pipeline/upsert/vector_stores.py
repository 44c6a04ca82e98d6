"""The sink for OpenAI-compatible vector stores: Llama Stack 0.2 to 0.7 and OGX 1.x.

Each chunk is a file of its own, shorter than the server's chunk size, so that our chunks stay as
they are; files can be listed, replaced and deleted, and their attributes say all that the next run
needs. No ledger is wanted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.api import Api
from pipeline.upsert.embedding_models import find_embedding_model
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.files.shelf import Shelf
from pipeline.upsert.files.store_api import LARGEST_CHUNK, MADE_BY, StoreApi, to_prefix

log = logging.getLogger(__name__)


class VectorStores:
    """One vector store, found by identifier or by name (COLLECTION_ID), or made."""

    variant = "vector_stores"
    can_delete = True
    can_list = True
    inserts_at_once = 1  # a store of files knows which file came last

    def __init__(self, settings: Settings, api: Api | None = None) -> None:
        self._settings = settings
        self._api = api or Api(settings.vector_api_base_url, settings.vector_api_token)
        self._opened: Shelf | None = None
        self._stores_opened: StoreApi | None = None
        self._opened_new = False
        self._is_listed = False

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._api.requests

    @property
    def opened_new(self) -> bool:
        """Whether the store had to be made."""
        return self._opened_new

    def look_up(self, known: str = "") -> str:
        """The store's identifier, or "" if there is none; what it holds can be read then."""
        identifier = self._look_up(known)
        self._opened = Shelf(self._stores, identifier, self._settings) if identifier else None
        self._is_listed = True
        return identifier

    def open_collection(self, known: str = "") -> str:
        """Find the store or make it, and clear away what an interrupted run left half done."""
        settings = self._settings
        if (settings.chunk_tokens or 0) > LARGEST_CHUNK:
            log.warning(
                "CHUNK_TOKENS=%d: the server cuts chunks of more than %d tokens in two",
                settings.chunk_tokens, LARGEST_CHUNK,
            )  # fmt: skip
        identifier = self.look_up(known)
        if self._opened and self._opened.is_dead():
            log.warning("the store %s has lost its vectors: deleting it", identifier)
            self._opened.destroy()
            identifier = ""
        self._opened_new = not identifier
        if not identifier:
            model = find_embedding_model(self._api, settings.embedding_model_id)
            provider = settings.vector_db_provider
            identifier = self._stores.make_store(settings.collection_id, model, provider)
            self._opened = Shelf(self._stores, identifier, settings)
        self._shelf.tidy()
        return identifier

    def list_stored(self) -> Iterator[StoredChunk]:
        """Every chunk of ours that the store holds, with its file's id as handle."""
        if not self._is_listed:
            self._shelf.load_new()
        self._is_listed = False
        return self._shelf.list_stored()

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store chunks, one file each; chunk id → file id."""
        self._is_listed = False
        return self._shelf.put_all(chunks, LARGEST_CHUNK, 0) if chunks else {}

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Which of these the store answers a search with: chunk id → file id."""
        return self._shelf.find(chunks)

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove chunks and their files; ones that are gone already are no error."""
        self._is_listed = False
        self._shelf.delete(stored)

    def query(self, question: str, top_k: int) -> list[Hit]:
        """The best hits for a question, best first."""
        return self._shelf.query(question, top_k)

    def close(self) -> None:
        """Give back connections."""
        if self._opened:
            self._opened.close()
        self._api.close()

    def _look_up(self, known: str) -> str:
        stores, name = self._stores, self._settings.collection_id
        if known and stores.get_store(known) is not None:
            return known
        if known:
            log.warning("the store %s is gone: looking for one named %s", known, name)
        found = stores.list_stores(name)
        if len(found) > 1:
            log.warning("%d stores have the name %s: taking the fullest", len(found), name)
        return str(max(found, key=_to_rank)["id"]) if found else ""

    @property
    def _shelf(self) -> Shelf:
        if self._opened is None:
            raise VectorApiError("the collection is not open")
        return self._opened

    @property
    def _stores(self) -> StoreApi:
        if self._stores_opened is None:
            prefix = to_prefix(self._api.get("/openapi.json")["paths"])
            if not prefix:
                raise VectorApiError(
                    f"{self._api.base_url} has no vector stores: its /openapi.json shows no "
                    "…/vector_stores/{vector_store_id}/files"
                )
            self._stores_opened = StoreApi(self._api, prefix)
        return self._stores_opened


def _to_rank(store: Mapping[str, Any]) -> tuple[int, bool, int]:
    """Which of several stores of one name is meant: the fullest, ours, the newest."""
    files = store.get("file_counts") or {}
    is_ours = (store.get("metadata") or {}).get("made_by") == MADE_BY
    return files.get("completed", 0), is_ours, store.get("created_at", 0)
