"""Which listed pages are ingested for the first time: all but what the first run left out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Set
from datetime import datetime, timedelta

from pipeline.records import PageRef
from pipeline.settings import Settings
from pipeline.state import Ledger, Listing

log = logging.getLogger(__name__)
SKEW = timedelta(hours=1)  # between Confluence's own clocks


class Admission:
    """Decides about pages that the collection does not hold yet; held pages are always kept.

    The date decides in the first run only. What that leaves out is remembered until it is edited
    or disappears from a complete listing. Any other unknown page is ingested however old it is:
    restoring, moving, labelling or showing a page does not change its date.
    """

    def __init__(self, settings: Settings, ledger: Ledger, began: datetime) -> None:
        """`began` is when the run began, by the clock that dates the pages."""
        # A fresh store (rotation) is always built in full.
        is_limited = settings.since_hours and settings.update_strategy != "rotate"
        self._left_out: Mapping[str, str] | None = {}
        if is_limited:
            self._left_out = ledger.left_out()  # None: this is the first run
        self._never_listed = ledger.never_listed() if is_limited else frozenset[str]()
        self._oldest, self._restricted = "", frozenset[str]()
        if self._left_out is None or self._never_listed:
            self._oldest = _to_oldest(settings.since_hours, ledger, began)
            # Earlier releases listed the pages that RESTRICTED_PAGES=skip kept out.
            self._restricted = frozenset(ledger.get_about("restricted").split())

    def admits(self, ref: PageRef) -> bool:
        """Return whether a page that the collection does not hold is ingested."""
        if self._left_out is None or ref.space in self._never_listed:
            is_recent = not ref.modified or ref.modified >= self._oldest
            return is_recent or ref.id in self._restricted
        return self._left_out.get(ref.id) != ref.modified


def remember_listing(
    ledger: Ledger, listing: Listing, left_out: Iterable[PageRef], unlisted: Set[str] | None
) -> None:
    """Record which pages of a listing were not admitted, and in which space each page is.

    `unlisted` has the keys of the spaces whose listing is not complete; None in a scope of one
    space, which is listed or ends the run.
    """
    with ledger.together():
        ledger.leave_out(((ref.id, ref.modified) for ref in left_out), unlisted or frozenset())
        if unlisted is None:
            ledger.last_listing.forget_spaces()
        else:
            ledger.last_listing.remember_spaces(listing.space_of_pages())


def _to_oldest(since_hours: float, ledger: Ledger, began: datetime) -> str:
    """Return the time from which the first run ingests pages, ISO 8601 in UTC."""
    oldest = began - timedelta(hours=since_hours)
    # Earlier releases remembered only when the last complete run began: its window decides once.
    if last := ledger.get_about("complete_run_began"):
        oldest = min(oldest, datetime.fromisoformat(last) - SKEW)
    if wanted := ledger.get_about("wanted_since"):  # see `StoreMemory`
        oldest = min(oldest, datetime.fromisoformat(wanted))
    log.info(
        "no listing of an earlier run is remembered: ingesting pages modified since %s "
        "(SINCE_HOURS=%g); SINCE_HOURS=0 ingests all",
        f"{oldest:%Y-%m-%d %H:%M} UTC",
        since_hours,
    )
    return oldest.strftime("%Y-%m-%dT%H:%M:%S")
