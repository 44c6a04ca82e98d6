"""The attachments and comments of the pages in scope, added to the listing of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import batched

from pipeline.fetch import ROWS_A_REQUEST, Site, to_reason_left_out
from pipeline.records import (
    ATTACHMENT,
    COMMENT,
    Attachment,
    CommentRef,
    ListedPage,
    PageFailure,
    PageRef,
)
from pipeline.report import Report
from pipeline.run.on_pages.rows import (
    COMMENTS,
    list_attachment,
    list_comments,
    to_commented,
    to_details,
)
from pipeline.run.stop import Stop
from pipeline.run.threads import read_in_turns
from pipeline.settings import Settings
from pipeline.state import ContentTypes, Ledger, ListedOnPages, Listing

_OWNERS_CACHED = 1_024  # the rows of one page follow each other, or nearly so


class OnPages:
    """Lists what is on pages. Nothing is concluded about a page that could not be listed.

    The lists look up pages in the scratch database, which no other thread may use meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        site: Site,
        listing: Listing,
        report: Report,
        stop: Stop,
        is_own: Callable[[str], bool],
    ) -> None:
        self._settings, self._site, self._listing = settings, site, listing
        self._report, self._stop, self._is_own = report, stop, is_own
        self._rows = ListedOnPages(listing.scratch)
        self._owner = lru_cache(_OWNERS_CACHED)(self._find_owner)

    def add(self, ledger: Ledger) -> None:
        """Add to the listing what CONTENT_TYPES names of the selected pages, which are complete.

        Comments that the ledger knows of a page without any are listed as empty, so that the
        page's own lists are asked.
        """
        types = self._settings.content_types
        if "attachments" in types:
            self._add_attachments(self._listing.owners())
        if "comments" in types:
            self._add_comments(self._listing.owners(), ContentTypes(ledger))

    def is_unlisted(self, owner: str, content_type: str) -> bool:
        """Return whether the attachments or comments of a page are not all listed."""
        return self._rows.is_incomplete(owner, content_type)

    def leaves_out(self, file_id: str) -> bool:
        """Return whether a file is listed, and not to be read."""
        return self._rows.leaves_out(file_id)

    def _add_attachments(self, owners: Mapping[str, str]) -> None:
        found = self._site.list_attachments(owners)
        for batch in read_in_turns(batched(found, ROWS_A_REQUEST), self._stop):
            files = [
                one for one in self._without_failures(batch, ATTACHMENT) if self._is_own(one.id)
            ]
            reasons = {one.id: to_reason_left_out(one, self._settings) for one in files}
            self._rows.leave_out((file_id, why) for file_id, why in reasons.items() if why)
            self._listing.add(self._to_rows(files, reasons), self._is_own)
        self._report.count_attachments_left_out(self._rows.count_left_out())

    def _to_rows(
        self, files: Iterable[Attachment], reasons: Mapping[str, str]
    ) -> Iterator[ListedPage]:
        for one in files:
            if not reasons[one.id] and (owner := self._owner(one.page_id)):
                yield list_attachment(one, owner)

    def _add_comments(self, owners: Mapping[str, str], types: ContentTypes) -> None:
        found = self._site.list_comments(owners)
        for batch in read_in_turns(batched(found, ROWS_A_REQUEST), self._stop):
            refs = self._without_failures(batch, COMMENT)
            self._rows.add_comments((ref.page_id, ref.id, to_details(ref)) for ref in refs)
        self._listing.add(self._to_commented_rows(self._rows.comments()), self._is_own)
        # Only once the lists are complete: should they fail, no open query locks the ledger.
        emptied = (
            (page_id, list[str]())
            for page_id in map(to_commented, types.list_ids(COMMENTS))
            if page_id in owners and not self._rows.has_comments(page_id)
        )
        self._listing.add(self._to_commented_rows(emptied), self._is_own)

    def _to_commented_rows(self, pages: Iterable[tuple[str, list[str]]]) -> Iterator[ListedPage]:
        for page_id, details in pages:
            is_listed = not self._rows.is_incomplete(page_id, COMMENT)
            if is_listed and (owner := self._owner(page_id)):
                yield list_comments(details, owner)

    def _without_failures[Row: (Attachment, CommentRef)](
        self, rows: Iterable[Row | PageFailure], content_type: str
    ) -> list[Row]:
        """Return the rows; report the pages that were not listed in full."""
        good: list[Row] = []
        for row in rows:
            if isinstance(row, PageFailure):
                self._fail(row, content_type)
            else:
                good.append(row)
        return good

    def _fail(self, failure: PageFailure, content_type: str) -> None:
        """Report a page once; what is known of its attachments or comments stays as it is."""
        if self._rows.add_incomplete(failure.page_id, content_type):
            owner = self._owner(failure.page_id)
            title = owner.title if owner else ""
            self._report.fail(replace(failure, title=title, content_type=content_type))

    def _find_owner(self, page_id: str) -> PageRef | None:
        return self._listing.get(page_id) if page_id in self._listing.owners() else None
