"""The writing end of a run: batches of new chunks to the sink, page by page into the ledger.

It works in a thread of its own, so that inserts overlap with fetching and converting; where the
server takes inserts side by side, the next one is on its way before the last is answered. Per page
the order is fixed: insert what is new, delete what is old, record. The ledger knows of a chunk
before it is sent, so a crash at any point leaves nothing that the next run cannot look up.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, Full, Queue

from pipeline.records import Chunk, Outcome, Page, StoredChunk
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.stop import Stop
from pipeline.run.threads import in_background
from pipeline.upsert import Inserted, InsertRejectedError, InsertUnclearError, insert_all

log = logging.getLogger(__name__)
PAGES_AHEAD = 32
SAMPLE = 20
SECONDS_TO_FINISH = 20.0  # for the request in hand, well within a pod's grace period


@dataclass(slots=True)
class _Work:
    """One page on its way: what it shall hold, what it held, what is not confirmed yet."""

    page: Page
    digest: str
    face: str
    old: list[StoredChunk]  # to go once all chunks are in
    again: list[StoredChunk]  # stale ones that are true again
    was_recorded: bool
    held_before: bool
    waiting: set[str]
    error: str = ""
    inserted: int = 0


class Writer:
    """Takes pages with their chunks; makes the collection hold exactly these."""

    def __init__(self, collection: Collection, report: Report, batch_size: int, stop: Stop) -> None:
        self._sink, self._ledger = collection.sink, collection.ledger
        self._look_first = collection.look_first and not collection.is_rotating
        self._report, self._batch_size, self._stop = report, batch_size, stop
        self._queue: Queue[tuple[Page, str, Sequence[Chunk]] | None] = Queue(PAGES_AHEAD)
        self.error: BaseException | None = None  # what ended it, raised by every call
        self._open: dict[str, _Work] = {}
        self._buffer: list[Chunk] = []
        self._in_flight: deque[tuple[list[Chunk], Future[Inserted]]] = deque()  # oldest first
        self._random = random.Random(0)  # noqa: S311 - a sample to check, not a secret
        self._seen = 0
        self.sample: list[Chunk] = []
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(self, page: Page, digest: str, chunks: Sequence[Chunk]) -> None:
        """Hand over a page; waits when the sink is far behind. Raises what ended the writer."""
        while True:
            self._check()
            try:
                return self._queue.put((page, digest, chunks), timeout=0.2)
            except Full:
                continue

    def finish(self) -> None:
        """Wait until everything handed over is in. Raises what ended the writer."""
        while self._thread.is_alive():
            self._check()
            try:
                self._queue.put(None, timeout=0.2)
                break
            except Full:
                continue
        while self._thread.is_alive():
            self._thread.join(0.2)
            self._stop.check()
        self._check()

    def abandon(self) -> None:
        """The run ends early: let the request in hand end, drop the rest."""
        self.error = self.error or InterruptedError("the run has ended")
        self._thread.join(SECONDS_TO_FINISH)

    def _check(self) -> None:
        self._stop.check()
        if self.error is not None:
            raise self.error

    def _work(self) -> None:
        try:
            self._take_pages()
        except BaseException as error:
            self.error = self.error or error
        while self._in_flight:  # whatever ended the run, what is in hand ends and is recorded
            try:
                self._settle_oldest()
            except BaseException as error:
                self.error = self.error or error

    def _take_pages(self) -> None:
        while self.error is None and not self._stop.event.is_set():
            while self._in_flight and self._in_flight[0][1].done():
                self._settle_oldest()
            try:
                given = self._queue.get(timeout=0.2)
            except Empty:
                continue
            if given is None:
                self._send(self._buffer)
                return
            with self._ledger.together():  # a crash in between is only work done again
                self._accept(*given)
            while len(self._buffer) >= self._batch_size and self.error is None:
                self._send(self._buffer[: self._batch_size])

    def _accept(self, page: Page, digest: str, chunks: Sequence[Chunk]) -> None:
        """Compare the page's chunks with those it holds; queue what is new."""
        ref = page.ref
        held = self._ledger.chunks(ref.id)
        recorded = self._ledger.page(ref.id)
        face = to_face(page)
        # Metadata that readers filter by has changed: every chunk carries it, so all go again.
        renew = bool(self._sink.can_delete and recorded and recorded.face not in ("", face))
        wanted = {chunk.id for chunk in chunks}
        keep = {h.stored.id: h.stored for h in held if h.state != "sent" and h.stored.id in wanted}
        sent = {h.stored.id for h in held if h.state == "sent"}
        new = [chunk for chunk in chunks if renew or chunk.id not in keep]
        if renew:  # where an id is overwritten in place, the old entry goes by itself
            keep = {i: stored for i, stored in keep.items() if stored.handle in ("", i)}
        work = _Work(
            page, digest, face,
            old=[h.stored for h in held if h.state != "stale" and keep.get(h.stored.id) != h.stored
                 and not (h.state == "sent" and h.stored.id in wanted)],
            again=[h.stored for h in held if h.state == "stale" and h.stored.id in wanted],
            was_recorded=bool(recorded and recorded.digest),
            held_before=bool(held),
            waiting={chunk.id for chunk in new},
        )  # fmt: skip
        self._open[ref.id] = work
        self._report.count_chunks("unchanged", len(chunks) - len(new))
        unsure = [chunk for chunk in new if self._look_first or chunk.id in sent]
        if unsure:
            found = self._sink.find(unsure)
            self._confirm(unsure, found)
            self._report.count_chunks("unchanged", len(found))
            new = [chunk for chunk in new if chunk.id not in found]
            work.waiting -= found.keys()
        self._buffer.extend(new)
        if not work.waiting:
            self._complete(work)

    def _take_sample(self, chunk: Chunk) -> None:
        """Keep an even sample of what is written, however much that is."""
        self._seen += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(chunk)
        elif (place := self._random.randrange(self._seen)) < SAMPLE:
            self.sample[place] = chunk

    def _send(self, batch: list[Chunk]) -> None:
        batch = list(batch)
        self._buffer = self._buffer[len(batch) :]
        if not batch:
            return
        self._ledger.expect(batch)
        insert = partial(insert_all, self._sink, batch, self._stop.event)
        self._in_flight.append((batch, in_background(insert, "insert")))
        while len(self._in_flight) >= self._sink.inserts_at_once:
            self._settle_oldest()

    def _settle_oldest(self) -> None:
        """Wait for the oldest insert: the ledger goes in order, whichever is done first."""
        batch, inserted = self._in_flight.popleft()
        done = inserted.result()
        with self._ledger.together():
            self._settle(batch, done)

    def _settle(self, batch: Sequence[Chunk], done: Inserted) -> None:
        """Record what became of a batch; pages of which all is in are complete."""
        self._confirm(batch, done.handles)
        self._ledger.unsend(chunk for chunk in batch if chunk.id in done.failed)
        for chunk in batch:
            work = self._open[chunk.page_id]
            if chunk.id in done.failed:
                work.error = work.error or done.failed[chunk.id]
                work.waiting.discard(chunk.id)
            elif chunk.id in done.handles:
                work.inserted += 1
                work.waiting.discard(chunk.id)
                self._report.count_chunks("inserted", 1, chunk.tokens)
                self._take_sample(chunk)
        for page_id in dict.fromkeys(chunk.page_id for chunk in batch):
            if not self._open[page_id].waiting:
                self._complete(self._open[page_id])

    def _confirm(self, chunks: Sequence[Chunk], handles: Mapping[str, str]) -> None:
        self._ledger.confirm({chunk.id: chunk.page_id for chunk in chunks}, handles)

    def _complete(self, work: _Work) -> None:
        """Everything new of the page is in (or failed): delete the old, record."""
        ref = work.page.ref
        del self._open[ref.id]
        if work.error:
            self._report.fail(Outcome(ref.id, ref.title, "upsert", work.error))
            return
        self._ledger.mark(work.again, "stored")
        try:
            self._remove(work.old)
        except (InsertRejectedError, InsertUnclearError) as error:
            self._report.fail(Outcome(ref.id, ref.title, "delete", str(error)))
            return
        self._ledger.record_page(ref.id, ref.title, work.digest, work.face)
        if not work.held_before and not work.was_recorded:
            self._report.count_page("new")
        elif work.was_recorded or work.inserted or work.old:
            self._report.count_page("changed")
        else:
            self._report.count_page("unchanged")  # only the ledger did not know it any more

    def delete_page(self, page_id: str) -> None:
        """Take a page out of the collection; only once the writer has finished."""
        held = self._ledger.chunks(page_id)
        page = self._ledger.page(page_id)
        try:
            self._remove([chunk.stored for chunk in held if chunk.state != "stale"])
        except (InsertRejectedError, InsertUnclearError) as error:
            title = page.title if page else ""
            self._report.fail(Outcome(page_id, title, "delete", str(error)))
            return
        self._ledger.forget_page(page_id)
        if self._sink.can_delete and held:
            self._report.count_page("deleted")

    def _remove(self, stored: Sequence[StoredChunk]) -> None:
        """Delete chunks from the store; where it cannot, they are stale from now on."""
        if not stored:
            return
        if self._sink.can_delete:
            self._sink.delete(stored)
            self._ledger.forget(stored)
            self._report.count_chunks("deleted", len(stored))
        else:
            self._ledger.mark(stored, "stale")


def to_face(page: Page) -> str:
    """What the page puts into every chunk's metadata besides the text, as 16 hex digits."""
    facts = [page.ref.title, page.ref.space, page.url, page.labels]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
