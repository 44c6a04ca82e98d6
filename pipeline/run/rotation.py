"""Rotation: a fresh store is built in full beside the active one, and then takes its place."""

from __future__ import annotations

import logging

from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.plan import keep_limit
from pipeline.state import Ledger, open_memory_ledger
from pipeline.upsert import Rotating, VectorApiError

log = logging.getLogger(__name__)


class Rotation:
    """The fresh store of a collection; while it is built, the collection's ledger is its own."""

    def __init__(self, collection: Collection, report: Report) -> None:
        self._collection, self._report = collection, report
        self._kept_ledger: Ledger | None = None  # that of the active store

    @property
    def is_active(self) -> bool:
        """Whether a fresh store is being built."""
        return self._kept_ledger is not None

    def begin(self) -> None:
        """Write everything from now on into a fresh store; the old one stays active meanwhile."""
        collection, sink = self._collection, self._collection.sink
        if not isinstance(sink, Rotating):
            raise VectorApiError(
                f"UPDATE_STRATEGY=rotate is for stores that cannot delete; {sink.variant} "
                "replaces and deletes in place: use UPDATE_STRATEGY=upsert"
            )
        self._kept_ledger, collection.ledger = collection.ledger, open_memory_ledger()
        collection.look_first = False
        keep_limit(self._kept_ledger, collection.ledger)
        log.info("rotation: building %s", sink.make_fresh())

    def publish(self) -> None:
        """Make the fresh store the active one, then remove the older ones."""
        collection, sink = self._collection, self._collection.sink
        if self._kept_ledger is None or not isinstance(sink, Rotating):
            return
        collection.claim_fresh(sink.identifier)
        collection.ledger.copy_to(self._kept_ledger)
        collection.ledger, self._kept_ledger = self._kept_ledger, None
        collection.keep(sink.identifier)
        log.info("rotation: %s is active from now on", sink.identifier)
        for older in sink.older_stores():
            sink.delete_store(older)
            log.info("rotation: removed the older store %s", older)

    def abandon(self) -> None:
        """Remove the unfinished fresh store; the previous one stays active."""
        collection, sink = self._collection, self._collection.sink
        if self._kept_ledger is None or not isinstance(sink, Rotating):
            return
        collection.ledger, self._kept_ledger = self._kept_ledger, None
        sink.delete_store(sink.identifier)
        self._report.warn("rotation aborted; the previous store stays active")
