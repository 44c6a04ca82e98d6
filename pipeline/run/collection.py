"""The collection of a run: opened, and matched with its ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from pipeline.records import Chunk, StoredChunk
from pipeline.report import Report
from pipeline.run.stop import Stop
from pipeline.state import Ledger, VdbFile, check_variant, claim, claim_site
from pipeline.upsert import Counting, Replacing, Resetting, Sink

log = logging.getLogger(__name__)
FIRST_SHARD_SECONDS = 20  # five more for each shard before this one


class Collection:
    """One collection behind a sink, with the ledger of what it holds."""

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
        """`is_own` returns whether a page id belongs to this run's shard."""
        self.name, self.server, self.sink, self.ledger = name, server, sink, ledger
        self._report, self._is_own = report, is_own
        self._vdb_file = VdbFile(state_dir, name)
        self._site_identity = ("", "")  # see `Site.identity`
        # Every chunk is looked up before it is sent: the ledger does not know what the store holds.
        self.look_first = False

    def claim(self, site_root: str, site_address: str) -> None:
        """Record whose ledger this is, but for the variant and the model.

        Raises `LedgerError` if it belongs to another collection, server or site.
        """
        self._site_identity = site_root, site_address
        self._claim_place()

    def _claim_place(self) -> None:
        claim(self.ledger, server=self.server, collection=self.name)
        claim_site(self.ledger, *self._site_identity)

    def reset(self) -> None:
        """Delete every store of this name, and forget what they held."""
        if isinstance(self.sink, Resetting):
            self.sink.reset()
            self.ledger.forget_everything()
            self._claim_place()

    def wait_for_first_shard(self, shard_index: int, stop: Stop) -> None:
        """Let the first shard create the store, where names are not unique.

        Pods that start together would create one each.
        """
        deadline = time.monotonic() + FIRST_SHARD_SECONDS + 5 * shard_index
        while not self.sink.look_up() and time.monotonic() < deadline:
            stop.waiting.pause(1.0)

    def open(self) -> None:
        """Find the collection or create it, and match the ledger with what it holds.

        Raises `LedgerError` if the ledger is that of another variant, and `UnusableSettingError` if
        the collection was made with another embedding model.
        """
        self._check_variant()
        kept = self.ledger.get_about("identifier")
        # A store that earlier runs have filled takes in every page when it is filled again: the
        # date decides in the first run only.
        has_filled = self.ledger.holds_files() is not None
        mark = self._take_mark()
        if isinstance(self.sink, Counting):
            self.sink.remember(self.ledger.all_chunks, mark)
        identifier = self.sink.open_collection(kept or self._vdb_file.load())
        if isinstance(self.sink, Counting) and self.sink.is_as_remembered:
            self.ledger.set_about(list_mark=mark)
        log.info("collection %s: %s (%s)", self.name, identifier, self.sink.variant)
        self._record_variant()
        is_kept = kept == identifier and not self.sink.opened_new
        self._claim_model(self.ledger.get_about("model") if is_kept else "")
        if kept and not is_kept:
            self._forget_store(kept, identifier, has_filled=has_filled)
        self.keep(identifier)
        if isinstance(self.sink, Replacing) and self.sink.replaces_another:
            self.ledger.leave_out(())
        self._match_ledger(is_kept=is_kept, has_filled=has_filled)
        self.look_first = bool(self.ledger.get_about("look_first"))

    def _take_mark(self) -> str:
        """Return the mark of the store's list, and let the ledger have none meanwhile.

        Lost files are attached again before they are removed. A run that ends between leaves the
        same files as before, but not the same chunks, which the mark does not show.
        """
        mark = self.ledger.get_about("list_mark")
        self.ledger.set_about(list_mark="")
        return mark

    def _forget_store(self, gone: str, identifier: str, *, has_filled: bool) -> None:
        """Forget what a store held that is not there any more; another takes its place."""
        self._report.warn(
            f"store {gone} is gone or unusable; re-ingesting every page into {identifier}"
        )
        with self.ledger.together():
            if has_filled:
                self.ledger.leave_out(())
            self.ledger.forget_chunks()
            self.ledger.set_about(was_complete="", look_first="")

    def _match_ledger(self, *, is_kept: bool, has_filled: bool) -> None:
        """Take over what the store lists; where it cannot, let unknown chunks be looked up."""
        if is_kept and isinstance(self.sink, Counting) and self.sink.is_as_remembered:
            log.info("the store has the files that the ledger has: its list is not read")
        elif self.sink.can_list:  # the store's own list is right, also after a crash
            # Chunks of other shards' pages are in their ledgers.
            own = (chunk for chunk in self.sink.list_stored() if self._is_own(chunk.page_id))
            listed = self.ledger.adopt(own)
            log.info("the store lists %d chunks", listed)
            if has_filled and not listed:
                self.ledger.leave_out(())
        elif not is_kept and not self.sink.opened_new:
            self.ledger.set_about(look_first="yes")
            self._report.warn(
                "no ledger from an earlier run, and this store cannot list its chunks: each chunk "
                "is looked up before it is sent, but text that was edited or deleted in Confluence "
                "since then remains; keep STATE_DIR, or use UPDATE_STRATEGY=rotate"
            )

    def _check_variant(self) -> None:
        if self.sink.variant != "dry_run":
            check_variant(self.ledger, self.sink.variant, has_files=self.sink.can_list)

    def _record_variant(self) -> None:
        """Record the variant once the server has shown that it has it."""
        if self.sink.variant != "dry_run":
            self.ledger.set_about(variant=self.sink.variant)

    def _claim_model(self, kept: str) -> None:
        self.ledger.set_about(model=self.sink.check_model(kept))

    def keep(self, identifier: str) -> None:
        """Record the store's identifier where the next run and people look for it."""
        self._report.set_collection(identifier)
        self.ledger.set_about(identifier=identifier)
        if self.sink.variant != "dry_run":
            self._vdb_file.save(identifier)

    def claim_fresh(self, identifier: str) -> None:
        """Record in the ledger of a fresh store whose it is."""
        self._claim_place()
        self._check_variant()
        self._record_variant()
        self._claim_model("")
        self.ledger.set_about(identifier=identifier)

    def recount(self) -> list[StoredChunk]:
        """Return the chunks of this run's share that the store has lost since they were stored."""
        if not isinstance(self.sink, Counting) or not self.sink.can_list:
            return []
        self._take_mark()
        lost = [chunk for chunk in self.sink.recount() if self._is_own(chunk.page_id)]
        self.ledger.set_about(list_mark=self.sink.to_mark())
        return lost

    def look_up(self, sample: Sequence[Chunk]) -> Set[str]:
        """Return the ids of those chunks, stored by this run, that the store really holds."""
        if isinstance(self.sink, Counting) and self.sink.can_list:
            return self.sink.look_up_stored(sample)
        return self.sink.find(sample).keys()

    def begin_refill(self) -> None:
        """Let this run, and others until one is complete, send whatever the store does not have."""
        with self.ledger.together():
            self.ledger.forget_chunks()
            self.ledger.leave_out(())
            self.ledger.set_about(look_first="yes")
        self.look_first = True

    @property
    def was_complete(self) -> bool:
        """Whether a run has been complete since the store was new."""
        return bool(self.ledger.get_about("was_complete"))

    def record_complete_run(self) -> None:
        """Record that this run is complete: the store holds everything, and the ledger knows it."""
        self.ledger.set_about(was_complete="yes", look_first="")

    def remove_damaged(self) -> None:
        """Delete the stores of the same name that this one replaces."""
        if isinstance(self.sink, Replacing):
            self.sink.remove_damaged()
