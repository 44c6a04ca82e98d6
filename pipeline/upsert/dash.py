"""The dash variant: `/v1/vector-io/insert` and `/query`, as Llama Stack and OGX serve them.

No dash server deletes chunks, so this sink can rotate: build a whole new store.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.dash_stores import (
    PUBLISHED,
    UNFINISHED,
    ClientEmbeds,
    DashStore,
    DashStores,
    ServerEmbeds,
)
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.find_by_query import ask_beside, find_by_query, list_near
from pipeline.upsert.read_back import read_back
from pipeline.upsert.server.api import AnswerError, Api
from pipeline.upsert.server.description import Description
from pipeline.upsert.server.embedding_models import (
    SECOND_COLLECTION,
    refuse_other_model,
    to_model_fact,
)
from pipeline.upsert.server.lost_store import lost_store_ends_the_run
from pipeline.upsert.server.lost_vectors import refuse_if_both_fail
from pipeline.upsert.server.text_limit import EmbeddingRoute
from pipeline.upsert.server.vector_io import INSERT, QUERY

log = logging.getLogger(__name__)

EMBEDDINGS = ("/v1/embeddings", "/v1/openai/v1/embeddings")
ROUTES = f"{INSERT} with /v1/vector-dbs, or with /v1/vector_stores and /v1/embeddings"


class Dash:
    """A collection on a dash server. Inserted chunks stay; see `Rotating`."""

    variant = "dash"
    can_delete = False
    can_list = False
    inserts_at_once = 2

    def __init__(self, api: Api, stores: DashStores, settings: Settings) -> None:
        self._api, self._stores, self._settings = api, stores, settings
        self._name = settings.collection_id
        self.identifier = ""
        self._made_with = ""  # the store's model, as the server names it
        self.opened_new = self.replaces_another = False
        self._others: list[DashStore] = []  # of our name, when this one was opened
        self._lost = ""  # a store that has lost its vectors, if there is one

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._api.requests

    def look_up(self, known: str = "") -> str:
        """Return the identifier kept from an earlier run if it exists, else that of our name."""
        stores = self._stores.list_stores()
        kept = [store for store in stores if store.identifier == known]
        named = [] if kept else self._list_named(stores, known)
        chosen = next(filter(self._is_usable, kept or named), None)
        if kept and not chosen:
            others = (store for store in self._list_named(stores, "") if store not in kept)
            chosen = next(filter(self._is_usable, others), None)
        self._others = [s for s in stores if s.name == self._name and s is not chosen]
        self.identifier, self._made_with = (chosen.identifier, chosen.model) if chosen else ("", "")
        return self.identifier

    def _is_usable(self, store: DashStore) -> bool:
        if not self._stores.has_lost_vectors(store):
            return True
        log.warning(
            "the store %s has lost its vectors; another takes its place once it is complete",
            store.identifier,
        )
        self._lost, self.replaces_another = store.identifier, True
        return False

    def _list_named(self, stores: Sequence[DashStore], known: str) -> list[DashStore]:
        """Return the stores of our name that may be used, best first."""
        if known:
            log.warning("the store %s is gone from the server; looking for %s", known, self._name)
        named = [store for store in stores if store.name == self._name]
        finished = self._sort_finished([store for store in named if store.is_ours])
        best = [*finished, *(store for store in named if not store.is_ours)]
        if len(named) > 1:
            chosen = best[0].identifier if best else "none of them"
            log.warning("%d stores are named %s; using %s", len(named), self._name, chosen)
        return best

    def _sort_finished(self, ours: Sequence[DashStore]) -> list[DashStore]:
        """Return the stores that are finished: what rotations published, the last one first.

        Then the others, the oldest first. Where the server keeps no marks, a rotation that was
        killed leaves a newer store that is not complete.
        """
        marks = [(store, self._stores.marks.read(store.identifier)) for store in ours]
        published = [store for store, mark in marks if mark == PUBLISHED]
        others = [store for store, mark in marks if mark not in (PUBLISHED, UNFINISHED)]
        return [*reversed(published), *others]

    def has_collection(self) -> bool:
        """Return whether the server has a collection of our name that this sink made."""
        return self._stores.has_collection(self._name)

    def open_collection(self, known: str = "") -> str:
        """Find the store or create it."""
        self.opened_new = not self.look_up(known)
        if self.opened_new:
            self.identifier = self._stores.make(self._name, fresh=bool(self._lost))
            if self._lost:
                refuse_if_both_fail(self._api, self._lost, self.identifier, self.delete_store)
        return self.identifier

    def check_model(self, kept: str) -> str:
        """Return the store's model; a rotation may change it."""
        made_with = self._made_with or kept
        if self._settings.update_strategy != "rotate":
            cure = (
                f"run with UPDATE_STRATEGY=rotate, which builds a new store, or {SECOND_COLLECTION}"
            )
            refuse_other_model(self._settings, made_with, cure, self._api)
            self._stores.use_model_of(made_with)
        return to_model_fact(self._settings, made_with)

    def list_stored(self) -> Iterator[StoredChunk]:
        """Dash servers do not list chunks."""
        raise NotImplementedError("dash servers do not list their chunks")

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Store one batch, once."""
        body = {self._stores.key: self.identifier, "chunks": self._stores.to_rows(chunks)}
        with lost_store_ends_the_run(f"the store {self.identifier}", self._exists):
            self._api.insert(INSERT, body)
        return {chunk.id: chunk.id for chunk in chunks}

    def _exists(self) -> bool:
        return any(store.identifier == self.identifier for store in self._stores.list_stores())

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Return which of these chunks a query for their own text finds."""
        return find_by_query(self._ask, chunks)

    def list_near(self, chunks: Sequence[Chunk]) -> set[str]:
        """Return the ids of what queries for these chunks' own texts show."""
        return list_near(self._ask, chunks)

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Dash servers do not delete chunks."""
        raise NotImplementedError("dash servers do not delete chunks")

    def query(self, question: str, top_k: int) -> list[Hit]:
        """Return the best hits, each chunk once; a question may equal a stored text."""
        try:
            hits = self._ask(question, top_k)
        except AnswerError as error:
            if error.status != 400:
                raise
            hits = ask_beside(self._ask, question, top_k)
        unique: dict[str, Hit] = {}
        for hit in hits:
            unique.setdefault(hit.chunk_id, hit)
        return list(unique.values())

    def _ask(self, question: str, top_k: int) -> list[Hit]:
        return self._read(self.identifier, question, top_k)

    def _read(self, identifier: str, question: str, top_k: int) -> list[Hit]:
        """Return the hits of any store of the server, best first."""
        body = {
            self._stores.key: identifier,
            "query": question,
            "params": {"max_chunks": top_k, "mode": "vector"},
        }
        return [_to_hit(row, score) for row, score in self._api.post(QUERY, body).scored_rows()]

    def read_back(self, identifier: str, title: str, chunk_ids: Set[str]) -> Mapping[str, Hit]:
        """Return chunk id → chunk of a page that any store of the server holds; see `Rotating`."""
        return read_back(partial(self._read, identifier), title, chunk_ids)

    def make_fresh(self) -> str:
        """Create another store of the same name and use it from now on."""
        self.identifier, self._made_with = self._stores.make(self._name, fresh=True), ""
        self._stores.marks.write(self.identifier, UNFINISHED)
        return self.identifier

    def fresh_model(self) -> str:
        """Return the name of the model that a fresh store is made with now."""
        return self._stores.find_model()

    def use_store(self, identifier: str) -> bool:
        """Use another store from now on; return False if the server does not have it."""
        if all(store.identifier != identifier for store in self._stores.list_stores()):
            return False
        self.identifier, self._made_with = identifier, ""
        return True

    def mark_published(self) -> None:
        """Let the server show that the current store is complete, where it keeps metadata."""
        self._stores.marks.write(self.identifier, PUBLISHED)

    def unfinished_stores(self) -> list[str]:
        """Return which of `older_stores` a rotation certainly left unfinished."""
        return [
            identifier
            for identifier in self.older_stores()
            if self._stores.marks.read(identifier) == UNFINISHED
        ]

    def older_stores(self) -> list[str]:
        """Return the stores of our name that this tool made, without the current one."""
        return [
            store.identifier
            for store in self._stores.list_stores()
            if store.is_ours and store.name == self._name and store.identifier != self.identifier
        ]

    def remove_damaged(self) -> None:
        """Delete the stores of our name whose vectors the server has lost."""
        if self._settings.shard_count > 1:
            return  # others may not be complete yet
        for store in self._others:
            try:
                is_lost = store.is_ours and self._stores.has_lost_vectors(store)
            except VectorApiError as error:  # this run does not need that store
                log.warning("the store %s of the same name is kept: %s", store.identifier, error)
                continue
            if is_lost:
                self.delete_store(store.identifier)
                log.info("removed the damaged store %s", store.identifier)

    def delete_store(self, identifier: str) -> None:
        """Remove a whole store."""
        self._stores.remove(identifier)

    def find_embedding_route(self) -> EmbeddingRoute | None:
        """Return the route by which the server embeds a text; see `Embedding`."""
        return self._stores.find_embedding_route()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()


def is_dash(description: Description) -> bool:
    """Return whether a server describes the dash variant, in either form."""
    has_stores = description.has("/v1/vector-dbs") or _takes_vectors(description)
    return description.has(INSERT) and has_stores


def open_dash(api: Api, settings: Settings, description: Description) -> Dash:
    """Return the sink for the form that the server describes; without a description, that of 0.2.

    Raises `VectorApiError` if the server describes neither form.
    """
    stores: DashStores
    if not description.paths or description.has("/v1/vector-dbs"):
        routes = (route for route in EMBEDDINGS if description.has(route))
        stores = ServerEmbeds(api, settings, next(routes, ""))
    elif _takes_vectors(description):
        stores = ClientEmbeds(api, settings)
    else:
        raise VectorApiError(
            f"VECTOR_API_VARIANT=dash, but {api.base_url}/openapi.json has neither form of it: "
            f"looked for {ROUTES}; found {description.to_summary()}"
        )
    return Dash(api, stores, settings)


def _takes_vectors(description: Description) -> bool:
    """Return whether inserts go to a `vector_store_id`, with vectors that the server can make."""
    return description.has(
        INSERT, "/v1/vector_stores", "/v1/embeddings"
    ) and description.takes_field(INSERT, "vector_store_id")


def _to_hit(row: Mapping[str, Any], score: float) -> Hit:
    about = row.get("chunk_metadata") or {}
    metadata = row.get("metadata") or {}
    return Hit(
        chunk_id=str(row.get("chunk_id") or about.get("chunk_id") or ""),
        text=str(row.get("content") or ""),
        score=score,
        metadata={key: value for key, value in metadata.items() if isinstance(value, str | int)},
    )
