"""The interface of a vector database, and what some kinds of server add to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Protocol, runtime_checkable

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.upsert.server.text_limit import EmbeddingRoute


class Sink(Protocol):
    """One vector server, with one collection of it open.

    `look_up` or `open_collection` is called before anything that reads or writes. Calls come from
    one thread at a time; but with `inserts_at_once` over 1, an `insert` and the `find` after it
    run beside other calls, and `close` may come during one. Every call may raise
    `VectorApiError`, and no call returns an empty answer for a failed one.
    """

    variant: str  # dash, underscore, vector_stores, rag_tool, dry_run
    inserts_at_once: int  # 2: the server is kept busy while the next batch is prepared

    @property
    def can_delete(self) -> bool:
        """Whether `delete` works; False: what was inserted stays, and is only counted as stale."""

    @property
    def can_list(self) -> bool:
        """Whether `list_stored` works: then the collection itself is the ledger."""

    @property
    def requests(self) -> int:
        """Requests made so far."""

    @property
    def opened_new(self) -> bool:
        """Whether `open_collection` has created the collection, which is empty then."""

    def look_up(self, known: str = "") -> str:
        """Return the collection's identifier, or "" if there is none; change nothing.

        `known`: the identifier kept from an earlier run; where the server does not have it, the
        name decides. Afterwards `find`, `query` and `list_stored` read the collection.
        """

    def open_collection(self, known: str = "") -> str:
        """Find the collection as `look_up` does, or create it; return the identifier to keep."""

    def check_model(self, kept: str) -> str:
        """Return the embedding model of the open collection, "" if nothing shows it.

        `kept` is what an earlier run has recorded; what the server shows takes precedence. Raises
        `UnusableSettingError` if EMBEDDING_MODEL_ID is set to another model; where it is not set,
        the collection keeps its own.
        """

    def list_stored(self) -> Iterator[StoredChunk]:
        """Yield every chunk of ours in the collection, complete or an error.

        Raises where `can_list` is False.
        """

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store one batch, sent once; return chunk id → handle for every chunk.

        Raises `InsertRejectedError` (nothing of it is stored), `InsertThrottledError` (the same,
        send it again later), `TooLongError` (it names what is stored) or `InsertUnclearError`
        (`find` shows what is stored).
        """

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Return chunk id → handle of those chunks that the store answers a search with."""

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove these chunks; a chunk that is gone already is no error.

        Raises where `can_delete` is False, and `InsertRejectedError` for a refusal.
        """

    def query(self, question: str, top_k: int) -> list[Hit]:
        """Return at most `top_k` hits for a question in words, best first."""

    def close(self) -> None:
        """Close the connections; the sink cannot be used afterwards."""


@runtime_checkable
class Rotating(Protocol):
    """What a sink adds that cannot delete chunks but can build a whole new store."""

    @property
    def identifier(self) -> str:
        """The store that inserts and queries go to."""

    def make_fresh(self) -> str:
        """Create another, empty store of the same name and use it; return its identifier."""

    def fresh_model(self) -> str:
        """Return the name of the embedding model that `make_fresh` uses now."""

    def use_store(self, identifier: str) -> bool:
        """Use another store from now on; return False if the server does not have it."""

    def read_back(self, identifier: str, title: str, chunk_ids: Set[str]) -> Mapping[str, Hit]:
        """Return chunk id → chunk of those that any store of the server answers queries with.

        They are chunks of one page, whose `title` they begin with.
        """

    def mark_published(self) -> None:
        """Show on the server that the current store is complete, where that is possible."""

    def older_stores(self) -> list[str]:
        """Return the stores of the same name that this tool made, without the current one."""

    def unfinished_stores(self) -> list[str]:
        """Return which of them are certainly the remains of a rotation that did not end."""

    def delete_store(self, identifier: str) -> None:
        """Remove a whole store; one that is gone already is no error."""


@runtime_checkable
class Replacing(Protocol):
    """What a sink adds whose server may damage a whole store, so that another takes its place."""

    replaces_another: bool  # whether a store of the same name was there, and could not be used

    def remove_damaged(self) -> None:
        """Delete the stores of our name that the open one replaces, once it is complete."""


@runtime_checkable
class Counting(Sink, Protocol):
    """What a sink adds whose server keeps a list of files that it can lose."""

    def remember(self, chunks: Callable[[], Iterable[StoredChunk]], mark: str) -> None:
        """Take what the ledger has, before `open_collection`: every chunk, and its mark.

        `mark` is what `to_mark` returned at the end of the last complete run, "" if none was.
        """

    @property
    def is_as_remembered(self) -> bool:
        """Whether the open store holds just what is remembered; then its list was not read."""

    def to_mark(self) -> str:
        """Return what to keep for `remember` once the store is known to be right, or ""."""

    def recount(self) -> list[StoredChunk]:
        """Return the chunks that were stored and that the store's list has lost since.

        What the list has too much is removed.
        """

    def look_up_stored(self, chunks: Sequence[Chunk]) -> Set[str]:
        """Return the ids of those chunks, stored by this run, that the store really holds."""


@runtime_checkable
class Showing(Protocol):
    """What a sink adds that finds chunks by queries, which show what else is near."""

    def list_near(self, chunks: Sequence[Chunk]) -> set[str]:
        """Return the ids nearest to these chunks, theirs included where the store has them."""


@runtime_checkable
class SearchingWords(Protocol):
    """What a sink adds whose server may search words too; not every server does it right."""

    def query_once(self, question: str, top_k: int, mode: str) -> list[Hit]:
        """Return at most `top_k` hits, best first; `mode` is `keyword`, or `hybrid` for both."""


@runtime_checkable
class Noting(Protocol):
    """What a sink adds whose server keeps facts with a store, for runs without a ledger."""

    def read_facts(self) -> Mapping[str, str]:
        """Return the facts that earlier runs have left with the open store."""

    def leave_facts(self, facts: Mapping[str, str]) -> None:
        """Leave facts with the open store; a server that does not keep them is no error."""


@runtime_checkable
class Resetting(Protocol):
    """What a sink adds that can delete all stores of its name."""

    def reset(self) -> list[str]:
        """Delete every store of that name with its chunks; return their identifiers."""


@runtime_checkable
class Embedding(Protocol):
    """What a sink adds whose server may embed a text on request."""

    def find_embedding_route(self) -> EmbeddingRoute | None:
        """Return the route with the collection's model, None where the server has no route."""
