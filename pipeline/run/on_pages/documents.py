"""What a listing has, as it is read: bodies of pages, threads of comments, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipeline.fetch import PageError, Site
from pipeline.http import Waiting
from pipeline.markdown import convert_page
from pipeline.records import ATTACHMENT, COMMENT, IncludedPage, Markdown, Page, PageFailure, PageRef
from pipeline.run.on_pages.convert import Check, FindNames, convert_attachment, convert_comments
from pipeline.run.on_pages.folder import FilesFolder
from pipeline.run.on_pages.rows import to_attachment, to_comments

IsOpen = Callable[[IncludedPage], bool] | None


class Documents:
    """Reads documents of any type. Safe to use from several threads."""

    def __init__(self, site: Site, find_names: FindNames, waiting: Waiting) -> None:
        self._site, self._find_names, self._waiting = site, find_names, waiting
        self._folder = FilesFolder()

    def get_pages(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        """Return each document, or a PageFailure with the reason, in order.

        At most 25 of them are pages or blog posts. Raises `ConfluenceError` if the site or the
        account fails.
        """
        pages = [ref for ref in refs if not ref.owner]
        found = dict(zip(pages, self._site.get_pages(pages) if pages else (), strict=True))
        found |= self._read_comments([ref for ref in refs if ref.content_type == COMMENT])
        found |= {ref: self._save(ref) for ref in refs if ref.content_type == ATTACHMENT}
        return [found[ref] for ref in refs]

    def to_markdown(self, page: Page, check: Check, is_open: IsOpen) -> Markdown:
        """Convert a document; `is_open` as of `convert_page`."""
        if page.file:
            return convert_attachment(page, page.file, self._waiting)
        if page.ref.content_type == COMMENT:
            return convert_comments(page, self._find_names, check)
        return convert_page(page, check, is_open, self._find_names)

    def close(self) -> None:
        """Remove the files that were not converted."""
        self._folder.close()

    def _save(self, ref: PageRef) -> Page | PageFailure:
        attachment = to_attachment(ref)
        try:
            folder = self._folder.open()
        except OSError as error:
            reason = f"no folder for temporary files can be made: {error.strerror}"
            return PageFailure(ref.id, ref.title, "fetch", reason, ATTACHMENT)
        try:
            file = self._site.save_attachment(attachment, folder)
        except PageError as error:
            return PageFailure(ref.id, ref.title, "fetch", str(error), ATTACHMENT)
        return Page(ref, self._site.to_file_url(attachment), "", file=file)

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
