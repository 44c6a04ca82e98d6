"""Which known pages are really gone: confirmed by id, with valid credentials, under a guard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import batched, count

from pipeline.fetch import ROWS_A_REQUEST, Site
from pipeline.records import PAGE
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.on_pages import find_owners, list_gone_on_pages, to_type
from pipeline.run.plan import Plan
from pipeline.run.scope import Scope
from pipeline.run.stop import Stop
from pipeline.run.threads import call_interruptibly
from pipeline.state import ContentTypes, Ledger, Part, Selection

_KEPT_NAMED = 100  # a warning each
GUARDED_FROM = 10  # known pages: with fewer, the delete guard never trips


class DeleteGuardError(Exception):
    """More would be deleted than MAX_DELETE_PERCENT allows; nothing was. Exit 6."""


def check_guard(gone: Iterable[str], ledger: Ledger, max_percent: int) -> None:
    """Raise `DeleteGuardError` if so many of the known pages must not leave the collection.

    Only those count of which the store may hold text: of what was admitted by a run that was
    killed, nothing is deleted, nor of a page's comments where none is open.
    """
    known, deleted = ledger.count_held(), sum(ledger.may_hold(page_id) for page_id in gone)
    if known >= GUARDED_FROM and 100 * deleted > max_percent * known:
        raise DeleteGuardError(
            f"{deleted} of {known} known pages would be deleted, more than "
            f"MAX_DELETE_PERCENT={max_percent}: nothing was deleted. If that is correct, run "
            "once with MAX_DELETE_PERCENT=100"
        )


class Deletions:
    """Confirms that pages missing from the listing are out of scope."""

    def __init__(
        self, site: Site, scope: Scope, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self._site, self._scope, self._collection = site, scope, collection
        self._report, self._stop = report, stop
        self._kept = 0  # pages that are missing from the listing, but not gone

    def confirm(self, plan: Plan, max_percent: int) -> Selection[str]:
        """Return the ids to delete, by id, of the known pages that are not listed.

        Raises `DeleteGuardError` if they are more than `max_percent` of the known pages.
        """
        planned = plan.planned
        gone, numbers = planned.ids(Part.GONE), count(len(planned.ids(Part.GONE)))
        for batch in batched(planned.ids(Part.MISSING), ROWS_A_REQUEST):
            found = self.list_gone(batch)
            self._warn_of_kept(page_id for page_id in batch if page_id not in found)
            planned.add((Part.GONE, next(numbers), page_id) for page_id in sorted(found))
        if self._kept > _KEPT_NAMED:
            self._report.warn(
                f"{self._kept} pages are missing from the listing, but still exist: kept"
            )
        check_guard(gone, self._collection.ledger, max_percent)
        return gone

    def list_gone(self, page_ids: Sequence[str]) -> set[str]:
        """Return which of these pages, at most 250, are gone, out of scope or skipped.

        Nothing is asked about pages of a space that could not be listed.
        """
        on_pages = [page_id for page_id in page_ids if to_type(page_id) != PAGE]
        pages = [page_id for page_id in page_ids if to_type(page_id) == PAGE]
        hidden = self._list_hidden(pages) if self._scope.hides_pages else set[str]()
        gone = hidden | self._list_gone_pages([one for one in pages if one not in hidden])
        return gone | self._list_gone_on_pages(on_pages) if on_pages else gone

    def _list_gone_pages(self, page_ids: Sequence[str]) -> set[str]:
        skipped = {page_id for page_id in page_ids if self._scope.listing.skips(page_id)}
        asked = [
            page_id
            for page_id in page_ids
            if page_id not in skipped and self._scope.may_be_gone(page_id)
        ]
        return skipped | self._ask(asked) if asked else skipped

    def _list_hidden(self, page_ids: Sequence[str]) -> set[str]:
        """Return which are pages by the listing or the ledger, where pages are not ingested."""
        known, listing = ContentTypes(self._collection.ledger).known(page_ids), self._scope.listing
        types = {one: listing.type_of(one) or known.get(one) for one in page_ids}
        return {page_id for page_id, content_type in types.items() if content_type == PAGE}

    def _list_gone_on_pages(self, ids: Sequence[str]) -> set[str]:
        scope, owner_of = self._scope, find_owners(ContentTypes(self._collection.ledger), ids)
        left_out = {one for one in ids if scope.on_pages.leaves_out(one)}
        asked = [one for one in ids if one not in left_out and scope.may_be_gone(one)]

        def ask() -> set[str]:
            self._site.check_credentials()
            return list_gone_on_pages(
                self._site, scope.types, scope.listing, owner_of, asked, self._list_gone_pages
            )

        return left_out | call_interruptibly(ask, self._stop) if asked else left_out

    def _warn_of_kept(self, page_ids: Iterable[str]) -> None:
        for page_id in filter(self._scope.may_be_gone, page_ids):
            self._kept += 1
            page = self._collection.ledger.page(page_id)
            if page and self._kept <= _KEPT_NAMED:
                self._report.warn(
                    f"{to_type(page_id)} {page_id} {page.title!r} is missing from the listing, but "
                    "still exists: kept"
                )

    def _ask(self, page_ids: Sequence[str]) -> set[str]:
        types = ContentTypes(self._collection.ledger).known(page_ids)

        def ask() -> set[str]:
            self._site.check_credentials()  # with a revoked token every page looks gone
            return self._site.list_gone(page_ids, self._scope.spaces, types)

        return call_interruptibly(ask, self._stop)
