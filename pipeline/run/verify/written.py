"""Whether what a run wrote is really there: some servers answer 200 to inserts that they lose."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pipeline.http import VECTOR_RETRY, RetryPolicy, Waiting
from pipeline.records import Chunk, PageFailure, StoredChunk
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.state import ContentTypes

log = logging.getLogger(__name__)


class Verification:
    """Compares a collection with what this run has written."""

    def __init__(
        self,
        collection: Collection,
        report: Report,
        waiting: Waiting,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._collection, self._report, self._waiting = collection, report, waiting
        self._pauses = (retry or VECTOR_RETRY).settling_seconds

    def count(self) -> None:
        """Compare the number of chunks, where the store lists them."""
        for lost in self._collection.recount():
            self._report_lost(lost, "the store's list has lost it")

    def look_up(self, written: Sequence[Chunk]) -> None:
        """Look up chunks that the server has confirmed, again and again while its index lags."""
        missing = [chunk for chunk in written if not self._report.has_failed(chunk.page_id)]
        if not missing:
            return
        looked_up = len(missing)
        missing = self._list_missing(missing)
        for seconds in self._pauses:
            if not missing:
                break
            log.info("%d sampled chunks are not found: asking again", len(missing))
            self._waiting.pause(seconds)
            missing = self._list_missing(missing)
        log.info("verified: %d of %d sampled chunks found", looked_up - len(missing), looked_up)
        for chunk in missing:
            self._report_lost(chunk, "does not find it")
            if not self._collection.sink.can_list:  # an index that lags longer may have it yet
                self._collection.ledger.expect([chunk])

    def _list_missing(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        found = self._collection.look_up(chunks)
        return [chunk for chunk in chunks if chunk.id not in found]

    def _report_lost(self, chunk: Chunk | StoredChunk, how: str) -> None:
        """Let the next run send a chunk again that the server had confirmed."""
        ledger = self._collection.ledger
        page = ledger.page(chunk.page_id)
        ledger.mark_lost(chunk)
        error = f"the server confirmed chunk {chunk.id}, but {how}"
        title, content_type = page.title if page else "", ContentTypes(ledger).of(chunk.page_id)
        self._report.fail(PageFailure(chunk.page_id, title, "verify", error, content_type))
