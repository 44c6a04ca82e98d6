"""The interface of a vector database, and what some kinds of it add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from pipeline.records import Chunk, Hit, StoredChunk


class Sink(Protocol):
    """One kind of vector server, with one collection open.

    Calls come from one thread at a time; but with `inserts_at_once` over 1, an `insert` and the
    `find` after one run beside other calls. Every call may raise `VectorApiError`.
    """

    variant: str  # dash, underscore, vector_stores, rag_tool, dry_run
    inserts_at_once: int  # 2: the server is kept busy while the next batch is prepared

    @property
    def can_delete(self) -> bool:
        """False: what was inserted stays, stale chunks can only be counted."""

    @property
    def can_list(self) -> bool:
        """True: `list_stored` tells what is in, so no ledger is needed."""

    @property
    def requests(self) -> int:
        """Requests made so far."""

    def look_up(self, known: str = "") -> str:
        """The collection's identifier, or "" if there is none. Changes nothing on the server;
        afterwards `find`, `query` and `list_stored` read the collection, if there is one."""

    def open_collection(self, known: str = "") -> str:
        """Find the collection (by the identifier kept from an earlier run, else by name) or
        make it; return the identifier to keep. `opened_new` tells which it was."""

    @property
    def opened_new(self) -> bool:
        """Whether `open_collection` had to make the collection: it is empty."""

    def list_stored(self) -> Iterator[StoredChunk]:
        """Everything the collection holds that this tool put there, complete or an error."""

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store one batch, once, without retrying; return chunk id → handle for every chunk.

        Raises `InsertRejectedError` (nothing of it is stored) or `InsertUnclearError`.
        """

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Which of these chunks the store answers with, by query or by list: id → handle."""

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove these chunks; ones that are gone already are no error."""

    def query(self, question: str, top_k: int) -> list[Hit]:
        """The best hits for a question in words, best first."""

    def close(self) -> None:
        """Give back connections."""


@runtime_checkable
class Rotating(Protocol):
    """What a sink adds that cannot delete chunks but can build a whole store anew."""

    @property
    def identifier(self) -> str:
        """The store that inserts and queries go to."""

    def make_fresh(self) -> str:
        """Make another, empty store of the same name, go on with it; return its identifier."""

    def older_stores(self) -> list[str]:
        """Stores of the same name that this tool made, without the current one."""

    def delete_store(self, identifier: str) -> None:
        """Remove a whole store; one that is gone already is no error."""


@runtime_checkable
class Resetting(Protocol):
    """What a sink adds that can throw away everything of its name, to start afresh."""

    def reset(self) -> list[str]:
        """Delete every store of that name with what it holds; return their identifiers."""
