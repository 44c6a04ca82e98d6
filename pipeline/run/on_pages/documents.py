"""What a listing has, as it is read: pages with their bodies, comments as threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipeline.fetch import Site
from pipeline.markdown import convert_page
from pipeline.records import COMMENT, IncludedPage, Markdown, Page, PageFailure, PageRef
from pipeline.run.on_pages.convert import Check, FindNames, convert_comments
from pipeline.run.on_pages.rows import to_comments

IsOpen = Callable[[IncludedPage], bool] | None


class Documents:
    """Reads documents of any type. Safe to use from several threads."""

    def __init__(self, site: Site, find_names: FindNames) -> None:
        self._site, self._find_names = site, find_names

    def get_pages(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        """Return each document, or a PageFailure with the reason, in order.

        At most 25 of them are pages or blog posts. Raises `ConfluenceError` if the site or the
        account fails.
        """
        pages = [ref for ref in refs if not ref.owner]
        found = dict(zip(pages, self._site.get_pages(pages) if pages else (), strict=True))
        found |= self._read_comments([ref for ref in refs if ref.content_type == COMMENT])
        return [found[ref] for ref in refs]

    def to_markdown(self, page: Page, check: Check, is_open: IsOpen) -> Markdown:
        """Convert a document; `is_open` as of `convert_page`."""
        if page.ref.content_type == COMMENT:
            return convert_comments(page, self._find_names, check)
        return convert_page(page, check, is_open, self._find_names)

    def _read_comments(
        self, refs: Sequence[PageRef]
    ) -> Iterator[tuple[PageRef, Page | PageFailure]]:
        listed, by_page = {}, {}
        for ref in refs:
            page, comments = to_comments(ref)
            listed[page], by_page[page] = comments, ref
        for page, found in self._site.read_threads(listed) if listed else ():
            ref = by_page[page]
            if isinstance(found, PageFailure):
                yield ref, replace(found, page_id=ref.id, content_type=COMMENT)
            else:
                yield ref, Page(ref, self._site.to_url(page), "", threads=found)
