"""The marks in a store's metadata: that this tool made it, and with which variant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.upsert.server.api import Api
from pipeline.upsert.server.vector_io import QUERY

OWN_IDENTIFIER = "conf-"  # begins those that this tool chooses, for dash on Llama Stack 0.2
MADE_BY_US = {"made_by": "confluence-vector-sync"}
_VARIANT = "made_with"
_MODEL = "made_with_model"  # Llama Stack 0.2 shows none; later servers add `embedding_model`


def to_mark(variant: str, model: str) -> dict[str, str]:
    """Return the metadata of a store that is made with a variant and an embedding model."""
    return {**MADE_BY_US, _VARIANT: variant, _MODEL: model}


def to_model(store: Mapping[str, Any]) -> str:
    """Return the embedding model that a store was made with, "" if nothing shows it."""
    metadata = store.get("metadata") or {}
    return str(metadata.get("embedding_model") or metadata.get(_MODEL) or "")


def is_made_by_us(store: Mapping[str, Any]) -> bool:
    """Return whether a store, as `/v1/vector_stores` lists it, has the mark."""
    return MADE_BY_US.items() <= (store.get("metadata") or {}).items()


def to_variant(api: Api, store: Mapping[str, Any]) -> str:
    """Return the variant that a store was made with; "" for one that is not ours, or is empty.

    Earlier releases did not mark it: what vector_stores has stored are files, and what dash has
    stored can only be queried.
    """
    has_files = bool((store.get("file_counts") or {}).get("total"))
    if str(store["id"]).startswith(OWN_IDENTIFIER):
        return "vector_stores" if has_files else "dash"
    if not is_made_by_us(store):
        return ""
    if marked := store["metadata"].get(_VARIANT):
        return str(marked)
    if has_files:
        return "vector_stores"
    body = {"vector_store_id": store["id"], "query": "?", "params": {"max_chunks": 1}}
    return "dash" if api.post(QUERY, body).get("chunks") else ""
