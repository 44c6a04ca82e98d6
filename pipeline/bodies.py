"""Bodies and their Markdown: what Confluence rendered or, where it could not, the source."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from pipeline import markdown as markdown_stage
from pipeline.fetch import PageError, Site
from pipeline.records import Markdown, Outcome, Page, PageRef


class Bodies:
    """Any thread may fetch; a page is converted once, by the thread that it was handed to."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sources: dict[str, Future[Page]] = {}  # fetched along with their page

    def fetch(self, refs: Sequence[PageRef]) -> list[Page | Outcome]:
        """As `Site.get_pages`. Sources come along here, where they hold up no other page."""
        pages = self._site.get_pages(refs)
        for page in pages:
            if isinstance(page, Page) and markdown_stage.may_need_source(page):
                source: Future[Page] = Future()
                try:
                    source.set_result(self._site.get_page(page.ref, "storage"))
                except PageError as error:
                    source.set_exception(error)  # raised if it turns out to be needed
                self._sources[page.ref.id] = source
        return pages

    def to_markdown(self, page: Page) -> Markdown:
        """The page's Markdown. Raises `PageError` where the source is needed and not to be had."""
        source = self._sources.pop(page.ref.id, None)
        markdown = markdown_stage.to_markdown(page)
        if not markdown.render_failed:
            return markdown
        stored = source.result() if source else self._site.get_page(page.ref, "storage")
        return markdown_stage.to_markdown(replace(page, html=stored.html, body_format="storage"))
