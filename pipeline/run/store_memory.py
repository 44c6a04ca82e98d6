"""What runs with SINCE_HOURS leave with the store, for runs that have no ledger.

Without it, each run without a kept STATE_DIR would be a first run: a page that failed, or that was
written before a missed night, would be older than SINCE_HOURS one day, and never be ingested.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.run.admission import SKEW
from pipeline.run.collection import Collection
from pipeline.settings import Settings
from pipeline.upsert import Noting

_WANTED, _COMPLETE = "wanted_since", "was_complete"  # facts
_EVER = datetime.fromtimestamp(0, UTC)


class StoreMemory:
    """What a store keeps: whether a run was complete, and from which time pages are ingested."""

    def __init__(self, settings: Settings, collection: Collection) -> None:
        self._collection, self._since_hours = collection, settings.since_hours
        is_used = bool(settings.since_hours) and not settings.dry_run
        sink = collection.sink
        self._sink = sink if is_used and isinstance(sink, Noting) else None

    def begin(self, began: datetime) -> None:
        """Hand what earlier runs have left to a ledger without a listing.

        For a store without facts, leave the time of this run: it may end before it is complete.
        """
        if self._sink is None:
            return
        facts, ledger = self._sink.read_facts(), self._collection.ledger
        is_first = not ledger.get_about("has_listed")
        if is_first and _WANTED in facts:
            ledger.set_about(wanted_since=facts[_WANTED])
        if is_first and _COMPLETE in facts and ledger.holds_files() is None:
            ledger.leave_out(())  # the store was emptied: the date has decided before
        if _WANTED not in facts:
            oldest = began - timedelta(hours=self._since_hours) if is_first else _EVER
            self._sink.leave_facts({_WANTED: oldest.isoformat()})

    def record_complete_run(self, began: datetime) -> None:
        """Leave with the store that it has everything of the time before this run began."""
        if self._sink is not None:
            self._sink.leave_facts({_WANTED: (began - SKEW).isoformat(), _COMPLETE: "yes"})
