"""The sink for OpenAI-compatible vector stores: Llama Stack 0.2 to 0.7 and OGX 1.x.

Each chunk is a file of its own, shorter than the server's chunk size, so that the server leaves it
whole; files can be listed, replaced and deleted, and their attributes hold all that the next run
needs. No ledger is required.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pipeline.records import Chunk, Hit
from pipeline.settings import Settings
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.files.collection import FileSink
from pipeline.upsert.files.store_api import LARGEST_CHUNK, StoreApi, to_prefix
from pipeline.upsert.server.answer import to_number
from pipeline.upsert.server.api import Api
from pipeline.upsert.server.description import Description, get_description
from pipeline.upsert.server.embedding_models import find_embedding_model
from pipeline.upsert.server.made_by import is_made_by_us, to_variant

log = logging.getLogger(__name__)

ROUTES = "/v1/vector_stores or /v1/openai/v1/vector_stores with …/files"


class VectorStores(FileSink):
    """One vector store, found by identifier or by name (COLLECTION_ID), or created."""

    variant = "vector_stores"
    can_delete = True
    can_list = True

    def __init__(
        self, api: Api, settings: Settings, description: Description | None = None
    ) -> None:
        """Without its description, the server is asked for it when it is needed."""
        super().__init__(api, settings, settings.collection_id)
        self._description = description

    @cached_property
    def _routes(self) -> StoreApi:
        prefix = to_prefix(self._description or get_description(self._api))
        if not prefix:
            raise VectorApiError(
                f"{self._api.base_url} has no vector stores: its /openapi.json shows no "
                "…/vector_stores/{vector_store_id}/files"
            )
        return StoreApi(self._api, prefix)

    def open_collection(self, known: str = "") -> str:
        """Find the store or create it, and remove what an interrupted run left half done."""
        identifier = super().open_collection(known)
        if self._files.is_exact:
            log.info(
                "this server alters the text of files: each chunk is written again by vector-io"
            )
        size = self._settings.chunk_tokens or 0
        if size > LARGEST_CHUNK and not self._files.is_exact:
            log.warning(
                "CHUNK_TOKENS=%d: the server cuts chunks of more than %d tokens in two",
                size,
                LARGEST_CHUNK,
            )
        return identifier

    def query_once(self, question: str, top_k: int, mode: str) -> list[Hit]:
        """Return the hits by words, or by both; see `SearchingWords`."""
        return self._files.query(question, top_k, mode)

    def _list_candidates(self, known: str) -> list[str]:
        if known and self._routes.get_store(known) is not None:
            return [known]
        named = [row for row in self._list_named() if to_variant(self._api, row) != "dash"]
        stores = sorted(named, key=_to_rank, reverse=True)
        return [str(store["id"]) for store in stores]

    def _list_named(self) -> list[dict[str, Any]]:
        return [row for row in self._routes.list_stores() if row.get("name") == self._name]

    def has_collection(self) -> bool:
        """Return whether the server has a collection of our name that this sink made."""
        return any(to_variant(self._api, row) == self.variant for row in self._list_named())

    def _make_store(self) -> str:
        model = find_embedding_model(self._api, self._settings)
        provider = self._settings.vector_db_provider
        return self._routes.make_store(self._name, model, provider, self.variant)

    def _put(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        return self._files.put_all(chunks)


def has_vector_stores(description: Description) -> bool:
    """Return whether a server describes vector stores with files."""
    return bool(to_prefix(description))


def open_vector_stores(api: Api, settings: Settings, description: Description) -> VectorStores:
    """Return the sink; without a description, it reads that itself when it is opened."""
    return VectorStores(api, settings, description if description.paths else None)


def _to_rank(store: Mapping[str, Any]) -> tuple[float, bool, float]:
    """Return a store's rank among those of its name: by files, then ours, then by age."""
    files = store.get("file_counts") or {}
    return to_number(files, "completed"), is_made_by_us(store), to_number(store, "created_at")
