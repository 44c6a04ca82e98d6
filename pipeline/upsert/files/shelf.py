"""The files that this tool keeps in one vector store: what is there, what goes, what is left over.

Both sinks that keep files share this; with it the store itself is the ledger.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.errors import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.files.entry import (
    BLANK,
    Entry,
    to_attributes,
    to_entry,
    to_file_id,
    to_hit,
    to_text_hash,
)
from pipeline.upsert.files.store_api import LARGEST_CHUNK, StoreApi

log = logging.getLogger(__name__)
YOUNGEST_OF_SHARDS = 900.0  # seconds; another shard may be about to attach its upload
FILLER = Chunk("conf-empty", "", "This collection is empty.", 5, {"page_id": ""})  # for faiss
# Servers filter late: 0.2 looks through five times the limit only. OGX takes no more than 50.
SEARCH_LIMITS = (10, 50)


class Shelf:
    """Our files in one store, kept in step with it. Calls come from one thread at a time."""

    def __init__(self, stores: StoreApi, store: str, settings: Settings) -> None:
        """Reads the store's list; changes nothing."""
        self.store = store
        self._stores = stores
        self._provider = stores.get_provider(store)
        self._youngest = YOUNGEST_OF_SHARDS if settings.shard_count > 1 else 0.0
        self._entries: dict[str, Entry] = {}  # by file id, oldest first
        self._broken: list[str] = []  # files that the server could not take in
        self._fresh: set[str] = set()  # files of this run
        self._copies: dict[str, set[int]] = {}  # text hash → copies in use
        self._lock = threading.Lock()
        self._is_closed = False
        self._last = ""  # the file known to be the last one that the store took in
        self._load()

    def tidy(self) -> None:
        """Take away what an interrupted run left half done: files that the server could not take
        in, older files of a chunk, and uploads for this store that it does not hold."""
        broken, self._broken = self._broken, []
        for file_id in broken:
            self._stores.remove(self.store, file_id)
        newest = {entry.chunk_id: entry.file_id for entry in self._entries.values()}
        self._remove([i for i, entry in self._entries.items() if newest[entry.chunk_id] != i])
        self._sweep()

    def close(self) -> None:
        """Begin nothing more: a batch in another thread ends with the requests in hand."""
        self._is_closed = True

    def is_dead(self) -> bool:
        """Whether the server has lost the store's vectors, and takes nothing more into it."""
        return "sqlite-vec" in self._provider and self._stores.is_dead(self.store)

    def destroy(self) -> None:
        """Delete the store and everything of ours that was uploaded for it."""
        for file_id in [*self._entries, *self._broken]:
            self._stores.delete_upload(file_id)
        self._entries, self._broken = {}, []
        self._sweep()
        self._stores.delete_store(self.store)

    def list_stored(self) -> Iterator[StoredChunk]:
        """Everything of ours that the store holds."""
        for entry in list(self._entries.values()):
            if entry.chunk_id != FILLER.id:
                yield StoredChunk(entry.chunk_id, entry.page_id, entry.file_id)

    def load_new(self) -> dict[str, str]:
        """Read the list again: what came by another way is this run's own; chunk id → file id."""
        known = set(self._entries)
        self._load()
        new = {entry.chunk_id: i for i, entry in self._entries.items() if i not in known}
        if new:
            self._fresh.update(new.values())
            # The list is in the order of the inserts, where these do not overlap.
            self._last = list(new.values())[-1]
            self._remove_filler()
        return new

    def to_file(self, chunk: Chunk) -> tuple[str, str, dict[str, str | int]]:
        """A chunk as a file: its name, its text, its attributes.

        Servers tell chunks apart by their text alone: of two files with the same text, deleting
        one takes the other's chunk along (sqlite-vec), or its metadata (faiss). So a text that
        the store has already gets invisible characters at its end, as many as make it unique.
        """
        text_hash = to_text_hash(chunk.text)
        copy = self._take_copy(text_hash)
        attributes = to_attributes(chunk, text_hash, copy)
        return self._to_name(chunk.id), chunk.text + BLANK * copy, attributes

    def put_all(self, chunks: Sequence[Chunk], size: int, overlap: int) -> dict[str, str]:
        """Store each chunk as a file, several at a time; chunk id → file id.

        The server cuts files of more than `size` tokens. Raises `InsertRejectedError` if nothing
        is stored (and nothing is left behind), `InsertUnclearError` if a part may be.
        """
        *most, last = chunks
        handles: dict[str, str] = {}
        errors: list[InsertRejectedError | InsertUnclearError] = []

        def put(chunk: Chunk) -> None:
            try:
                handles[chunk.id] = self._put(chunk, size, overlap)
            except (InsertRejectedError, InsertUnclearError) as error:
                errors.append(error)

        self._in_threads(put, most)
        put(last)  # alone, so that it is known which file the store took in last
        self._last = handles.get(last.id, "")
        if handles:
            self._remove_filler()
        if not errors:
            return handles
        unclear = next((one for one in errors if isinstance(one, InsertUnclearError)), None)
        if unclear is None and not handles:
            raise errors[0]
        raise InsertUnclearError(
            f"{len(handles)} of {len(chunks)} are stored; {unclear or errors[0]}",
            unclear.retry_after if unclear else None,
            still_at_work=bool(unclear and unclear.still_at_work),
        )

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove chunks with their uploads; ones that are gone already are no error.

        A handle that is gone (another file took its place) stands for every file of that chunk,
        except those that this run has put there.
        """
        by_chunk: dict[str, list[str]] = {}
        for file_id, entry in self._entries.items():
            if file_id not in self._fresh:
                by_chunk.setdefault(entry.chunk_id, []).append(file_id)
        doomed: dict[str, None] = {}
        for one in stored:
            is_there = one.handle in self._entries
            doomed.update(dict.fromkeys([one.handle] if is_there else by_chunk.get(one.id, [])))
        self._remove(list(doomed))

    def find(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Which of these the store answers a search with: chunk id → file id."""
        hits: dict[str, list[str]] = {}

        def look(chunk: Chunk) -> None:
            # A query that equals a text is distance 0, which 0.2.23 cannot put into JSON.
            for limit in SEARCH_LIMITS:
                rows = self._stores.search(self.store, f"find: {chunk.text}", limit, chunk.id)
                hits[chunk.id] = [to_file_id(row["attributes"]) for row in rows]
                if rows:
                    return

        self._in_threads(look, chunks)
        if not self._entries.keys() >= set(itertools.chain(*hits.values())):
            self.load_new()  # an insert went through, although its answer did not say so
        # What a search finds and no list has is not stored: nothing could ever delete it.
        held = {i: [one for one in files if one in self._entries] for i, files in hits.items()}
        return {chunk_id: files[0] for chunk_id, files in held.items() if files}

    def query(self, question: str, top_k: int) -> list[Hit]:
        """The best hits for a question, best first."""
        rows = self._stores.search(self.store, question, top_k)
        hits = [
            to_hit(row["attributes"], "".join(part["text"] for part in row["content"]),
                   float(row["score"]))
            for row in rows
        ]  # fmt: skip
        return [hit for hit in hits if hit.chunk_id != FILLER.id]

    def _load(self) -> None:
        entries: dict[str, Entry] = {}
        self._broken = []
        for row in self._stores.list_files(self.store):
            entry = to_entry(row)
            if entry is None:
                continue
            if row["status"] == "completed":
                entries[entry.file_id] = entry
            elif row["status"] in ("failed", "cancelled"):
                self._broken.append(entry.file_id)
        self._entries = entries
        for entry in entries.values():
            self._copies.setdefault(entry.text_hash, set()).add(entry.copy)

    def _sweep(self) -> None:
        ending, now = self._to_name(""), time.time()
        for row in list(self._stores.list_uploads()):
            is_ours = str(row["filename"]).endswith(ending) and row["id"] not in self._entries
            if is_ours and now - row["created_at"] >= self._youngest:
                log.debug("removing the upload %s, which no store holds", row["id"])
                self._stores.delete_upload(row["id"])

    def _put(self, chunk: Chunk, size: int, overlap: int) -> str:
        name, text, attributes = self.to_file(chunk)
        text_hash, copy = to_text_hash(chunk.text), int(attributes["conf_copy"])
        try:
            file_id = self._upload_and_attach(name, text, attributes, size, overlap)
        except (InsertRejectedError, InsertUnclearError) as error:
            if _is_over(error):  # the next try takes the place of what may have stayed behind
                self._give_back(text_hash, copy)
            raise
        with self._lock:
            self._entries[file_id] = Entry(file_id, chunk.id, chunk.page_id, text_hash, copy)
            self._fresh.add(file_id)
        return file_id

    def _upload_and_attach(
        self, name: str, text: str, attributes: Mapping[str, Any], size: int, overlap: int
    ) -> str:
        file_id = self._stores.upload(name, text)
        try:
            self._stores.attach(self.store, file_id, text, attributes, size, overlap)
        except (InsertRejectedError, InsertUnclearError) as error:
            if _is_over(error):  # a failed one stays in the store's list
                self._stores.remove(self.store, file_id)
            raise
        return file_id

    def _remove(self, file_ids: Sequence[str]) -> None:
        if file_ids and "faiss" in self._provider:
            self._secure_last(set(file_ids))

        def remove(file_id: str) -> None:
            self._stores.remove(self.store, file_id)
            if entry := self._entries.pop(file_id, None):
                self._give_back(entry.text_hash, entry.copy)

        self._in_threads(remove, file_ids)

    def _remove_filler(self) -> None:
        self._remove([i for i, entry in self._entries.items() if entry.chunk_id == FILLER.id])

    def _secure_last(self, doomed: set[str]) -> None:
        """See to it that a file that stays is the last one which the store took in.

        When faiss loses its last chunk, it keeps that chunk's text, and from then on answers
        every search with the wrong texts. So a file that stays is put in once more, at the end.
        """
        if self._last and self._last not in doomed:
            return
        stays = next((i for i in reversed(self._entries) if i not in doomed), None)
        try:
            if stays is None:
                self._last = self._put(FILLER, LARGEST_CHUNK, 0)
            else:
                self._last = self._put_again(stays)
        except (InsertRejectedError, InsertUnclearError) as error:
            raise VectorApiError(f"nothing was deleted: {error}") from None
        if stays:
            self._remove([stays])

    def _put_again(self, file_id: str) -> str:
        """Store a file once more, under another id; the old one stays."""
        rows = self._stores.list_files(self.store)
        row = next(row for row in rows if row["id"] == file_id)
        entry, attributes = self._entries[file_id], dict(row["attributes"])
        copy = attributes["conf_copy"] = self._take_copy(entry.text_hash)
        text = self._stores.get_upload(file_id).rstrip(BLANK) + BLANK * copy
        name, cut = self._to_name(entry.chunk_id), row["chunking_strategy"]["static"]
        size, overlap = cut["max_chunk_size_tokens"], cut["chunk_overlap_tokens"]
        again = self._upload_and_attach(name, text, attributes, size, overlap)
        self._entries[again] = Entry(again, entry.chunk_id, entry.page_id, entry.text_hash, copy)
        if file_id in self._fresh:
            self._fresh.add(again)
        return again

    def _take_copy(self, text_hash: str) -> int:
        with self._lock:
            taken = self._copies.setdefault(text_hash, set())
            copy = next(number for number in itertools.count() if number not in taken)
            taken.add(copy)
            return copy

    def _give_back(self, text_hash: str, copy: int) -> None:
        with self._lock:
            self._copies[text_hash].discard(copy)

    def _to_name(self, chunk_id: str) -> str:
        """An upload's file name says whose it is, also when no store holds it."""
        return f"{chunk_id}.{self.store}.md"

    def _in_threads[T](self, work: Callable[[T], None], given: Sequence[T]) -> None:
        def step(one: T) -> None:
            if self._is_closed:
                raise VectorApiError("the run has ended")
            work(one)

        if len(given) < 2:
            for one in given:
                step(one)
            return
        with ThreadPoolExecutor(self._stores.threads) as pool:
            for done in [pool.submit(step, one) for one in given]:
                done.result()


def _is_over(error: InsertRejectedError | InsertUnclearError) -> bool:
    """Whether the server is done with the request, and what it left can be cleared away."""
    return isinstance(error, InsertRejectedError) or not error.still_at_work
