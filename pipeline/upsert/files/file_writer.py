"""How chunks become files of a store: upload, then attach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.records import Chunk
from pipeline.upsert.errors import InsertRejectedError, InsertUnclearError, TooLongError
from pipeline.upsert.files.entry import (
    BLANK,
    Entry,
    NewFile,
    to_attributes,
    to_text_hash,
)
from pipeline.upsert.files.listed.held import Held
from pipeline.upsert.files.store_api import LARGEST_CHUNK, StoreApi
from pipeline.upsert.files.workers import Workers

InsertError = InsertRejectedError | InsertUnclearError


@dataclass(slots=True)
class Batch:
    """The result of a batch."""

    handles: dict[str, str] = field(default_factory=dict)  # chunk id → file id
    errors: list[InsertError] = field(default_factory=list)  # of the others

    def to_handles(self) -> dict[str, str]:
        """Return chunk id → file id if all are stored.

        Raises `InsertRejectedError` if nothing is stored (and nothing is left behind),
        `TooLongError` if a part is, `InsertUnclearError` if a part may be.
        """
        if not self.errors:
            return self.handles
        unclear = next((e for e in self.errors if isinstance(e, InsertUnclearError)), None)
        if unclear is None and not self.handles:
            raise self.errors[0]
        if all(isinstance(error, TooLongError) for error in self.errors):
            raise TooLongError(str(self.errors[0]), self.handles)
        count = len(self.handles) + len(self.errors)
        raise InsertUnclearError(
            f"{len(self.handles)} of {count} are stored; {unclear or self.errors[0]}",
            unclear.retry_after if unclear else None,
            still_at_work=bool(unclear and unclear.still_at_work),
        )


class FileWriter:
    """Puts files into one store."""

    def __init__(self, api: StoreApi, store: str, held: Held, workers: Workers) -> None:
        self._api, self._store, self._held, self._workers = api, store, held, workers

    def to_file(self, chunk: Chunk) -> NewFile:
        """Return a chunk as a file of its own.

        Servers identify chunks by their text alone: of two files with the same text, deleting one
        also deletes the other's chunk (sqlite-vec) or its metadata (faiss). So a text that the
        store has already gets invisible characters at its end, as many as make it unique.
        """
        text_hash = to_text_hash(chunk.text)
        self._read_copies(text_hash)
        copy = self._held.take_copy(text_hash)
        attributes = to_attributes(chunk, text_hash, copy)
        return NewFile(to_file_name(chunk.id, self._store), chunk.text + BLANK * copy, attributes)

    def _read_copies(self, text_hash: str) -> None:
        """Read what the ledger does not have of the files of a text: their copy numbers."""
        for file_id in self._held.list_without_copy(text_hash):
            row = self._api.get_file(self._store, file_id)
            if row is None:
                raise InsertUnclearError("the store's list has lost a file of the same text")
            self._held.set_copy(file_id, int(row["attributes"]["conf_copy"]))

    def put_all(self, chunks: Sequence[Chunk]) -> Batch:
        """Store each chunk as a file, as many at a time as the server can, the last one alone."""
        batch = Batch()

        def put(chunk: Chunk) -> None:
            try:
                batch.handles[chunk.id] = self.put(chunk)
            except (InsertRejectedError, InsertUnclearError) as error:
                batch.errors.append(error)

        *most, last = chunks
        self._workers.run(put, most, self._api.changes_at_once)
        put(last)  # alone, so that it is known which file was stored last
        return batch

    def put(self, chunk: Chunk) -> str:
        """Store one chunk, which the server leaves whole; return its file's id."""
        file = self.to_file(chunk)
        text_hash, copy = str(file.attributes["conf_text"]), int(file.attributes["conf_copy"])
        try:
            file_id = self._upload_and_attach(file)
        except (InsertRejectedError, InsertUnclearError) as error:
            if is_over(error):  # the next attempt uses the same number: it replaces any rest
                self._held.give_back(text_hash, copy)
            raise
        self._held.add(Entry(file_id, chunk.id, chunk.page_id, text_hash, copy))
        return file_id

    def put_again(self, file_id: str) -> str:
        """Store a file once more; return its new id. The old file stays."""
        rows = self._api.list_files(self._store)
        row = next(row for row in rows if row["id"] == file_id)
        entry, attributes = self._held[file_id], dict(row["attributes"])
        copy = attributes["conf_copy"] = self._held.take_copy(entry.text_hash)
        text = self._api.get_upload(file_id).rstrip(BLANK) + BLANK * copy
        file = NewFile(to_file_name(entry.chunk_id, self._store), text, attributes)
        sizes = row["chunking_strategy"]["static"]
        again = self._upload_and_attach(
            file, sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"]
        )
        self._held.add(
            Entry(again, entry.chunk_id, entry.page_id, entry.text_hash, copy),
            of_this_run=self._held.is_of_this_run(file_id),
        )
        return again

    def _upload_and_attach(self, file: NewFile, size: int = LARGEST_CHUNK, overlap: int = 0) -> str:
        file_id = self._api.upload(file.name, file.text)
        try:
            self._api.attach(self._store, file_id, file.text, file.attributes, size, overlap)
        except (InsertRejectedError, InsertUnclearError) as error:
            if is_over(error):  # a failed file would stay in the store's list
                self._api.remove(self._store, file_id)
            raise
        return file_id


def to_file_name(chunk_id: str, store: str) -> str:
    """Return the name of an upload: it shows its store, also when no store holds it."""
    return f"{chunk_id}.{store}.md"


def is_over(error: InsertError) -> bool:
    """Return whether the server is done with the request, so that its remains can be removed."""
    return isinstance(error, InsertRejectedError) or not error.still_at_work
