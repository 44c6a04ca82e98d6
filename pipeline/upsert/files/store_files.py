"""The files that this tool keeps in one vector store: the server's list, followed by our changes.

The store itself is the ledger.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.files.altered_text import alters_text
from pipeline.upsert.files.entry import Entry, NewFile
from pipeline.upsert.files.exact_text import FILLER_ID, ExactText
from pipeline.upsert.files.exact_writer import ExactWriter
from pipeline.upsert.files.file_writer import FileWriter
from pipeline.upsert.files.last_file import FILLER, LastFile
from pipeline.upsert.files.listed.held import Held
from pipeline.upsert.files.listed.left_over import attach_again, find_lost, wait_for_rest
from pipeline.upsert.files.listed.store_list import Remembered, StoreList
from pipeline.upsert.files.provider import get_provider, is_lost
from pipeline.upsert.files.search import find_files, search
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.version import choose_attachments_at_once, read_version
from pipeline.upsert.files.workers import Workers

log = logging.getLogger(__name__)
YOUNGEST_OF_SHARDS = 900.0  # seconds; another shard may be about to attach its upload


class StoreFiles:
    """Our files in one store. Calls come from one thread at a time; only `close` from any."""

    def __init__(
        self,
        api: StoreApi,
        store: str,
        about: Mapping[str, Any],
        settings: Settings,
        remembered: Remembered | None = None,
    ) -> None:
        """Read the store's list, unless the store is as an earlier run remembers it.

        Changes nothing. `about`: the store as the server describes it.
        """
        self._api, self._store = api, store
        self._provider = get_provider(api, about)
        self._least_seconds = YOUNGEST_OF_SHARDS if settings.shard_count > 1 else 0.0
        self._workers = Workers(api.threads)
        version = read_version(api)
        self.is_exact = alters_text(api, store, version, may_try=not settings.dry_run)
        self._held = Held(settings.state_dir, requires_exact=self.is_exact)
        self._files = FileWriter(api, store, self._held, self._workers)
        self._last = LastFile(self._held, self._files)
        self._exact: ExactText | None = None
        self._writer: FileWriter | ExactWriter = self._files
        if self.is_exact:
            model = str((about.get("metadata") or {}).get("embedding_model", ""))
            self._exact = ExactText(api, store, self._provider, model, self._workers)
            at_once = choose_attachments_at_once(api, version)
            self._writer = ExactWriter(api, store, self._held, self._workers, self._exact, at_once)
        has_order = "faiss" in self._provider and not self._exact  # see `LastFile`
        self._list = StoreList(
            api, store, self._held, self._workers, settings.state_dir, in_order=has_order
        )
        self.is_as_remembered = self._list.open(about, remembered or Remembered(tuple, ""))

    def close(self) -> None:
        """Begin no more requests: a batch in another thread ends after those in progress."""
        self._workers.close()

    # the whole store

    def tidy(self) -> None:
        """Remove what an interrupted run left half done.

        That is: files that the server could not process, older files of a chunk, uploads for this
        store that it does not hold, and chunks whose files the store's list has lost. Call it when
        the list was just read.
        """
        unlisted = self._list.list_unlisted(self._least_seconds)
        if self._api.can_lose_files and (unlisted or self._held.has_failed):
            wait_for_rest(self._api, self._store)
            self._list.read()
            unlisted = self._list_again(self._list.list_unlisted(self._least_seconds))
        failed = self._held.take_failed()
        if failed and self._exact:  # they may have chunks
            self._exact.guard_last()
        for file_id in failed:
            self._api.remove(self._store, file_id)
        self._remove(self._held.list_superseded())
        self._workers.run(self._api.delete_upload, unlisted)

    def recount(self) -> list[StoredChunk]:
        """Return the chunks that were stored and whose files the store's list has lost since.

        Where the list has another number of files than this run expects, it is read again, and what
        does not belong in it is removed.
        """
        if self._api.count_files(self._store) == len(self._held):
            return []
        self._list.read()
        lost = list(_to_stored(self._held.list_lost()))
        self.tidy()
        return lost

    def to_mark(self) -> str:
        """Return what the ledger keeps so that the next run need not read the list, or ""."""
        return self._list.to_mark()

    def has_lost_vectors(self) -> bool:
        """Return whether the server has lost the store's vectors, so that inserts fail."""
        return is_lost(self._api, self._store, self._provider)

    def _list_again(self, unlisted: Sequence[str]) -> list[str]:
        """Attach the files again that the store's list has lost, so that their chunks can go.

        Returns the uploads that are not needed any more.
        """
        lost = find_lost(self._api, self._store, unlisted, self._workers)
        if not lost:
            return list(unlisted)
        log.warning("the store's list has lost %d files: removing their chunks", len(lost))
        places, refused = attach_again(self._api, self._store, lost)
        self._list.read()
        self._held.mark_shared(places)
        return [file_id for file_id in unlisted if file_id not in refused]

    # read

    def list_stored(self) -> Iterator[StoredChunk]:
        """Yield every chunk of ours that the store holds."""
        return _to_stored(self._held)

    def load_new(self) -> dict[str, str]:
        """Read the list again; return what is new in it since it was read: chunk id → file id."""
        self._list.read()
        new = {entry.chunk_id: entry.file_id for entry in self._held.list_new()}
        if new:
            self._held.mark_of_this_run(new.values())
            # The list has the order of the inserts: they do not overlap.
            self._last.note(list(new.values())[-1])
            self._remove_filler()
        return new

    def find(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Return which of these the store holds: chunk id → file id.

        Of a chunk that this run sends again, the older file does not count: it is to be deleted.
        """
        ids = [chunk.id for chunk in chunks]
        known = self._held.find_of_this_run(ids)
        unknown = [chunk for chunk in chunks if chunk.id not in known]
        if self._exact:  # what this run has sent and completed is known
            unknown = [chunk for chunk in unknown if not self._held.was_sent(chunk.id)]
        found = find_files(self._api, self._store, unknown, self._workers) if unknown else {}
        if not all(file_id in self._held for files in found.values() for file_id in files):
            self.load_new()  # an insert went through, although its answer was an error
            known = self._held.find_of_this_run(ids)
        for chunk_id, file_ids in found.items():
            # What a search finds and no list has does not count: nothing could ever delete it.
            held = [file_id for file_id in file_ids if file_id in self._held]
            if held and not self._held.was_sent(chunk_id):
                known.setdefault(chunk_id, held[0])
        return {chunk.id: known[chunk.id] for chunk in chunks if chunk.id in known}

    def look_up(self, chunks: Sequence[Chunk]) -> set[str]:
        """Return which of these, stored by this run, the store answers with; their ids.

        The search of some databases leaves out what it has: then the file's chunks are read.
        """
        own = self._held.find_of_this_run(chunk.id for chunk in chunks)
        found = find_files(self._api, self._store, chunks, self._workers)
        return {
            chunk.id
            for chunk in chunks
            if (file_id := own.get(chunk.id))
            and (
                file_id in found[chunk.id]
                or (self._api.can_lose_files and self._api.has_chunks(self._store, file_id))
            )
        }

    def query(self, question: str, top_k: int, mode: str = "") -> list[Hit]:
        """Return the best hits for a question, best first."""
        hits = search(self._api, self._store, question, top_k, mode)
        return [hit for hit in hits if hit.chunk_id not in (FILLER.id, FILLER_ID)]

    # write

    def to_file(self, chunk: Chunk) -> NewFile:
        """Return a chunk as a file that the caller stores, see `FileWriter.to_file`."""
        self._held.mark_sent([chunk.id])
        return self._files.to_file(chunk)

    def put_all(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Store each chunk as a file, several at a time; chunk id → file id.

        Raises `InsertRejectedError` if nothing is stored (and nothing is left behind),
        `TooLongError` if a part is, `InsertUnclearError` if a part may be.
        """
        self._held.mark_sent(chunk.id for chunk in chunks)
        batch = self._writer.put_all(chunks)
        self._last.note(batch.handles.get(chunks[-1].id, ""))
        if batch.handles:
            self._remove_filler()
        return batch.to_handles()

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Remove chunks with their uploads; ones that are gone already are no error."""
        self._remove(self._held.list_meant(stored))

    def _remove_filler(self) -> None:
        self._remove(self._held.list_of(FILLER.id))

    def _remove(self, file_ids: Sequence[str]) -> None:
        if file_ids and self._exact:
            self._exact.guard_last()
        elif file_ids and "faiss" in self._provider:
            self._remove_at_once(self._last.secure(set(file_ids)))
        self._remove_at_once(file_ids)

    def _remove_at_once(self, file_ids: Sequence[str]) -> None:
        gone: list[str] = []

        def remove(file_id: str) -> None:
            if self._api.detach(self._store, file_id):
                gone.append(file_id)
            self._held.remove(file_id)

        self._workers.run(remove, file_ids, self._api.changes_at_once)
        self._workers.run(self._api.delete_upload, gone)


def _to_stored(entries: Iterable[Entry]) -> Iterator[StoredChunk]:
    for entry in entries:
        if entry.chunk_id != FILLER.id:
            yield StoredChunk(entry.chunk_id, entry.page_id, entry.file_id, entry.metadata_digest)
