"""Bodies and their Markdown: fetched ahead, also while the listing still goes on.

The Markdown is of what Confluence rendered or, where it could not, of the source.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from pipeline import markdown as markdown_stage
from pipeline.fetch import PageError, Site
from pipeline.records import Markdown, Outcome, Page, PageRef
from pipeline.run.threads import in_background

PAGES_A_REQUEST = 25


class Bodies:
    """At most `workers` requests at once, the listing's included.

    Any thread may fetch; a page is converted once, by the thread that it was handed to.
    """

    def __init__(self, site: Site, workers: int) -> None:
        self._site = site
        self._sources: dict[str, Page | PageError] = {}  # fetched along with their page
        self._ahead: dict[str, Future[list[Page | Outcome]]] = {}  # page → its batch
        self._batch: list[PageRef] = []
        self._batches_left = 2 * workers if workers > 1 else 0  # what is fetched ahead stays small
        self._all = threading.Semaphore(workers)
        self._beside_listing = threading.Semaphore(max(1, workers - 1))

    def foresee(self, ref: PageRef) -> None:
        """The listing goes on, and this page is certainly wanted: its body may come meanwhile."""
        if not self._batches_left or ref.id in self._ahead or ref in self._batch:
            return
        self._batch.append(ref)
        if len(self._batch) == PAGES_A_REQUEST:
            batch, self._batch = self._batch, []
            self._batches_left -= 1
            fetching = in_background(partial(self._fetch_ahead, batch), "fetch-ahead")
            self._ahead |= dict.fromkeys((one.id for one in batch), fetching)

    def _fetch_ahead(self, refs: Sequence[PageRef]) -> list[Page | Outcome]:
        with self._beside_listing:
            return self._fetch(refs)

    def fetch(self, refs: Sequence[PageRef]) -> list[Page | Outcome]:
        """As `Site.get_pages`. The listing must be complete."""
        ahead = {ref.id: self._ahead.pop(ref.id, None) for ref in refs}
        late = [ref for ref in refs if ahead[ref.id] is None]
        found = {to_id(one): one for one in self._fetch(late)} if late else {}
        for batch in dict.fromkeys(filter(None, ahead.values())):
            for one in batch.result():
                if ahead.get(to_id(one)) is batch:
                    found[to_id(one)] = one
        return [self._place(found[ref.id], ref) for ref in refs]

    def _place(self, page: Page | Outcome, ref: PageRef) -> Page | Outcome:
        return self._site.place(page, ref.ancestors) if isinstance(page, Page) else page

    def _fetch(self, refs: Sequence[PageRef]) -> list[Page | Outcome]:
        """Sources come along here, where they hold up no other page."""
        with self._all:
            pages = self._site.get_pages(refs)
            for page in pages:
                if isinstance(page, Page) and markdown_stage.may_need_source(page):
                    try:
                        self._sources[page.ref.id] = self._site.get_page(page.ref, "storage")
                    except PageError as error:
                        self._sources[page.ref.id] = error  # raised if it is needed
            return pages

    def to_markdown(self, page: Page) -> Markdown:
        """The page's Markdown. Raises `PageError` where the source is needed and not to be had."""
        source = self._sources.pop(page.ref.id, None)
        markdown = markdown_stage.to_markdown(page)
        if not markdown.render_failed:
            return markdown
        if source is None:  # what nobody could foresee
            with self._all:
                source = self._site.get_page(page.ref, "storage")
        if isinstance(source, PageError):
            raise source
        return markdown_stage.to_markdown(replace(page, html=source.html, body_format="storage"))


def to_id(one: Page | Outcome) -> str:
    return one.page_id if isinstance(one, Outcome) else one.ref.id
