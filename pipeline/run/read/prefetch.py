"""Page bodies, fetched ahead of their conversion, and even while the listing continues."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from pipeline.fetch import PAGES_A_REQUEST
from pipeline.http import in_background
from pipeline.records import Page, PageFailure, PageRef
from pipeline.run.read.fetching import Fetch


class Prefetch:
    """Fetches bodies with at most `workers` requests at once, the listing's included.

    `fetch` is safe to use from several threads.
    """

    def __init__(self, get_pages: Fetch, workers: int) -> None:
        self._get_pages = get_pages
        self._ahead: dict[str, Future[list[Page | PageFailure]]] = {}  # page id → its batch
        self._early: set[str] = set()  # ids of the pages in `_ahead`, past ones too
        self._batch: list[PageRef] = []
        self._batches_left = 2 * workers if workers > 1 else 0  # bounds what is held in memory
        self._slots = threading.Semaphore(workers)
        self._slots_beside_listing = threading.Semaphore(max(1, workers - 1))

    def offer(self, ref: PageRef) -> None:
        """Queue a page so that its body is fetched while the listing continues."""
        if not self._batches_left or ref.id in self._ahead or ref in self._batch:
            return
        self._batch.append(ref)
        if len(self._batch) == PAGES_A_REQUEST:
            batch, self._batch = self._batch, []
            self._batches_left -= 1
            fetching = in_background(partial(self._fetch_ahead, batch), "fetch-ahead")
            self._ahead |= dict.fromkeys((queued.id for queued in batch), fetching)
            self._early |= {queued.id for queued in batch}

    def is_early(self, page_id: str) -> bool:
        """Return whether a page was fetched while the listing continued."""
        return page_id in self._early

    def fetch(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        """Return the pages as `Site.get_pages` does. Call it once the listing is complete."""
        ahead = {ref.id: self._ahead.pop(ref.id, None) for ref in refs}
        late = [ref for ref in refs if ahead[ref.id] is None]
        found = {_id_of(result): result for result in self._fetch(late)} if late else {}
        for batch in dict.fromkeys(filter(None, ahead.values())):
            for result in batch.result():
                if ahead.get(_id_of(result)) is batch:
                    found[_id_of(result)] = result
        return [_with_ancestors(found[ref.id], ref) for ref in refs]

    def _fetch_ahead(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        with self._slots_beside_listing:
            return self._fetch(refs)

    def _fetch(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        with self._slots:
            return self._get_pages(refs)


def _with_ancestors(result: Page | PageFailure, ref: PageRef) -> Page | PageFailure:
    """Add the ancestors, which are known only once the listing is complete."""
    if isinstance(result, PageFailure):
        return result
    return replace(result, ref=replace(result.ref, ancestors=ref.ancestors))


def _id_of(result: Page | PageFailure) -> str:
    return result.page_id if isinstance(result, PageFailure) else result.ref.id
