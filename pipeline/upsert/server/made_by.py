"""The mark in a store's metadata by which this tool recognizes the stores that it made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MADE_BY_US = {"made_by": "confluence-vector-sync"}


def is_made_by_us(store: Mapping[str, Any]) -> bool:
    """Return whether a store, as `/v1/vector_stores` lists it, has the mark."""
    return MADE_BY_US.items() <= (store.get("metadata") or {}).items()
