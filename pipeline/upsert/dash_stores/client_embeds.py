"""Stores of Llama Stack 0.4 and later and of OGX, `/v1/vector_stores`: we send the vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.records import Chunk
from pipeline.settings import Settings
from pipeline.upsert.dash_stores.marks import UNFINISHED, Marks
from pipeline.upsert.dash_stores.stores import DashStore
from pipeline.upsert.dash_stores.wire import to_row
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.files.store_api import NEW_PREFIX, StoreApi
from pipeline.upsert.server.api import Api
from pipeline.upsert.server.embedding_models import EmbeddingModel, find_model_of_store
from pipeline.upsert.server.made_by import is_made_by_us, to_model, to_variant
from pipeline.upsert.server.text_limit import EmbeddingRoute


class ClientEmbeds:
    """Stores whose chunks arrive with vectors from the server's `/v1/embeddings`."""

    key = "vector_store_id"

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api, self._settings, self._name = api, settings, settings.collection_id
        self._routes = StoreApi(api, NEW_PREFIX)
        self.marks = Marks(self._routes)
        self._store_model = ""
        self._model: EmbeddingModel | None = None

    def list_stores(self) -> list[DashStore]:
        """See `DashStores`."""
        return [
            DashStore(row["id"], row.get("name") or "", is_made_by_us(row), to_model(row))
            for row in self._routes.list_stores()
            if row.get("name") != self._name or to_variant(self._api, row) != "vector_stores"
        ]

    def has_collection(self, name: str) -> bool:
        """See `DashStores`."""
        named = (row for row in self._routes.list_stores() if row.get("name") == name)
        return any(to_variant(self._api, row) == "dash" for row in named)

    def make(self, name: str, *, fresh: bool) -> str:
        """See `DashStores`. Runs that start together may create several; the oldest stays.

        Raises `VectorApiError` if the server does not list the new store as it was made.
        """
        provider = self._settings.vector_db_provider
        made = self._routes.make_store(name, self._used_model, provider, "dash")
        if fresh:
            return made
        named = (store for store in self.list_stores() if store.is_ours and store.name == name)
        finished = (
            store.identifier
            for store in named
            if store.identifier == made or self.marks.read(store.identifier) != UNFINISHED
        )
        oldest = next(finished, "")
        if not oldest:
            raise VectorApiError(
                f"the server has made the vector store {made} and does not list it with its name "
                "and metadata: delete it there, and check that the server keeps both"
            )
        if oldest != made:
            self.remove(made)
        return oldest

    def find_model(self) -> str:
        """See `DashStores`."""
        return self._used_model.name

    def use_model_of(self, store_model: str) -> None:
        """See `DashStores`."""
        self._store_model = store_model

    def has_lost_vectors(self, store: DashStore) -> bool:
        """Return False: these stores survive a restart."""
        del store
        return False

    def remove(self, identifier: str) -> None:
        """See `DashStores`."""
        self._routes.delete_store(identifier)

    def to_rows(self, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """See `DashStores`."""
        texts = [chunk.text for chunk in chunks]
        vectors = self._routes.embed(self._used_model.name, texts)
        return [
            to_row(chunk)
            | {
                "embedding": vector,
                "embedding_model": self._used_model.name,
                "embedding_dimension": len(vector),
            }
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]

    def find_embedding_route(self) -> EmbeddingRoute:
        """See `DashStores`."""
        return self._routes.to_embedding_route(self._used_model.name)

    @property
    def _used_model(self) -> EmbeddingModel:
        if self._model is None:
            self._model = find_model_of_store(self._api, self._settings, self._store_model)
        return self._model
