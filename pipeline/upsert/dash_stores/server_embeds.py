"""Stores of Llama Stack 0.2, `/v1/vector-dbs`: the server makes the vectors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pipeline.records import Chunk
from pipeline.settings import Settings
from pipeline.upsert.dash_stores.marks import Marks
from pipeline.upsert.dash_stores.stores import DashStore
from pipeline.upsert.dash_stores.wire import to_row
from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.server.api import Api, to_segment
from pipeline.upsert.server.embedding_models import find_embedding_model, find_model_of_store
from pipeline.upsert.server.lost_vectors import has_lost_vectors
from pipeline.upsert.server.made_by import OWN_IDENTIFIER
from pipeline.upsert.server.providers import to_provider_field, to_provider_type
from pipeline.upsert.server.text_limit import EmbeddingRoute

ROUTE = "/v1/vector-dbs"


class ServerEmbeds:
    """Stores whose identifiers are chosen by this tool; see `DashStores`."""

    key = "vector_db_id"

    def __init__(self, api: Api, settings: Settings, embeddings: str = "") -> None:
        """`embeddings` is the server's route for embeddings, "" where it has none."""
        self._api, self._settings, self._embeddings = api, settings, embeddings
        self.marks = Marks(StoreApi(api, OLD_PREFIX))
        self._store_model = ""
        self._embedding_route: EmbeddingRoute | None = None

    def list_stores(self) -> list[DashStore]:
        """See `DashStores`. Of one name, the identifiers that we choose sort by age."""
        rows = self._api.get(ROUTE).rows("data")
        stores = [_to_store(row) for row in rows]
        return sorted(stores, key=lambda store: store.identifier)

    def has_collection(self, name: str) -> bool:
        """See `DashStores`."""
        return any(store.is_ours and store.name == name for store in self.list_stores())

    def make(self, name: str, *, fresh: bool) -> str:
        """See `DashStores`. A repeated request makes no second store: the identifier is ours."""
        model = find_embedding_model(self._api, self._settings)
        provider = to_provider_field(self._api, self._settings.vector_db_provider)
        identifier = to_identifier(name)
        if fresh:
            identifier += datetime.now(UTC).strftime("-%Y%m%dt%H%M%S%f")
        body: dict[str, Any] = {
            "vector_db_id": identifier,
            "provider_vector_db_id": identifier,
            "vector_db_name": name,
            "embedding_model": model.name,
            **provider,
        }
        if model.dimension:
            body["embedding_dimension"] = model.dimension
        made = self._api.post(ROUTE, body)
        return str(made.get("identifier") or identifier)

    def find_model(self) -> str:
        """See `DashStores`."""
        return find_embedding_model(self._api, self._settings).name

    def use_model_of(self, store_model: str) -> None:
        """See `DashStores`."""
        self._store_model = store_model

    def has_lost_vectors(self, store: DashStore) -> bool:
        """See `DashStores`."""
        get_provider = partial(to_provider_type, self._api, store.provider)
        return has_lost_vectors(self._api, store.identifier, get_provider)

    def remove(self, identifier: str) -> None:
        """See `DashStores`."""
        self._api.delete(f"{ROUTE}/{to_segment(identifier)}")

    def to_rows(self, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """See `DashStores`."""
        return [to_row(chunk) for chunk in chunks]

    def find_embedding_route(self) -> EmbeddingRoute | None:
        """See `DashStores`."""
        if self._embeddings and self._embedding_route is None:
            model = find_model_of_store(self._api, self._settings, self._store_model)
            self._embedding_route = EmbeddingRoute(self._api, self._embeddings, model.name)
        return self._embedding_route


def to_identifier(name: str) -> str:
    """Return the identifier of a collection's first store: readable, safe in paths and table names.

    Two names never share one: a hash replaces what the name loses on the way.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    if slug != name:
        slug = f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")
    return OWN_IDENTIFIER + slug


def _to_store(row: Mapping[str, Any]) -> DashStore:
    identifier = str(row["identifier"])
    # Early 0.2 servers know no names: there, the identifier is the name.
    name, model = row.get("vector_db_name") or identifier, str(row.get("embedding_model") or "")
    provider = str(row.get("provider_id") or "")
    return DashStore(identifier, name, identifier.startswith(OWN_IDENTIFIER), model, provider)
