"""The files that this tool keeps in one vector store: what is there, what goes, what is left over.

A file carries all that the next run needs in its attributes, so the store itself is the ledger.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.upsert import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.stores import LARGEST_CHUNK, LONGEST_ATTRIBUTE, StoreApi

log = logging.getLogger("confluence")
THREADS = 4  # one file a chunk is mostly waiting: four at once is 1.4 (faiss) to 2 times as fast
BLANK = "\u200b"  # neither seen nor embedded, and kept by servers that tidy white space
OURS = ("conf_chunk_id", "conf_text", "conf_copy")
FILLER = Chunk("conf-empty", "", "This collection is empty.", 5, {"page_id": ""})  # for faiss
_THE_SERVERS = ("chunk_id", "document_id", "file_id", "filename", "token_count", "chunk_tokenizer",
                "metadata_token_count")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One of our files in the store."""

    file_id: str
    chunk_id: str
    page_id: str
    text_hash: str
    copy: int


class Shelf:
    """Our files in one store, kept in step with it. Calls come from one thread at a time."""

    def __init__(self, stores: StoreApi, store: str, *, is_faiss: bool, youngest: float) -> None:
        """`youngest`: seconds that an upload without a store is left alone, because another run
        may be about to attach it."""
        self.stores, self.store = stores, store
        self._is_faiss, self._youngest = is_faiss, youngest
        self._entries: dict[str, Entry] = {}
        self._fresh: set[str] = set()  # files of this run
        self._copies: dict[str, set[int]] = {}
        self._lock = threading.Lock()
        self._last = ""  # the file known to be the last one that the store took in

    def load(self) -> None:
        """Read the store's list; take away what an interrupted run left half done."""
        entries: dict[str, Entry] = {}
        broken: list[str] = []
        for row in self.stores.list_files(self.store):
            entry = _to_entry(row)
            if entry is None:
                continue
            if row["status"] == "completed":
                entries[row["id"]] = entry
            elif row["status"] in ("failed", "cancelled"):
                broken.append(row["id"])
        self._entries = entries
        for entry in entries.values():
            self._copies.setdefault(entry.text_hash, set()).add(entry.copy)
        for file_id in broken:
            self.stores.remove(self.store, file_id)
        newest = {entry.chunk_id: entry.file_id for entry in entries.values()}
        self._remove([i for i, entry in entries.items() if newest[entry.chunk_id] != i])

    def sweep(self) -> None:
        """Delete the uploads for this store that it does not hold."""
        ending, now = f".{self.store}.md", time.time()
        for row in list(self.stores.list_uploads()):
            is_ours = str(row["filename"]).endswith(ending)
            if is_ours and row["id"] not in self._entries and now - row["created_at"] >= (
                self._youngest
            ):  # fmt: skip
                log.debug("removing the upload %s, which no store holds", row["id"])
                self.stores.delete_upload(row["id"])

    def list_stored(self) -> Iterator[StoredChunk]:
        """Everything of ours that the store holds."""
        for entry in list(self._entries.values()):
            if entry.chunk_id != FILLER.id:
                yield StoredChunk(entry.chunk_id, entry.page_id, entry.file_id)

    def files_of(self, chunk_ids: Iterable[str]) -> dict[str, str]:
        """Chunk id → file id, of those that the store held when last looked."""
        wanted = set(chunk_ids)
        return {e.chunk_id: i for i, e in self._entries.items() if e.chunk_id in wanted}

    def to_file(self, chunk: Chunk) -> tuple[str, str, dict[str, str | int]]:
        """A chunk as a file: its name, its text, its attributes.

        Servers tell chunks apart by their text alone: of two files with the same text, deleting
        one takes the other's chunk along (sqlite-vec), or its metadata (faiss). So a text that
        the store has already gets invisible characters at its end, as many as make it unique.
        """
        text_hash = hashlib.sha256(chunk.text.encode()).hexdigest()[:16]
        copy = self._take_copy(text_hash)
        attributes = {name: _fit(name, value) for name, value in chunk.metadata.items()}
        attributes |= zip(OURS, (chunk.id, text_hash, copy), strict=True)
        return self._to_name(chunk.id), chunk.text + BLANK * copy, attributes

    def put(self, chunk: Chunk, size: int, overlap: int) -> str:
        """Store one chunk as a file; return the file's id. Safe to call from threads.

        Raises `InsertRejectedError` (and leaves nothing behind) or `InsertUnclearError`.
        """
        name, text, attributes = self.to_file(chunk)
        file_id = self._upload_and_attach(name, text, attributes, size, overlap)
        self._add(Entry(file_id, chunk.id, chunk.page_id, str(attributes[OURS[1]]),
                        int(attributes[OURS[2]])))  # fmt: skip
        return file_id

    def put_all(self, chunks: Sequence[Chunk], size: int, overlap: int) -> dict[str, str]:
        """Store chunks, several at a time; chunk id → file id.

        Raises `InsertRejectedError` if nothing is stored, `InsertUnclearError` if part may be.
        """
        *most, last = chunks
        handles: dict[str, str] = {}
        errors: list[InsertRejectedError | InsertUnclearError] = []

        def put(chunk: Chunk) -> None:
            try:
                handles[chunk.id] = self.put(chunk, size, overlap)
            except (InsertRejectedError, InsertUnclearError) as error:
                errors.append(error)

        _in_threads(put, most)
        put(last)  # alone, so that it is known which file the store took in last
        self._last = handles.get(last.id, "")
        if handles:
            self._remove_filler()
        if not errors:
            return handles
        unclear = next((one for one in errors if isinstance(one, InsertUnclearError)), None)
        if unclear or handles:
            stored = f"{len(handles)} of {len(chunks)} are stored; {unclear or errors[0]}"
            raise InsertUnclearError(stored, unclear.retry_after if unclear else None)
        raise errors[0]

    def note(self, known: set[str], last: str) -> None:
        """Files that came by another way are this run's own, unless they were `known` before."""
        self._fresh |= self._entries.keys() - known
        self._last = last
        if last:
            self._remove_filler()

    @property
    def file_ids(self) -> set[str]:
        """Of everything that the store holds of ours."""
        return set(self._entries)

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove chunks with their uploads; ones that are gone already are no error.

        A handle that is gone (another run's file took its place) stands for every file of that
        chunk, except those that this run has put there.
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
        found: dict[str, str] = {}

        def look(chunk: Chunk) -> None:
            # A query that equals a text is distance 0, which 0.2.23 cannot put into JSON.
            for limit in (20, 200):
                for hit in self.stores.search(self.store, f"find: {chunk.text}", limit, chunk.id):
                    found[chunk.id] = _to_file_id(hit)
                    return

        _in_threads(look, chunks)
        return found

    def query(self, question: str, top_k: int) -> list[Hit]:
        """The best hits for a question, best first."""
        return [_to_hit(row) for row in self.stores.search(self.store, question, top_k)]

    def _upload_and_attach(
        self, name: str, text: str, attributes: Mapping[str, Any], size: int, overlap: int
    ) -> str:
        file_id = self.stores.upload(name, text)
        try:
            self.stores.attach(self.store, file_id, attributes, size, overlap)
        except InsertRejectedError:
            self.stores.remove(self.store, file_id)  # a failed one stays in the store's list
            raise
        return file_id

    def _add(self, entry: Entry) -> None:
        with self._lock:
            self._entries[entry.file_id] = entry
            self._fresh.add(entry.file_id)

    def _remove(self, file_ids: Sequence[str]) -> None:
        if not file_ids:
            return
        if self._is_faiss:
            self._secure_last(set(file_ids))

        def remove(file_id: str) -> None:
            self.stores.remove(self.store, file_id)
            with self._lock:
                entry = self._entries.pop(file_id, None)
                if entry:
                    self._copies[entry.text_hash].discard(entry.copy)

        _in_threads(remove, file_ids)

    def _secure_last(self, doomed: set[str]) -> None:
        """See to it that a file that stays is the last one which the store took in.

        When faiss loses its last chunk, it keeps that chunk's text, and from then on answers
        every search with the wrong texts. So a file that stays is put in once more, at the end.
        """
        if self._last and self._last not in doomed:
            return
        stays = next((i for i in reversed(self._entries) if i not in doomed), None)
        if stays is None:
            self._last = self.put(FILLER, LARGEST_CHUNK, 0)
            return
        row = next(row for row in self.stores.list_files(self.store) if row["id"] == stays)
        entry, attributes = self._entries[stays], dict(row["attributes"])
        copy = attributes["conf_copy"] = self._take_copy(entry.text_hash)
        text = self.stores.get_upload(stays).rstrip(BLANK) + BLANK * copy
        cut = row["chunking_strategy"]["static"]
        name = self._to_name(entry.chunk_id)
        size, overlap = cut["max_chunk_size_tokens"], cut["chunk_overlap_tokens"]
        try:
            again = self._upload_and_attach(name, text, attributes, size, overlap)
        except (InsertRejectedError, InsertUnclearError) as error:
            raise VectorApiError(f"nothing was deleted: {error}") from None
        self._entries[again] = Entry(again, entry.chunk_id, entry.page_id, entry.text_hash, copy)
        if stays in self._fresh:
            self._fresh.add(again)
        self._last = again
        self._remove([stays])

    def _remove_filler(self) -> None:
        self._remove([i for i, entry in self._entries.items() if entry.chunk_id == FILLER.id])

    def _take_copy(self, text_hash: str) -> int:
        with self._lock:
            taken = self._copies.setdefault(text_hash, set())
            copy = next(number for number in itertools.count() if number not in taken)
            taken.add(copy)
            return copy

    def _to_name(self, chunk_id: str) -> str:
        return f"{chunk_id}.{self.store}.md"


def _in_threads[T](work: Callable[[T], None], given: Sequence[T]) -> None:
    if len(given) == 1:
        return work(given[0])
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, one) for one in given]:
            done.result()
    return None


def _to_entry(row: Mapping[str, Any]) -> Entry | None:
    """A row of the store's list, if it is one of our files."""
    attributes = row.get("attributes") or {}
    if not all(name in attributes for name in (*OURS, "page_id")):
        return None
    chunk_id, text_hash, copy = (attributes[name] for name in OURS)
    return Entry(str(row["id"]), str(chunk_id), str(attributes["page_id"]), text_hash, int(copy))


def _fit(name: str, value: str | int) -> str | int:
    """An attribute, as long as servers take it; a link loses its anchor before it breaks."""
    if isinstance(value, int) or len(value) <= LONGEST_ATTRIBUTE:
        return value
    return (value.partition("#")[0] if name == "url" else value)[:LONGEST_ATTRIBUTE]


def _to_file_id(hit: Mapping[str, Any]) -> str:
    # 0.2 leaves the field empty, and has it in the metadata of the chunk.
    return str(hit.get("file_id") or hit["attributes"]["document_id"])


def _to_hit(row: Mapping[str, Any]) -> Hit:
    attributes = row["attributes"]
    metadata = {
        name: int(value) if isinstance(value, float) else value
        for name, value in attributes.items()
        if name not in (*OURS, *_THE_SERVERS)
    }
    return Hit(
        chunk_id=str(attributes.get("conf_chunk_id", "")),
        text="".join(part["text"] for part in row["content"]).rstrip(BLANK),
        score=float(row["score"]),
        metadata=metadata,
    )
