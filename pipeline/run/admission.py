"""Which listed pages are ingested for the first time, and what the next run needs for that."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.records import PageRef
from pipeline.settings import Settings
from pipeline.state import Ledger

log = logging.getLogger(__name__)
SKEW = timedelta(hours=1)  # between Confluence's own clocks
_RESTRICTED, _COMPLETE_RUN_BEGAN = "restricted", "complete_run_began"


class Admission:
    """Decides about pages that the collection does not hold yet; held pages are always kept."""

    def __init__(self, settings: Settings, ledger: Ledger, began: datetime) -> None:
        """`began` is when the run began, by the clock that dates the pages."""
        self._ledger, self._began = ledger, began
        self._oldest = self._to_oldest(settings)
        self._skipped_before = set(ledger.get_about(_RESTRICTED).split())

    def admits(self, ref: PageRef) -> bool:
        """Return whether an unknown page is ingested: it is recent, or was restricted until now.

        Lifting a restriction does not change a page's modification time.
        """
        is_recent = not ref.modified or ref.modified >= self._oldest
        return is_recent or ref.id in self._skipped_before

    def remember_skipped(self, page_ids: Iterable[str]) -> None:
        """Add restricted pages to those that are ingested once their restriction is lifted."""
        self._save_skipped({*page_ids, *self._skipped_before})

    def remember_complete_run(self, skipped: Iterable[str]) -> None:
        """Start the next run's window at this run; `skipped` are the pages restricted now."""
        self._ledger.set_about(**{_COMPLETE_RUN_BEGAN: self._began.isoformat()})
        self._save_skipped(skipped)

    def _save_skipped(self, page_ids: Iterable[str]) -> None:
        self._ledger.set_about(**{_RESTRICTED: " ".join(sorted(page_ids))})

    def _to_oldest(self, settings: Settings) -> str:
        """Return the time from which unknown pages are ingested, ISO 8601 in UTC; "": any time.

        A fresh store (rotation) is always built in full.
        """
        if not settings.since_hours or settings.update_strategy == "rotate":
            return ""
        oldest = self._began - timedelta(hours=settings.since_hours)
        if last := self._ledger.get_about(_COMPLETE_RUN_BEGAN):
            oldest = min(oldest, datetime.fromisoformat(last) - SKEW)
        else:
            log.info(
                "no earlier complete run: ingesting pages modified within the last %g hours; "
                "SINCE_HOURS=0 ingests all",
                settings.since_hours,
            )
        return oldest.strftime("%Y-%m-%dT%H:%M:%S")
