"""What the log shows at the end of a run: query results and stale chunks."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.records import Hit, StoredChunk

_PAGES_NAMED = 1_000
log = logging.getLogger(__name__)


def show_hits(query: str, hits: Sequence[Hit]) -> None:
    """Log the best results of a query: title, section and link."""
    log.info("query: %s", query)
    if not hits:
        log.info("no results")
    for place, hit in enumerate(hits, 1):
        shown = {name: str(hit.metadata.get(name, "")) for name in ("title", "section", "url")}
        where = " > ".join(part for part in (shown["title"], shown["section"]) if part)
        fields = {"place": place, "score": hit.score, **shown}
        log.info("%d. %s  %s", place, where, shown["url"], extra={"fields": fields})


def show_stale(stale: Iterable[StoredChunk], chunks: int, pages: int) -> None:
    """Log which pages have chunks in the store that are out of date, a line for each of a few.

    `chunks` and `pages` count all; `stale` may have only the first.
    """
    by_page = Counter(chunk.page_id for chunk in stale)
    for page_id, number in sorted(by_page.items())[:_PAGES_NAMED]:
        log.info("page %s: %d stale chunks remain in the store", page_id, number)
    if pages > _PAGES_NAMED:
        log.info("%d stale chunks of %d pages remain in the store", chunks, pages)
