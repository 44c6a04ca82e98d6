"""The database behind a store, and whether it still has the store's vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.server.lost_vectors import has_lost_vectors
from pipeline.upsert.server.providers import to_provider_type


def get_provider(stores: StoreApi, about: Mapping[str, Any]) -> str:
    """Return the type of a store's provider, such as `inline::faiss`; "" where it is not known.

    `about`: the store as the server describes it.
    """
    provider = str((about.get("metadata") or {}).get("provider_id", ""))
    return to_provider_type(stores.api, provider)


def is_lost(stores: StoreApi, store: str, provider: str) -> bool:
    """Return whether the server has lost the store's vectors, so that inserts fail."""
    if stores.prefix != OLD_PREFIX or "sqlite-vec" not in provider:
        return False
    return has_lost_vectors(stores.api, store, lambda: provider)
