"""Which known pages are really gone: confirmed by id, with valid credentials, under a guard."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.fetch import Site
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.scope import Scope
from pipeline.run.stop import Stop
from pipeline.run.threads import call_interruptibly

GUARDED_FROM = 10  # known pages: with fewer, the delete guard never trips


class DeleteGuardError(Exception):
    """More would be deleted than MAX_DELETE_PERCENT allows; nothing was. Exit 6."""


class Deletions:
    """Confirms that pages missing from the listing are out of scope."""

    def __init__(
        self, site: Site, scope: Scope, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self._site, self._scope, self._collection = site, scope, collection
        self._report, self._stop = report, stop

    def confirm(self, missing: Sequence[str], max_percent: int) -> list[str]:
        """Return the ids to delete, sorted, of the known pages that are not listed.

        Raises `DeleteGuardError` if they are more than `max_percent` of the known pages.
        """
        if not missing:
            return []
        known = self._collection.ledger.pages()
        skipped = self._scope.restricted
        asked = [page_id for page_id in missing if page_id not in skipped]
        gone = self._list_gone(asked)
        for page_id in asked:
            if page_id not in gone:
                self._report.warn(
                    f"page {page_id} {known[page_id].title!r} is missing from the listing, but "
                    "still exists: kept"
                )
        gone |= skipped & set(missing)
        if len(known) >= GUARDED_FROM and 100 * len(gone) > max_percent * len(known):
            raise DeleteGuardError(
                f"{len(gone)} of {len(known)} known pages would be deleted, more than "
                f"MAX_DELETE_PERCENT={max_percent}: nothing was deleted. If that is correct, run "
                "once with MAX_DELETE_PERCENT=100"
            )
        return sorted(gone)

    def _list_gone(self, page_ids: Sequence[str]) -> set[str]:
        def ask() -> set[str]:
            self._site.check_credentials()  # with a revoked token every page looks gone
            return self._site.list_gone(page_ids, self._scope.spaces)

        return call_interruptibly(ask, self._stop)
