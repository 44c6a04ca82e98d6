"""The writer: batches of new chunks to the sink, in a thread beside fetching and converting.

Where the server accepts inserts side by side, two are on their way while the next pages are
compared with what is held. For each page the order is fixed: mark it as unfinished, insert what is
new, delete what is old, record. The ledger knows of a chunk before it is sent or deleted, so a
crash leaves nothing that the next run cannot look up.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from queue import Empty, Full, Queue

from pipeline.chunk import halve
from pipeline.http import RetryPolicy, in_background
from pipeline.records import Chunk, Page, PageFailure
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.stop import Stop
from pipeline.run.write.look_ups import LookUps
from pipeline.run.write.old_chunks import OldChunks
from pipeline.run.write.page_update import PageUpdate, compare
from pipeline.run.write.sample import Sample
from pipeline.state import Dependent, Dependents
from pipeline.upsert import (
    Inserted,
    InsertHealth,
    InsertRejectedError,
    InsertUnclearError,
    VectorApiError,
    insert_all,
)

log = logging.getLogger(__name__)
PAGES_AHEAD = 32  # in the queue
SECONDS_TO_FINISH = 20.0  # for the request in progress, well within a pod's grace period
# A page, its digest, its chunks, what its text depends on
_Work = tuple[Page, str, Sequence[Chunk], Dependent | None]


class Writer:
    """Takes pages with their chunks; makes the collection hold exactly these."""

    def __init__(
        self,
        collection: Collection,
        report: Report,
        batch_size: int,
        stop: Stop,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._sink, self._ledger = collection.sink, collection.ledger
        self._look_ups = LookUps(collection)
        self._old = OldChunks(collection.sink, collection.ledger, report)
        self._report, self._batch_size, self._stop = report, batch_size, stop
        self._retry = retry
        self._queue: Queue[_Work | None] = Queue(PAGES_AHEAD)  # None: finish
        self.error: BaseException | None = None  # what ended the thread, raised by every call
        self.sample = Sample()
        self._open: dict[str, PageUpdate] = {}  # by page id, until the page is complete
        self._buffer: list[Chunk] = []  # new chunks that are not sent yet
        self._in_flight: deque[tuple[list[Chunk], Future[Inserted]]] = deque()  # oldest first
        self._health = InsertHealth()
        self._halved = 0  # chunks that were too long for the server's model
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(
        self,
        page: Page,
        digest: str,
        chunks: Sequence[Chunk],
        dependent: Dependent | None = None,
    ) -> None:
        """Hand over a page; block while the sink is far behind. Raises what ended the writer."""
        without_bodies = replace(page, html="", storage=None, threads=())  # many pages wait here
        while not self._try_to_queue((without_bodies, digest, chunks, dependent)):
            pass

    def finish(self) -> None:
        """Wait until everything handed over is written. Raises what ended the writer."""
        while self._thread.is_alive() and not self._try_to_queue(None):
            pass
        while self._thread.is_alive():
            self._thread.join(0.2)
            self._stop.check()
        self._check()
        if self._halved:
            log.info("%d chunks were too long for the embedding model, and split", self._halved)

    def require_stored(self) -> None:
        """Raise `VectorApiError` if many chunks of several pages were sent and none is stored."""
        if self._health.has_stored_nothing:
            raise VectorApiError(f"{self._health.error}: no chunk of this run is stored")

    def abandon(self) -> None:
        """End early: finish the request in progress, drop the rest."""
        self.error = self.error or InterruptedError("the run has ended")
        self._thread.join(SECONDS_TO_FINISH)

    def delete_page(self, page_id: str) -> None:
        """Delete a page from the collection. Call it once the writer has finished."""
        self._old.delete_page(page_id)

    def _try_to_queue(self, work: _Work | None) -> bool:
        self._check()
        try:
            self._queue.put(work, timeout=0.2)
        except Full:
            return False
        return True

    def _check(self) -> None:
        self._stop.check()
        if self.error is not None:
            raise self.error

    # in the writer's thread

    def _work(self) -> None:
        try:
            self._take_pages()
        except BaseException as error:
            self.error = self.error or error
        while self._in_flight:  # however the run ended, inserts in progress end and are recorded
            try:
                self._settle_oldest()
            except BaseException as error:
                self.error = self.error or error

    def _take_pages(self) -> None:
        while self.error is None and self._stop.error is None:
            while self._in_flight and self._in_flight[0][1].done():
                self._settle_oldest()
            try:
                work = self._queue.get(timeout=0.2)
            except Empty:
                continue
            if work is None:
                self._send_the_rest()
                return
            with self._ledger.together():
                update = self._accept(*work)
            if not update.waiting:
                with self._ledger.together():
                    self._complete(update)
            while len(self._buffer) >= self._batch_size and self.error is None:
                self._send(self._buffer[: self._batch_size])

    def _send_the_rest(self) -> None:
        while self._buffer and self.error is None and self._stop.error is None:
            self._send(self._buffer[: self._batch_size])
            while self._in_flight and not self._buffer:  # parts of chunks that are too long
                self._settle_oldest()

    def _accept(
        self, page: Page, digest: str, chunks: Sequence[Chunk], dependent: Dependent | None
    ) -> PageUpdate:
        """Compare the page's chunks with those held; queue what is new."""
        page_id, can_delete = page.ref.id, self._sink.can_delete
        held, recorded = self._ledger.chunks(page_id), self._ledger.page(page_id)
        update = compare(page, digest, chunks, held, recorded, can_delete=can_delete)
        is_renamed = recorded is None or recorded.title != page.ref.title
        if update.is_emptied(chunks) and not is_renamed:
            self._report.warn(
                f"page {page_id} {page.ref.title!r}: version {page.ref.version} has no text any "
                "more: what the collection holds of it is deleted; if that is a mistake, restore "
                "an earlier version in Confluence"
            )
        update.dependent = dependent
        self._open[page_id] = update
        self._queue_new(update)
        if not update.waiting and update.old and can_delete:
            self._begin(update)
        return update

    def _begin(self, update: PageUpdate) -> None:
        """Mark a page as unfinished. Committed before the first request that changes the store."""
        ref, doubtful = update.page.ref, self._old.to_doubtful(update.old)
        self._ledger.begin_page(ref.id, ref.title, update.unfinished_metadata, doubtful)

    def _queue_new(self, update: PageUpdate) -> None:
        """Queue what is new of a page and not found in the store."""
        self._report.count_chunks("unchanged", update.unchanged)
        if found := self._look_ups.find(update):
            self._confirm(update.new, found)
            self._report.count_chunks("unchanged", len(found))
            update.confirm(found)
        self._buffer.extend(update.new)

    def _send(self, batch: list[Chunk]) -> None:
        while len(self._in_flight) >= self._sink.inserts_at_once:
            self._settle_oldest()
        batch = list(batch)
        self._buffer = self._buffer[len(batch) :]
        if not batch:
            return
        with self._ledger.together():
            for page_id in dict.fromkeys(chunk.page_id for chunk in batch):
                self._begin(self._open[page_id])
            self._ledger.expect(batch)
        insert = partial(
            insert_all, self._sink, batch, self._stop.waiting, self._retry, self._health
        )
        self._in_flight.append((batch, in_background(insert, "insert")))
        if self._sink.inserts_at_once == 1:  # no other call may run beside it
            self._settle_oldest()

    def _settle_oldest(self) -> None:
        """Wait for the oldest insert: the ledger is kept in order, whichever ends first."""
        batch, inserted = self._in_flight.popleft()
        done = inserted.result()
        with self._ledger.together():
            self._settle(batch, done)

    def _settle(self, batch: Sequence[Chunk], done: Inserted) -> None:
        """Record the result of a batch; complete the pages that wait for nothing more."""
        self._confirm(batch, done.handles)
        refused = done.failed | done.too_long
        self._ledger.unsend(chunk for chunk in batch if chunk.id in refused)
        not_stored = refused | done.given_up
        for chunk in batch:
            update = self._open[chunk.page_id]
            if chunk.id in done.too_long and self._halve(update, chunk):
                continue
            if chunk.id in not_stored:
                update.error = update.error or not_stored[chunk.id]
                update.waiting.discard(chunk.id)
            elif chunk.id in done.handles:
                update.inserted += 1
                update.waiting.discard(chunk.id)
                self._report.count_chunks("inserted", 1, chunk.tokens)
                self.sample.add(chunk)
        for page_id in dict.fromkeys(chunk.page_id for chunk in batch):
            if not self._open[page_id].waiting:
                self._complete(self._open[page_id])

    def _halve(self, update: PageUpdate, chunk: Chunk) -> bool:
        """Queue the parts of a chunk that is too long; return whether it can be split."""
        parts = halve(chunk, update.chunk_ids)
        if not parts:
            return False
        log.debug(
            "chunk %s of %d tokens is refused: split in %d", chunk.id, chunk.tokens, len(parts)
        )
        page_id, can_delete = chunk.page_id, self._sink.can_delete
        held, recorded = self._ledger.chunks(page_id), self._ledger.page(page_id)
        compared = compare(update.page, update.digest, parts, held, recorded, can_delete=can_delete)
        self._queue_new(compared)
        update.replace(chunk, compared)
        self._halved += 1
        return True

    def _confirm(self, chunks: Sequence[Chunk], handles: Mapping[str, str]) -> None:
        self._ledger.confirm({chunk.id: chunk.page_id for chunk in chunks}, handles)

    def _complete(self, update: PageUpdate) -> None:
        """Delete what is old and record the page: everything new is stored, or failed."""
        ref = update.page.ref
        del self._open[ref.id]
        if update.error:
            self._report.fail(
                PageFailure(ref.id, ref.title, "upsert", update.error, ref.content_type)
            )
            return
        try:
            self._old.remove(update.old)
        except (InsertRejectedError, InsertUnclearError) as error:
            self._old.fail(PageFailure(ref.id, ref.title, "delete", str(error), ref.content_type))
            return
        self._ledger.record_page(ref.id, ref.title, update.digest, update.metadata_digest)
        if update.dependent:
            Dependents(self._ledger).record(update.dependent)
        self._report.count_page(update.outcome, ref.content_type)
