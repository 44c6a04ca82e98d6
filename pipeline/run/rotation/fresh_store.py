"""The store that a rotation fills, with a ledger of its own: a file, so that it may take nights."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.plan import keep_limit
from pipeline.run.rotation.superseded import remove_superseded, supersede
from pipeline.state import Ledger, LedgerError, RotationLedger, open_rotation_ledger
from pipeline.upsert import Rotating, VectorApiError

log = logging.getLogger(__name__)
_FACTS = "rotation"  # in the ledger: what the store was begun with


class FreshStore:
    """While it is open, it is the collection's store, and its ledger the collection's ledger."""

    def __init__(self, collection: Collection, report: Report, state_dir: Path) -> None:
        self._collection, self._report = collection, report
        self._path = state_dir / "rotation.sqlite3"
        self._open: tuple[Ledger, str, RotationLedger] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a fresh store is being filled."""
        return self._open is not None

    @property
    def active_ledger(self) -> Ledger:
        """The ledger of the store that it will replace."""
        return self._opened[0]

    @property
    def active(self) -> str:
        """The identifier of that store."""
        return self._opened[1]

    @property
    def ledger(self) -> RotationLedger:
        """The ledger of the fresh store."""
        return self._opened[2]

    @property
    def sink(self) -> Rotating:
        """The collection's sink. Raises `VectorApiError` if it cannot rotate."""
        sink = self._collection.sink
        if not isinstance(sink, Rotating):
            raise VectorApiError(
                f"UPDATE_STRATEGY=rotate is for stores that cannot delete; {sink.variant} "
                "replaces and deletes in place: use UPDATE_STRATEGY=upsert"
            )
        return sink

    def open(self, facts: Mapping[str, str]) -> None:
        """Resume the store of an earlier run if `facts` are still the same, else make one.

        `facts` are those that all of a store's text depends on.
        """
        collection, active = self._collection, self.sink.identifier
        begun_with = self._to_text(facts)
        kept = self._load()
        if kept and self._is_usable(kept, begun_with, active):
            ledger = kept
            log.info("rotation: resuming %s", self.sink.identifier)
        else:
            identifier = self.sink.make_fresh()
            failed = kept.list_failed() if kept else []
            if kept:
                self._drop(kept, active)
            ledger = open_rotation_ledger(self._path)
            ledger.set_about(**{_FACTS: begun_with, "identifier": identifier})
            ledger.add_failed(failed)
            log.info("rotation: building %s", identifier)
        self._open = collection.ledger, active, ledger
        collection.ledger, collection.look_first = ledger, False
        ledger.inherit(self.active_ledger)
        keep_limit(self.active_ledger, ledger)
        self._remove_remains()

    def publish(self) -> None:
        """Make it the active store; the caller removes those that are recorded as superseded."""
        collection, sink, active, ledger = (
            self._collection,
            self.sink,
            self.active_ledger,
            self.ledger,
        )
        sink.mark_published()
        collection.claim_fresh(sink.identifier)
        supersede(ledger, sink.older_stores())
        ledger.copy_to(active)
        self._close()
        self._path.unlink()
        collection.keep(sink.identifier)
        log.info("rotation: %s is active from now on", sink.identifier)

    def pause(self, *, is_kept: bool = True) -> None:
        """Leave the previous store active; keep the fresh one for the next run, or remove it."""
        identifier = self.ledger.get_about("identifier")
        self._report.warn(
            f"rotation: the new store {identifier} is not published; {self.active} stays active, "
            f"and the next run {'resumes it' if is_kept else 'builds another'}"
        )
        self._close()
        if not is_kept:
            self.discard()

    def discard(self) -> None:
        """Forget a store that an earlier run has begun: it is removed at the end of the run.

        One that another program has begun in the same STATE_DIR is none of this collection's.
        """
        if isinstance(self._collection.sink, Rotating) and (kept := self._load()):
            self._drop(kept, self._collection.ledger.get_about("identifier"))

    def _load(self) -> RotationLedger | None:
        """Open the ledger that an earlier run has left; remove one that cannot be used."""
        if not self._path.exists():
            return None
        try:
            return open_rotation_ledger(self._path)
        except LedgerError as error:
            self._report.warn(f"rotation: begins anew, because {error}")
            self._path.unlink()
            return None

    def _to_text(self, facts: Mapping[str, str]) -> str:
        collection, sink = self._collection, self.sink
        own = {"server": collection.server, "name": collection.name, "model": sink.fresh_model()}
        return json.dumps({**facts, **own, "variant": collection.sink.variant}, sort_keys=True)

    def _is_usable(self, kept: RotationLedger, begun_with: str, active: str) -> bool:
        """Return whether the store of an earlier run is there, and still what has to be built."""
        identifier = kept.get_about("identifier")
        if identifier == active or kept.get_about(_FACTS) != begun_with:
            return False
        try:
            if not self.sink.use_store(identifier):
                return False
            return kept.is_empty() or bool(self._collection.sink.query("?", 1))
        except VectorApiError as error:
            log.warning("rotation: the store %s cannot be used: %s", identifier, error)
            return False

    def _drop(self, kept: RotationLedger, active: str) -> None:
        """Record that an earlier run's store has to be removed, then remove its ledger."""
        identifier = kept.get_about("identifier")
        if identifier and identifier != active:
            supersede(self._collection.ledger, [identifier])
        kept.close()
        self._path.unlink(missing_ok=True)  # shards may do this at the same time

    def _remove_remains(self) -> None:
        """Remove what rotations have left that did not end; a failure is made up for later."""
        remains = [one for one in self.sink.unfinished_stores() if one != self.active]
        if remains:
            supersede(self.active_ledger, remains)
        if error := remove_superseded(self._collection, self.active_ledger, self.active):
            log.warning("rotation: %s", error)

    @property
    def _opened(self) -> tuple[Ledger, str, RotationLedger]:
        if self._open is None:
            raise RuntimeError("no fresh store is open")
        return self._open

    def _close(self) -> None:
        self._collection.ledger, _, ledger = self._opened
        self._open = None
        ledger.close()
