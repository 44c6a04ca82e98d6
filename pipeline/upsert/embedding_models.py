"""The embedding models a server offers, by the names people and servers give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.upsert.api import AnswerError, Api
from pipeline.upsert.errors import VectorApiError


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model as requests name it."""

    name: str
    dimension: int | None  # of its vectors; None where the server does not tell


def find_embedding_model(api: Api, wanted: str) -> EmbeddingModel:
    """The server's model that `wanted` means: its full name, or the part after the provider's.

    Llama Stack 0.2 lists `identifier` and `metadata`, later servers `id` and `custom_metadata`.
    A server that lists no models is taken at the user's word; one that lists others is an error.
    """
    try:
        rows = (api.get("/v1/models") or {}).get("data") or []
    except AnswerError as error:
        if error.status != 404:
            raise
        return EmbeddingModel(wanted, None)
    models = {name: dimension for row in rows for name, dimension in _to_names(row)}
    for name, dimension in models.items():
        if name == wanted or name.endswith(f"/{wanted}"):
            return EmbeddingModel(name, dimension)
    if models:
        raise VectorApiError(
            f"the server has no embedding model {wanted!r} (EMBEDDING_MODEL_ID); "
            f"it has {', '.join(models)}"
        )
    return EmbeddingModel(wanted, None)


def _to_names(row: dict[str, Any]) -> list[tuple[str, int | None]]:
    about = row.get("custom_metadata") or row.get("metadata") or {}
    kind = row.get("model_type") or about.get("model_type")
    name, dimension = row.get("identifier") or row.get("id"), about.get("embedding_dimension")
    if kind != "embedding" or not name:
        return []
    return [(str(name), int(dimension) if dimension else None)]
