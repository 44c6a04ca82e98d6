"""The database behind a store, and whether it still has the store's vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.server.api import AnswerError, to_segment
from pipeline.upsert.server.providers import list_providers


def get_provider(stores: StoreApi, about: Mapping[str, Any]) -> str:
    """Return the type of a store's provider, such as `inline::faiss`; "" where it is not known.

    `about`: the store as the server describes it.
    """
    provider = str((about.get("metadata") or {}).get("provider_id", ""))
    rows = list_providers(stores.api)
    types = {row["provider_id"]: str(row["provider_type"]) for row in rows}
    return types.get(provider, provider)


def has_lost_vectors(stores: StoreApi, store: str, provider: str) -> bool:
    """Return whether the server cannot read the store's vectors, although it can embed.

    With Llama Stack 0.2, sqlite-vec stores do not survive a restart: searches find nothing,
    inserts fail, and only this query shows why, with a 500.
    """
    if "sqlite-vec" not in provider or stores.prefix != OLD_PREFIX:
        return False
    body = {"vector_db_id": store, "query": "?", "params": {"max_chunks": 1}}
    try:
        stores.api.post_once("/v1/vector-io/query", body)
    except AnswerError as error:
        if error.status != 500:
            raise
    else:
        return False
    about = stores.api.get(f"/v1/vector-dbs/{to_segment(store)}")
    model = str(about["embedding_model"])
    stores.api.post_once(f"{stores.prefix}/embeddings", {"model": model, "input": ["?"]})
    return True
