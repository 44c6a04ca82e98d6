"""Which unchanged pages are fetched again, because what they show of others has changed."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from pipeline.records import Dependencies, IncludedPage, Page, PageRef
from pipeline.state import (
    UNCERTAIN,
    Dependent,
    Dependents,
    Include,
    Ledger,
    ListedTitles,
    Listing,
    fold_names,
)

log = logging.getLogger(__name__)
# Of REFRESH_HOURS: a run that begins a little earlier in the day than the last one is in time.
_DUE_SHARE = 0.95


class DependentPages:
    """The pages of one run whose text depends on others, or changes by itself."""

    def __init__(self, refresh_hours: float) -> None:
        self._refresh_hours = refresh_hours
        self._began = datetime.now(UTC)
        self._fetched: str  # once the listing is complete, and
        self._listed: ListedTitles
        self._noted: dict[str, Dependent] = {}  # by page id, until the page is written

    def make_pending(
        self,
        ledger: Ledger,
        listed: Listing,
        changed: Iterable[PageRef],
        began: datetime,
        check: Callable[[], object] = lambda: None,
    ) -> bool:
        """Let pages be fetched again whose text may be out of date; return whether there are any.

        `listed` is complete; `changed` are the pages in it that are fetched again anyway. `began`:
        when the run began, by the site's clock. The pages are pending before anything is written: a
        failure or a kill loses none of them. `check` is called for every include, and may
        raise.
        """
        self._began, self._listed = began, ListedTitles(listed)
        self._fetched = began.isoformat(timespec="seconds")
        dependents = Dependents(ledger)
        with ledger.together():
            dependents.forget_deleted()
            outdated = self._list_outdated(dependents, ledger, changed, check)
            dependents.make_pending(outdated)
        if outdated:
            log.info(
                "%d pages are fetched again: what they show of other pages or of Jira may have "
                "changed",
                len(outdated),
            )
        return bool(outdated)

    def note(self, page: Page, found: Dependencies, is_uncertain: bool) -> None:
        """Note what a converted page depends on, until `take` is called.

        `is_uncertain`: the page was fetched while the listing continued, and what it shows of
        others may be older than their rows; or text was left out that may have been open. The next
        run fetches it again.
        """
        includes = (
            self._to_include(included, page.ref, is_uncertain) for included in found.included
        )
        self._noted[page.ref.id] = Dependent(
            page.ref.id, self._fetched, found.is_dynamic, tuple(includes)
        )

    def take(self, page_id: str) -> Dependent | None:
        """Return what was noted of a page, once."""
        return self._noted.pop(page_id, None)

    def _to_include(self, included: IncludedPage, ref: PageRef, is_uncertain: bool) -> Include:
        page = fold_names(included, ref.space)
        listed = self._listed.find(page)
        return Include(page, UNCERTAIN if is_uncertain else listed.version if listed else "")

    def _list_outdated(
        self,
        dependents: Dependents,
        ledger: Ledger,
        changed: Iterable[PageRef],
        check: Callable[[], object],
    ) -> set[str]:
        """Return the ids of pages to fetch again: for their own reasons, and those around them."""
        outdated, unnoticed = set[str](), set[str]()
        including = defaultdict[str, set[str]](set)  # page id → the pages that include it
        for page_id, include in dependents.list_includes():
            check()
            listed = self._listed.find(include.page)
            if listed is None and self._listed.is_unlisted(include.page):
                continue  # a failure of its space is no change
            if include.seen != (listed.version if listed else ""):
                outdated.add(page_id)
            if listed is None or ledger.page(listed.id) is None:
                unnoticed.add(page_id)  # no listing shows its edits, or those of what it includes
            else:
                including[listed.id].add(page_id)
        for dependent in dependents.list_all():
            is_dynamic = dependent.is_dynamic or dependent.page_id in unnoticed
            if is_dynamic and self._is_due(dependent.fetched):
                outdated.add(dependent.page_id)
        # With a page that is fetched for any reason, as what it includes may be new. It may have
        # failed in the run in which those around it were fetched.
        for ref in changed if including else ():
            check()
            if ref.id in including:
                outdated.add(ref.id)
        return _with_including(outdated, including)

    def _is_due(self, fetched: str) -> bool:
        """Return whether a text is too old; one from the future is, as the clock was changed."""
        age = (self._began - datetime.fromisoformat(fetched)) / timedelta(hours=1)
        return self._refresh_hours > 0 and not 0 <= age < _DUE_SHARE * self._refresh_hours


def _with_including(page_ids: set[str], including: dict[str, set[str]]) -> set[str]:
    """Return the pages, those that include them, those that include these, and so on."""
    found, left = set(page_ids), list(page_ids)
    while left:
        for page_id in including.get(left.pop(), ()):
            if page_id not in found:
                found.add(page_id)
                left.append(page_id)
    return found
