"""Whether what a page includes of others may be stored, with RESTRICTED_PAGES=skip."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from pipeline.fetch import PageError, Site
from pipeline.markdown import find_dependencies
from pipeline.records import IncludedPage, PageRef
from pipeline.state import ListedTitles, Listing, fold_names

log = logging.getLogger(__name__)


class Inclusions:
    """Follows includes from page to page; the text of a page that is skipped may be in any."""

    def __init__(self, site: Site, listing: Listing) -> None:
        self._site, self._listing, self._titles = site, listing, ListedTitles(listing)
        self._included: dict[str, list[PageRef | None]] = {}  # of a page; None: not to be stored
        self._open: set[str] = set()  # pages that include no skipped page, however far away
        self._is_certain = listing.is_complete
        self.doubtful: set[str] = set()  # pages that may include what was not known to be open

    def is_open(self, page: PageRef, included: IncludedPage) -> bool:
        """Return whether a page that another one includes is listed and restricted by nothing.

        Neither may anything be that it includes itself. What is not listed may be restricted.
        """
        first = self._find(included, page.space)
        left, seen = [first], set[str]()
        while left:
            ref = left.pop()
            if ref is None:
                if not self._is_certain:
                    self.doubtful.add(page.id)
                return False
            if ref.id not in seen and ref.id not in self._open:
                seen.add(ref.id)
                left += self._list_included(ref)
        self._open |= seen
        return True

    def _find(self, included: IncludedPage, space: str) -> PageRef | None:
        """Return a listed page; None if it may be restricted, as what is not listed or skipped."""
        listed = self._titles.find(fold_names(included, space))
        return None if listed is None or listed.is_skipped else self._listing.get(listed.id)

    def _list_included(self, ref: PageRef) -> list[PageRef | None]:
        if ref.id not in self._included:
            self._included[ref.id] = list(self._ask_included(ref))
        return self._included[ref.id]

    def _ask_included(self, ref: PageRef) -> Iterator[PageRef | None]:
        try:
            storage = self._site.get_page(ref).storage
        except PageError as error:
            log.warning("page %s: what it includes is unknown: %s", ref.id, error)
            storage, self._is_certain = None, False
        if storage is None:
            yield None
            return
        found = find_dependencies(storage)
        if found.shows_unnamed:
            yield None
        for included in found.included:
            yield self._find(included, ref.space)
