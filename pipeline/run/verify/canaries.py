"""A few pages of earlier runs, looked up in every run: does the store still match the ledger?

Without changes, nothing else would show that a store was emptied on the server, or that it is dead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from pipeline.http import VECTOR_RETRY, RetryPolicy, Waiting
from pipeline.records import Chunk
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.state import choose_pages, doubt_pages, holds, renew_everything
from pipeline.upsert import Rotating, Sink, must_be_stored, to_document_id

log = logging.getLogger(__name__)
PAGES = 5  # at a time
TOP_KS = (10, 50)  # hits; no server returns fewer than 50
_TEXT = "Does this server show what it stores?"
PROBE = Chunk("conf-probe", "probe", _TEXT, 8, {"page_id": "probe"})


class Canaries:
    """Asks the store for pages by their titles, and judges the answers."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._sink: Sink = collection.sink
        self._is_alive = False  # the store has shown a chunk that the ledger knows

    def check(self, report: Report, waiting: Waiting, retry: RetryPolicy | None = None) -> None:
        """Let this run send again what the store has lost.

        A page may rank low among others of such a title, so one that is not found is only fetched
        again, and its chunks are looked up by their texts. Only where none is found, nor any other
        known chunk, and others after a while neither, the store counts as emptied.
        """
        missing = self._list_missing(choose_pages(self._collection.ledger, PAGES))
        pauses = (retry or VECTOR_RETRY).settling_seconds
        for seconds in pauses:
            if self._is_alive or not missing:
                break
            waiting.pause(seconds)  # its index may be at work
            others = choose_pages(self._collection.ledger, PAGES)
            missing = self._list_missing(dict([*missing, *others]).items())
        if missing and not self._is_alive and not self._shows_new_chunks(waiting, pauses):
            report.warn(
                f"the store shows none of {len(missing)} pages of earlier runs, but neither does a "
                "new store what is put into it: the index is behind, and nothing is concluded"
            )
        elif missing and not self._is_alive:
            self._refill(report, len(missing))
        elif not self._sink.can_list:  # a list is right about single pages
            self._doubt([page for page in missing if not self._reads_back(*page)])

    def _doubt(self, pages: Sequence[tuple[str, str]]) -> None:
        if pages:
            log.info("%d pages are not found by their titles: fetching them again", len(pages))
            doubt_pages(self._collection.ledger, [page_id for page_id, _ in pages])

    def _reads_back(self, page_id: str, title: str) -> bool:
        """Return whether the store shows a page among more hits.

        Only where nothing can be deleted: there, a page in doubt may be reason enough to build the
        whole store anew.
        """
        if not isinstance(self._sink, Rotating):
            return False
        chunks = self._collection.ledger.chunks(page_id)
        ids = {one.stored.id for one in chunks if one.was_confirmed}
        return bool(self._sink.read_back(self._sink.identifier, title, ids))

    def _list_missing(self, pages: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(page_id, title) for page_id, title in pages if not self._finds(page_id, title)]

    def _finds(self, page_id: str, title: str) -> bool:
        """Return whether the store answers a page's title with one of its chunks."""
        for top_k in TOP_KS:
            # Some servers fail on a question that equals a stored text.
            hits = self._sink.query(f"? {title}", top_k)
            known = {
                owner
                for hit in hits
                if (owner := to_document_id(hit.chunk_id, str(hit.metadata.get("page_id", ""))))
                and holds(self._collection.ledger, owner, hit.chunk_id)
            }
            self._is_alive = self._is_alive or bool(known)
            if page_id in known:
                return True
            if len(hits) < top_k:
                break
        return False

    def _shows_new_chunks(self, waiting: Waiting, pauses: Iterable[float]) -> bool:
        """Return whether a store made for this, and removed again, shows what is put into it.

        If not, an emptied store looks like an index that is being built. Where chunks
        are overwritten by id or listed, sending them again does no harm, and nothing is tried.
        """
        sink = self._sink
        if not isinstance(sink, Rotating):
            return True
        active = sink.identifier
        sink.make_fresh()
        try:
            with must_be_stored("the store shows no page of earlier runs, and a new one fails"):
                sink.insert([PROBE])
            for seconds in (0.0, *pauses):
                waiting.pause(seconds)
                if sink.find([PROBE]):
                    return True
            return False
        finally:
            sink.delete_store(sink.identifier)
            sink.look_up(active)

    def _refill(self, report: Report, looked_up: int) -> None:
        collection = self._collection
        found = f"the store {collection.ledger.get_about('identifier')} answers, but has none of "
        if self._sink.can_list:
            report.warn(f"{found}{looked_up} pages that its list shows: storing every page again")
            renew_everything(collection.ledger)
        else:
            report.warn(f"{found}{looked_up} pages that earlier runs stored: ingesting every page")
            collection.begin_refill()
