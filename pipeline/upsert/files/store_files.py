"""The files that this tool keeps in one vector store: the server's list, followed by our changes.

The store itself is the ledger.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.settings import Settings
from pipeline.upsert.errors import UnusableSettingError
from pipeline.upsert.files.entry import NewFile
from pipeline.upsert.files.exact_text import FILLER_ID, ExactText
from pipeline.upsert.files.exact_writer import ExactWriter
from pipeline.upsert.files.file_writer import FileWriter, to_file_name
from pipeline.upsert.files.held import Held
from pipeline.upsert.files.last_file import FILLER, LastFile
from pipeline.upsert.files.provider import get_provider, has_lost_vectors
from pipeline.upsert.files.search import find_files, search
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.workers import Workers

log = logging.getLogger(__name__)
YOUNGEST_OF_SHARDS = 900.0  # seconds; another shard may be about to attach its upload


class StoreFiles:
    """Our files in one store. Calls come from one thread at a time; only `close` from any."""

    def __init__(self, api: StoreApi, store: str, settings: Settings) -> None:
        """Read the store's list; change nothing."""
        self._api, self._store = api, store
        self._provider = get_provider(api, store)
        self._youngest = YOUNGEST_OF_SHARDS if settings.shard_count > 1 else 0.0
        self._workers = Workers(api.threads)
        self._held = Held(requires_exact=api.alters_text)
        self._files = FileWriter(api, store, self._held, self._workers)
        self._last = LastFile(self._held, self._files)
        self._exact: ExactText | None = None
        self._writer: FileWriter | ExactWriter = self._files
        if api.alters_text:
            if settings.shard_count > 1:
                raise UnusableSettingError(
                    f"SHARD_COUNT={settings.shard_count}: this server loses files that "
                    "several runs attach to one vector store; leave SHARD_COUNT unset"
                )
            self._exact = ExactText(api, store, self._provider)
            self._writer = ExactWriter(api, store, self._held, self._workers, self._exact)
        self._held.load(api.list_files(store))

    def close(self) -> None:
        """Begin no more requests: a batch in another thread ends after those in progress."""
        self._workers.close()

    # the whole store

    def tidy(self) -> None:
        """Remove what an interrupted run left half done.

        That is: files that the server could not process, older files of a chunk, and uploads for
        this store that it does not hold.
        """
        failed = self._held.take_failed()
        if failed and self._exact:  # they may have chunks
            self._exact.guard_last()
        for file_id in failed:
            self._api.remove(self._store, file_id)
        self._remove(self._held.list_superseded())
        self._sweep()

    def has_lost_vectors(self) -> bool:
        """Return whether the server has lost the store's vectors, so that inserts fail."""
        return has_lost_vectors(self._api, self._store, self._provider)

    def destroy(self) -> None:
        """Delete the store and everything of ours that was uploaded for it."""
        for file_id in [*(entry.file_id for entry in self._held), *self._held.take_failed()]:
            self._api.delete_upload(file_id)
        self._held.load([])
        self._sweep()
        self._api.delete_store(self._store)

    def _sweep(self) -> None:
        """Delete uploads for this store that it does not hold."""
        ending, now = to_file_name("", self._store), time.time()
        for row in list(self._api.list_uploads()):
            is_ours = str(row["filename"]).endswith(ending) and row["id"] not in self._held
            if is_ours and now - row["created_at"] >= self._youngest:
                log.debug("removing the upload %s, which no store holds", row["id"])
                self._api.delete_upload(row["id"])

    # read

    def list_stored(self) -> Iterator[StoredChunk]:
        """Yield every chunk of ours that the store holds."""
        for entry in self._held:
            if entry.chunk_id != FILLER.id:
                yield StoredChunk(entry.chunk_id, entry.page_id, entry.file_id)

    def load_new(self) -> dict[str, str]:
        """Read the list again; return what is new in it since it was read: chunk id → file id."""
        new = self._held.load(self._api.list_files(self._store))
        if new:
            self._held.mark_of_this_run(new.values())
            # The list has the order of the inserts: they do not overlap.
            self._last.note(list(new.values())[-1])
            self._remove_filler()
        return new

    def find(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Return which of these the store answers a search with: chunk id → file id."""
        found = find_files(self._api, self._store, chunks, self._workers)
        if not all(file_id in self._held for files in found.values() for file_id in files):
            self.load_new()  # an insert went through, although its answer was an error
        # What a search finds and no list has does not count: nothing could ever delete it.
        held = {
            chunk_id: [file_id for file_id in file_ids if file_id in self._held]
            for chunk_id, file_ids in found.items()
        }
        return {chunk_id: file_ids[0] for chunk_id, file_ids in held.items() if file_ids}

    def query(self, question: str, top_k: int) -> list[Hit]:
        """Return the best hits for a question, best first."""
        hits = search(self._api, self._store, question, top_k)
        return [hit for hit in hits if hit.chunk_id not in (FILLER.id, FILLER_ID)]

    # write

    def to_file(self, chunk: Chunk) -> NewFile:
        """Return a chunk as a file that the caller stores, see `FileWriter.to_file`."""
        return self._files.to_file(chunk)

    def put_all(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Store each chunk as a file, several at a time; chunk id → file id.

        Raises `InsertRejectedError` if nothing is stored (and nothing is left behind),
        `InsertUnclearError` if a part may be.
        """
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
        def remove(file_id: str) -> None:
            self._api.detach(self._store, file_id)
            self._held.remove(file_id)

        self._workers.run(remove, file_ids, self._api.changes_at_once)
        self._workers.run(self._api.delete_upload, file_ids)
