"""The collection of a run: opened, matched with its ledger, its identifier kept, or rotated."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from pipeline.report import Report
from pipeline.state import Ledger, LedgerError, open_memory_ledger
from pipeline.upsert import Resetting, Rotating, Sink, VectorApiError

log = logging.getLogger(__name__)


class Collection:
    """One collection behind a sink, with the ledger that says what it holds."""

    def __init__(
        self,
        name: str,
        server: str,
        sink: Sink,
        ledger: Ledger,
        report: Report,
        state_dir: Path,
        is_own: Callable[[str], bool],
    ) -> None:
        self.name, self.server, self.sink, self.ledger = name, server, sink, ledger
        self._report, self._is_own = report, is_own
        self._vdb = state_dir / f"{name.replace('-', '_')}.vdb"
        self._kept_ledger: Ledger | None = None  # while a fresh store is being built
        self.look_first = False  # the store may hold chunks that the ledger does not know

    def reset(self) -> None:
        """Delete every store of this name, and forget what they held."""
        if isinstance(self.sink, Resetting):
            self.sink.reset()
            self.ledger.forget_everything()

    def open(self) -> None:
        """Find the collection or make it, and make the ledger say what it holds.

        Raises `LedgerError` if the ledger is another collection's.
        """
        self.ledger.claim(server=self.server, collection=self.name)
        kept = self.ledger.get_about("identifier")
        identifier = self.sink.open_collection(kept or self._load_identifier())
        log.info("collection %s: %s (%s)", self.name, identifier, self.sink.variant)
        if kept and (kept != identifier or self.sink.opened_new):
            self._report.warn(f"the store {kept} is gone: every page goes into {identifier} anew")
            self.ledger.forget_chunks()
        self._keep(identifier)
        if self.sink.can_list:  # the store itself knows best, also after a crash
            # The pages of other shards are theirs to look after.
            own = (chunk for chunk in self.sink.list_stored() if self._is_own(chunk.page_id))
            log.info("the store lists %d chunks", self.ledger.adopt(own))
        elif not kept and not self.sink.opened_new:
            self.look_first = True
            self._report.warn(
                "no ledger from an earlier run, and this store cannot list its chunks: each chunk "
                "is looked for before it is sent, but what was edited or deleted in Confluence "
                "since then stays in the store; keep STATE_DIR, or use UPDATE_STRATEGY=rotate"
            )

    def _load_identifier(self) -> str:
        try:
            return self._vdb.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise LedgerError(f"STATE_DIR: {self._vdb} cannot be read: {error}") from error

    def _keep(self, identifier: str) -> None:
        """Write the identifier where people and the next run find it, in one step."""
        self._report.collection = identifier
        self.ledger.set_about(identifier=identifier)
        if self.sink.variant == "dry_run" or self._load_identifier() == identifier:
            return
        scratch = self._vdb.with_name(f"{self._vdb.name}.{os.getpid()}")
        try:
            scratch.write_text(identifier + "\n", "utf-8")
            scratch.replace(self._vdb)
        except OSError as error:
            raise LedgerError(f"STATE_DIR: {self._vdb} cannot be written: {error}") from error

    def begin_rotation(self) -> None:
        """From here on everything goes into a fresh store; the old one keeps answering."""
        if not isinstance(self.sink, Rotating):
            raise VectorApiError(
                f"UPDATE_STRATEGY=rotate is for stores that cannot delete; {self.sink.variant} "
                "replaces and deletes in place: use UPDATE_STRATEGY=upsert"
            )
        self._kept_ledger, self.ledger = self.ledger, open_memory_ledger()
        log.info("rotation: building %s", self.sink.make_fresh())

    @property
    def is_rotating(self) -> bool:
        return self._kept_ledger is not None

    def publish(self) -> None:
        """The fresh store is good: tell its identifier, then remove the older ones."""
        if self._kept_ledger is None or not isinstance(self.sink, Rotating):
            return
        for name in ("server", "collection"):
            self.ledger.set_about(**{name: self._kept_ledger.get_about(name)})
        identifier = self.sink.identifier
        self.ledger.set_about(identifier=identifier)
        self.ledger.copy_to(self._kept_ledger)
        self.ledger, self._kept_ledger = self._kept_ledger, None
        self._keep(identifier)
        log.info("rotation: %s answers from now on", identifier)
        for older in self.sink.older_stores():
            self.sink.delete_store(older)
            log.info("rotation: removed the older store %s", older)

    def abandon_rotation(self) -> None:
        """The fresh store is not good: remove it; the old one goes on answering."""
        if self._kept_ledger is None or not isinstance(self.sink, Rotating):
            return
        self.ledger, self._kept_ledger = self._kept_ledger, None
        self.sink.delete_store(self.sink.identifier)
        self._report.warn("rotation given up: the store from before goes on answering")
