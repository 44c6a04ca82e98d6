"""Where dash servers keep their stores: `/v1/vector-dbs` (Llama Stack 0.2), or
`/v1/vector_stores` (0.4 and later, and OGX), which want every chunk's vector from us.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Protocol

from pipeline.records import Chunk
from pipeline.settings import Settings
from pipeline.upsert.api import AnswerError, Api, to_segment
from pipeline.upsert.embedding_models import EmbeddingModel, find_embedding_model
from pipeline.upsert.errors import InsertUnclearError, VectorApiError

MADE_BY = "confluence-vector-sync"
PREFIX = "conf-"  # of the identifiers that this tool chooses
TEXTS_A_REQUEST = 100
STORES_A_REQUEST = 100


@dataclass(frozen=True, slots=True)
class Store:
    """One store of a server."""

    identifier: str
    name: str
    is_ours: bool  # made by this tool: rotation may remove it


class Stores(Protocol):
    """A server's stores, and how their chunks look on the wire."""

    key: str  # what requests call a store's identifier

    def list_stores(self) -> list[Store]:
        """Every store of the server, the oldest first as far as the server tells."""

    def make(self, name: str, *, fresh: bool) -> str:
        """Make a store, another one of that name if `fresh`; return its identifier."""

    def remove(self, identifier: str) -> None:
        """Remove a store with all it holds; one that is gone already is no error."""

    def to_rows(self, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """The chunks as an insert wants them. Raises what an insert raises."""


class VectorDbs:
    """Stores of Llama Stack 0.2.x; the server makes the vectors."""

    key = "vector_db_id"

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api, self._settings = api, settings

    def list_stores(self) -> list[Store]:
        """See `Stores`. Of one name, the identifiers that we choose sort by age."""
        rows = (self._api.get("/v1/vector-dbs") or {}).get("data") or []
        stores = [_to_store(str(row["identifier"]), row.get("vector_db_name")) for row in rows]
        return sorted(stores, key=lambda store: store.identifier)

    def make(self, name: str, *, fresh: bool) -> str:
        """See `Stores`. With an identifier of our choice, repeating it makes no second store."""
        model = find_embedding_model(self._api, self._settings.embedding_model_id)
        provider = _check_provider(self._api, self._settings.vector_db_provider)
        identifier = to_identifier(name)
        if fresh:
            identifier += datetime.now(UTC).strftime("-%Y%m%dt%H%M%S%f")
        body: dict[str, Any] = {
            "vector_db_id": identifier,
            "provider_vector_db_id": identifier,
            "vector_db_name": name,
            "embedding_model": model.name,
        }
        if model.dimension:
            body["embedding_dimension"] = model.dimension
        if provider:
            body["provider_id"] = provider
        made = self._api.post("/v1/vector-dbs", body) or {}
        return str(made.get("identifier") or identifier)

    def remove(self, identifier: str) -> None:
        """See `Stores`."""
        self._api.delete(f"/v1/vector-dbs/{to_segment(identifier)}")

    def to_rows(self, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """See `Stores`."""
        return [_to_row(chunk) for chunk in chunks]


class VectorStores:
    """Stores of Llama Stack 0.4 and later and of OGX; the vectors come from `/v1/embeddings`."""

    key = "vector_store_id"

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api, self._settings = api, settings
        self._model: EmbeddingModel | None = None

    def list_stores(self) -> list[Store]:
        """See `Stores`. `last_id` cannot be trusted, an unknown `after` answers page 1 again."""
        stores: dict[str, Store] = {}
        after: dict[str, str | int] = {}
        while True:
            params = {"order": "asc", "limit": STORES_A_REQUEST, **after}
            answer = self._api.get("/v1/vector_stores", params) or {}
            rows = answer.get("data") or []
            fresh = [row for row in rows if row["id"] not in stores]
            stores |= {
                row["id"]: Store(row["id"], row.get("name") or "", _made_by_us(row))
                for row in fresh
            }
            if not answer.get("has_more"):
                return list(stores.values())
            if not fresh:
                raise VectorApiError("the server's list of vector stores repeats itself")
            after = {"after": rows[-1]["id"]}

    def make(self, name: str, *, fresh: bool) -> str:
        """See `Stores`. Names are not unique here: of runs that start together, one store stays."""
        provider = _check_provider(self._api, self._settings.vector_db_provider)
        body: dict[str, Any] = {
            "name": name,
            "metadata": {"made_by": MADE_BY},
            "embedding_model": self._used_model.name,
        }
        # The model without the dimension is refused, and leaves a store behind.
        body["embedding_dimension"] = self._used_model.dimension or self._measure_dimension()
        if provider:
            body["provider_id"] = provider
        try:
            made = str(self._api.post_once("/v1/vector_stores", body)["id"])
        except AnswerError as error:
            if provider or "provider" not in str(error):
                raise
            raise VectorApiError(f"{error} (VECTOR_DB_PROVIDER names it)") from error
        ours = [one.identifier for one in self.list_stores() if one.is_ours and one.name == name]
        if fresh or ours[0] == made:
            return made
        self.remove(made)
        return ours[0]

    def remove(self, identifier: str) -> None:
        """See `Stores`. An unknown store is a 400 here, so it is looked for first."""
        if any(store.identifier == identifier for store in self.list_stores()):
            self._api.delete(f"/v1/vector_stores/{to_segment(identifier)}")

    def to_rows(self, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """See `Stores`."""
        vectors = [
            vector
            for some in batched(chunks, TEXTS_A_REQUEST)
            for vector in self._embed([chunk.text for chunk in some])
        ]
        return [
            _to_row(chunk)
            | {
                "embedding": vector,
                "embedding_model": self._used_model.name,
                "embedding_dimension": len(vector),
            }
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]

    @property
    def _used_model(self) -> EmbeddingModel:
        if self._model is None:
            self._model = find_embedding_model(self._api, self._settings.embedding_model_id)
        return self._model

    def _measure_dimension(self) -> int:
        body = {"model": self._used_model.name, "input": ["size"]}
        return len(self._api.post("/v1/embeddings", body)["data"][0]["embedding"])

    def _embed(self, texts: list[str]) -> list[list[float]]:
        # Sent like an insert, so that a text that the model refuses fails alone.
        body = {"model": self._used_model.name, "input": texts}
        rows = (self._api.insert("/v1/embeddings", body) or {}).get("data") or []
        if len(rows) != len(texts):
            raise InsertUnclearError(f"{len(texts)} texts got {len(rows)} embeddings")
        return [row["embedding"] for row in sorted(rows, key=lambda row: row.get("index", 0))]


def to_identifier(name: str) -> str:
    """The identifier of a collection's first store: readable, safe in paths and table names.

    Two names never share one: what a name loses on the way is made up for by its hash.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    if slug != name:
        slug = f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")
    return PREFIX + slug


def _to_store(identifier: str, name: str | None) -> Store:
    # Early 0.2 servers know no names: there, the identifier is the name.
    return Store(identifier, name or identifier, identifier.startswith(PREFIX))


def _made_by_us(row: Mapping[str, Any]) -> bool:
    return (row.get("metadata") or {}).get("made_by") == MADE_BY


def _to_row(chunk: Chunk) -> dict[str, Any]:
    # One null or list in the metadata would empty later searches; a chunk without
    # chunk_metadata would break the server's own rag-tool query.
    document = str(chunk.metadata.get("document_id", chunk.page_id))
    return {
        "content": chunk.text,
        "chunk_id": chunk.id,
        "metadata": {**chunk.metadata, "document_id": document},
        "chunk_metadata": {
            "chunk_id": chunk.id,
            "document_id": document,
            "source": str(chunk.metadata.get("source", "confluence")),
            "content_token_count": chunk.tokens,
        },
    }


def _check_provider(api: Api, wanted: str) -> str:
    """The provider to name; an unknown one would be a 500 without a reason."""
    if not wanted:
        return ""
    rows = (api.get("/v1/providers") or {}).get("data") or []
    known = [row["provider_id"] for row in rows if row.get("api") == "vector_io"]
    if known and wanted not in known:
        raise VectorApiError(
            f"the server has no vector provider {wanted!r} (VECTOR_DB_PROVIDER); "
            f"it has {', '.join(known)}"
        )
    return wanted
