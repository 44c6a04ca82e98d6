"""The embedding models that a server offers, by full or short names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import AnswerError, Api


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model by its name in requests."""

    name: str
    dimension: int | None  # of its vectors; None where it is not listed


def find_embedding_model(api: Api, required: str) -> EmbeddingModel:
    """Return the server's model of that name: in full, or the part after the provider's.

    Llama Stack 0.2 lists `identifier` and `metadata`, later servers `id` and `custom_metadata`.
    Where a server lists no models, the name is used as it is. Raises `VectorApiError` where it
    lists others only.
    """
    try:
        rows = (api.get("/v1/models") or {}).get("data") or []
    except AnswerError as error:
        if error.status != 404:
            raise
        return EmbeddingModel(required, None)
    models = {name: dimension for row in rows for name, dimension in _to_names(row)}
    for name, dimension in models.items():
        if name == required or name.endswith(f"/{required}"):
            return EmbeddingModel(name, dimension)
    if models:
        raise VectorApiError(
            f"the server has no embedding model {required!r} (EMBEDDING_MODEL_ID); "
            f"it has {', '.join(models)}"
        )
    return EmbeddingModel(required, None)


def _to_names(row: dict[str, Any]) -> list[tuple[str, int | None]]:
    about = row.get("custom_metadata") or row.get("metadata") or {}
    kind = row.get("model_type") or about.get("model_type")
    name, dimension = row.get("identifier") or row.get("id"), about.get("embedding_dimension")
    if kind != "embedding" or not name:
        return []
    return [(str(name), int(dimension) if dimension else None)]
