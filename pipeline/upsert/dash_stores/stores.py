"""The interface of a dash server's stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.records import Chunk
from pipeline.upsert.dash_stores.marks import Marks
from pipeline.upsert.server.text_limit import EmbeddingRoute


@dataclass(frozen=True, slots=True)
class DashStore:
    """One store of a server."""

    identifier: str
    name: str
    is_ours: bool  # made by this tool: rotation may remove it
    model: str  # that it was made with; "" where the server does not show it
    provider: str = ""  # its id; "" where the server does not show it


class DashStores(Protocol):
    """A server's stores, and the form of their chunks in an insert."""

    key: str  # the field of requests that names the store
    marks: Marks

    def list_stores(self) -> list[DashStore]:
        """Return every store of the server, oldest first as far as the server shows the order."""

    def has_collection(self, name: str) -> bool:
        """Return whether a store of that name was made with dash."""

    def make(self, name: str, *, fresh: bool) -> str:
        """Make a store, another one of that name if `fresh`; return its identifier."""

    def find_model(self) -> str:
        """Return the name of the model that a store is made with now."""

    def use_model_of(self, store_model: str) -> None:
        """Make vectors with the model that the store was made with, "" if unknown."""

    def has_lost_vectors(self, store: DashStore) -> bool:
        """Return whether the server lists a store and cannot read it any more."""

    def remove(self, identifier: str) -> None:
        """Remove a store with all its chunks; a store that does not exist is no error."""

    def to_rows(self, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """Return the chunks as an insert takes them. Raises what an insert raises."""

    def find_embedding_route(self) -> EmbeddingRoute | None:
        """Return the route by which the server embeds a text; see `Embedding`."""
