"""The base of the sinks that store chunks as files: one store, found or created."""

from __future__ import annotations

import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.errors import UnusableSettingError, VectorApiError
from pipeline.upsert.files.entry import to_entry
from pipeline.upsert.files.listed.store_list import Remembered
from pipeline.upsert.files.listed.uploads import Uploads
from pipeline.upsert.files.provider import get_provider, is_lost
from pipeline.upsert.files.store_api import DamagedListError, StoreApi
from pipeline.upsert.files.store_files import StoreFiles
from pipeline.upsert.server.api import AnswerError, Api
from pipeline.upsert.server.embedding_models import (
    SECOND_COLLECTION,
    find_embedding_model,
    refuse_other_model,
    to_model_fact,
)
from pipeline.upsert.server.failed_deletion import deletion_errors
from pipeline.upsert.server.lost_vectors import refuse_if_both_fail
from pipeline.upsert.server.made_by import is_made_by_us, to_model
from pipeline.upsert.server.text_limit import EmbeddingRoute

log = logging.getLogger(__name__)

FACT = "conf_"  # begins the names of the facts in a store's metadata


class FileSink(ABC):
    """One store of a server, found by identifier or by name, or created; see `Sink`.

    A subclass adds how its server lists and creates stores, and how it stores chunks.
    """

    another_model = SECOND_COLLECTION  # how a person gets a store with another model
    inserts_at_once = 1  # `LastFile` has to know which file was stored last

    def __init__(self, api: Api, settings: Settings, name: str) -> None:
        self._api, self._settings, self._name = api, settings, name
        self._identifier = ""
        self._opened: StoreFiles | None = None
        self._embedding_route: EmbeddingRoute | None = None
        self._about: Mapping[str, Any] = {}  # the open store, as the server described it
        self._remembered: Remembered | None = None
        self._is_listed = False  # whether the store's list was just read
        self.opened_new = False
        self.replaces_another = False
        self._lost = ""  # a store that has lost its vectors, if there is one

    @property
    @abstractmethod
    def _routes(self) -> StoreApi | None:
        """The server's routes for files; None where it has none.

        Raises `VectorApiError` for a server that this sink cannot use.
        """

    @abstractmethod
    def _list_candidates(self, known: str) -> list[str]:
        """Return `known` alone if the server has that store, else those of our name, best first."""

    @abstractmethod
    def _make_store(self) -> str:
        """Create a store of our name; return its identifier."""

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._api.requests

    def look_up(self, known: str = "") -> str:
        """Return the store's identifier, or "" if there is none; then its files can be read."""
        candidates = self._choose(known)
        if any(self._is_usable(identifier) for identifier in candidates):
            return self._identifier
        others = self._list_candidates("") if known in candidates else []
        if not any(self._is_usable(other) for other in others if other != known):
            self._open_files("")
        return self._identifier

    def _is_usable(self, identifier: str) -> bool:
        """Open a store; return False if the server cannot list what it holds, or not read it."""
        try:
            self._open_files(identifier)
        except DamagedListError as error:
            log.warning("%s; another store takes its place once it is complete", error)
            self.replaces_another = True
            return False
        if self._opened and self._opened.has_lost_vectors():
            log.warning(
                "the store %s has lost its vectors; another takes its place once it is complete",
                identifier,
            )
            self._lost, self.replaces_another = identifier, True
            return False
        return True

    def open_collection(self, known: str = "") -> str:
        """Find the store or create it, and remove what an interrupted run left half done."""
        self._refuse_shards()
        self.look_up(known)
        self.opened_new = not self._identifier
        if self.opened_new:
            made = self._make_store()
            try:
                self._open_files(made)
            except DamagedListError:  # the server lists no store's files: it is not the store
                self._delete_store(made)
                raise
            if self._lost:
                refuse_if_both_fail(self._api, self._lost, made, self._delete_store)
        if self._opened and not self.is_as_remembered:
            self._opened.tidy()
        return self._identifier

    def remember(self, chunks: Callable[[], Iterable[StoredChunk]], mark: str) -> None:
        """Take what the ledger has, before the store is opened; see `Counting`."""
        self._remembered = Remembered(chunks, mark)

    @property
    def is_as_remembered(self) -> bool:
        """Whether the store is as the ledger has it, so that its list was not read."""
        return self._opened is not None and self._opened.is_as_remembered

    def to_mark(self) -> str:
        """Return what the ledger keeps for `remember` in the next run."""
        return self._files.to_mark()

    def check_model(self, kept: str) -> str:
        """Return the store's model, with which the server makes all its vectors."""
        made_with = self._get_model() or kept
        refuse_other_model(self._settings, made_with, self.another_model, self._api)
        return to_model_fact(self._settings, made_with)

    def _get_model(self) -> str:
        """Return the model that the server names for the store; "" if it does not."""
        return to_model(self._about)

    def _refuse_shards(self) -> None:
        """Raise `UnusableSettingError` where several runs at a time would damage the store."""
        routes, count = self._routes, self._settings.shard_count
        if routes and routes.can_lose_files and count > 1:
            raise UnusableSettingError(
                f"SHARD_COUNT={count}: this server loses files that several runs attach to one "
                "vector store; leave SHARD_COUNT unset, or use VECTOR_API_VARIANT=dash"
            )

    def read_facts(self) -> Mapping[str, str]:
        """Return the facts that earlier runs have left in the store's metadata."""
        routes = self._routes
        metadata = ((routes and routes.get_store(self._identifier)) or {}).get("metadata") or {}
        return {
            name.removeprefix(FACT): str(value)
            for name, value in metadata.items()
            if name.startswith(FACT)
        }

    def leave_facts(self, facts: Mapping[str, str]) -> None:
        """Leave facts in the store's metadata."""
        if not (routes := self._routes):
            return
        try:
            routes.add_metadata(
                self._identifier, {FACT + name: value for name, value in facts.items()}
            )
        except AnswerError as error:
            if not 400 <= error.status < 500:
                raise
            log.warning("%s: SINCE_HOURS needs STATE_DIR to be kept with this server", error)

    def recount(self) -> list[StoredChunk]:
        """Return the chunks that were stored and that the store's list has lost since."""
        return self._files.recount()

    def look_up_stored(self, chunks: Sequence[Chunk]) -> Set[str]:
        """Return the ids of those chunks, stored by this run, that the store really holds."""
        return self._files.look_up(chunks)

    def remove_damaged(self) -> None:
        """Delete the stores that this one has replaced: the server cannot list or read them."""
        routes = self._routes
        if routes is None or self._settings.shard_count > 1:
            return  # other shards may not be complete yet
        for identifier in self._list_candidates(""):
            if identifier == self._identifier:
                continue
            try:
                if not self._is_damaged(routes, identifier):
                    continue
            except VectorApiError as error:  # this run does not need that store
                log.warning("the store %s of the same name is kept: %s", identifier, error)
                continue
            self._delete_store(identifier)
            log.info("removed the damaged store %s", identifier)

    def _is_damaged(self, routes: StoreApi, identifier: str) -> bool:
        about = routes.get_store(identifier) or {}
        is_marked = is_made_by_us(about)
        try:
            rows = list(routes.list_files(identifier))
        except DamagedListError:
            return is_marked
        # The rag-tool's stores have no mark: all that one holds is ours.
        is_ours = is_marked or (bool(rows) and all(to_entry(row) for row in rows))
        return is_ours and is_lost(routes, identifier, get_provider(routes, about))

    def _delete_store(self, identifier: str) -> None:
        """Delete a store with everything of ours that was uploaded for it."""
        if routes := self._routes:
            with contextlib.suppress(DamagedListError):  # their names show them, too
                rows = routes.list_files(identifier)
                for file_id in [row["id"] for row in rows if to_entry(row)]:
                    routes.delete_upload(file_id)
            Uploads(routes, identifier, self._settings.state_dir).delete_all()
            routes.delete_store(identifier)

    def list_stored(self) -> Iterator[StoredChunk]:
        """Return every chunk of ours that the store holds, with its file's id as handle."""
        if not self._is_listed:
            self._files.load_new()
        self._is_listed = False
        return self._files.list_stored()

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store one batch; return chunk id → file id."""
        self._is_listed = False
        return self._put(chunks) if chunks else {}

    @abstractmethod
    def _put(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store at least one chunk; raises as `Sink.insert` does."""

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Return which of these the store answers a search with: chunk id → file id."""
        return self._files.find(chunks)

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove chunks and their files; ones that are gone already are no error."""
        self._is_listed = False
        with deletion_errors():
            self._files.delete(stored)

    def query(self, question: str, top_k: int) -> list[Hit]:
        """Return the best hits for a question, best first."""
        return self._files.query(question, top_k)

    def find_embedding_route(self) -> EmbeddingRoute | None:
        """Return the route by which the server embeds a text; see `Embedding`."""
        routes = self._routes
        if routes and self._embedding_route is None:
            model = self._get_model() or find_embedding_model(self._api, self._settings).name
            self._embedding_route = routes.to_embedding_route(model)
        return self._embedding_route

    def close(self) -> None:
        """End the batch in progress and close the connections."""
        if self._opened:
            self._opened.close()
        self._api.close()

    @property
    def _files(self) -> StoreFiles:
        if self._opened is None:
            raise VectorApiError("the collection is not open")
        return self._opened

    def _choose(self, known: str) -> list[str]:
        candidates = self._list_candidates(known)
        if known in candidates:
            return candidates
        if known:
            log.warning("the store %s is gone: looking for one named %s", known, self._name)
        if len(candidates) > 1:
            log.warning(
                "%d stores have the name %s: using the fullest", len(candidates), self._name
            )
        return candidates

    def _open_files(self, identifier: str) -> None:
        self._identifier, routes = identifier, self._routes
        self._embedding_route, self._opened, self._about = None, None, {}
        if routes and identifier:
            self._about = routes.get_store(identifier) or {}
            self._opened = StoreFiles(
                routes, identifier, self._about, self._settings, self._remembered
            )
        self._is_listed = True
