"""Which listed pages are ingested for the first time: all but what the first run left out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pipeline.records import PageRef
from pipeline.settings import Settings
from pipeline.state import Ledger

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
        self._oldest, self._restricted = "", frozenset[str]()
        if self._left_out is None:
            self._oldest = _to_oldest(settings.since_hours, ledger, began)
            # Earlier releases listed the pages that RESTRICTED_PAGES=skip kept out.
            self._restricted = frozenset(ledger.get_about("restricted").split())

    def admits(self, ref: PageRef) -> bool:
        """Return whether a page that the collection does not hold is ingested."""
        if self._left_out is None:
            is_recent = not ref.modified or ref.modified >= self._oldest
            return is_recent or ref.id in self._restricted
        return self._left_out.get(ref.id) != ref.modified


def remember_listing(ledger: Ledger, left_out: Iterable[PageRef]) -> None:
    """Record that a listing was complete, and which of its pages were not admitted."""
    ledger.leave_out((ref.id, ref.modified) for ref in left_out)


def _to_oldest(since_hours: float, ledger: Ledger, began: datetime) -> str:
    """Return the time from which the first run ingests pages, ISO 8601 in UTC."""
    oldest = began - timedelta(hours=since_hours)
    # Earlier releases remembered only when the last complete run began: its window decides once.
    if last := ledger.get_about("complete_run_began"):
        oldest = min(oldest, datetime.fromisoformat(last) - SKEW)
    log.info(
        "no listing of an earlier run is remembered: ingesting pages modified since %s "
        "(SINCE_HOURS=%g); SINCE_HOURS=0 ingests all",
        f"{oldest:%Y-%m-%d %H:%M} UTC",
        since_hours,
    )
    return oldest.strftime("%Y-%m-%dT%H:%M:%S")
