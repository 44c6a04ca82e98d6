"""What has to be in the fresh store, and when it takes the place of the active one.

A page that the active store holds and that is not certainly gone must be in the fresh one, too.
What Confluence does not give is read back from the active store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import batched

from pipeline.fetch import ROWS_A_REQUEST, Site
from pipeline.records import PageFailure, PageRef
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.deletions import Deletions, check_guard
from pipeline.run.plan import Plan
from pipeline.run.rotation.fresh_store import FreshStore
from pipeline.run.rotation.old_store import OldStore
from pipeline.run.scope import Scope
from pipeline.run.write import Writer
from pipeline.settings import Settings
from pipeline.state import ContentTypes, Selection, list_failed_in_rotation

NIGHTS = 3  # a page that failed in so many does not delay the publication any longer


class Rotation:
    """One run's part of a rotation."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        scope: Scope,
        deletions: Deletions,
        collection: Collection,
        report: Report,
        open_writer: Callable[[], Writer],
    ) -> None:
        self._settings, self._site, self._scope = settings, site, scope
        self._deletions, self._collection = deletions, collection
        self._report, self._open_writer = report, open_writer
        self._fresh = FreshStore(collection, report, settings.state_dir)
        self._gone: set[str] = set()  # pages of the active store that are not in scope any more
        self._failed: list[str] = []  # pages that this run did not write
        self._left: set[str] = set()  # of these, those that are not in the fresh store either way
        self._incomplete = 0  # pages, before what was written is verified
        self.unlisted: list[PageRef] = []  # pages to fetch that are not in the plan
        self.outdated: list[str] = []  # pages of the fresh store that are not in scope any more

    @property
    def is_active(self) -> bool:
        """Whether a fresh store is being filled."""
        return self._fresh.is_open

    def plan(
        self, plan: Plan, gone: Selection[str], conversion_digest: str, diff: Callable[[], Plan]
    ) -> Plan:
        """Open a fresh store and return the plan that fills it, unless nothing has changed.

        Pages that failed in the last rotation are no reason for one: they are tried in place.
        `plan` is the active store's, and `gone` what of it is confirmed. `diff` compares the
        listing with the ledger of the collection, which is that of the fresh store then.
        """
        collection, failing = self._collection, list_failed_in_rotation(self._collection.ledger)
        is_current = all(ref.id in failing for ref in plan.upsert) and not gone
        if collection.sink.opened_new or (is_current and not any(collection.ledger.stale())):
            self.discard()
            return plan
        self._gone, missing = set(gone), set(plan.delete)  # `diff` replaces the plan
        self._fresh.open(
            {
                "conversion": conversion_digest,
                "address": self._scope.address,
                "provider": self._settings.vector_db_provider,
            }
        )
        filling = diff()
        unlisted = set(filling.delete)
        self.outdated = sorted(self._list_gone(unlisted - missing) | (unlisted & self._gone))
        kept = [page_id for page_id in self._list_lacking() if page_id in missing]
        self.unlisted = self._scope.list_by_id(self._carry_over(kept))
        return filling

    def discard(self) -> None:
        """Give up what an earlier run has begun, which is not needed any more."""
        self._fresh.discard()

    def carry_over_failed(self) -> None:
        """Copy the pages that this run did not write, once it has written all others."""
        if lacking := self._list_lacking():
            self._gone |= self._list_gone(lacking)  # since the listing
        self._failed = self._list_lacking()
        self._carry_over(self._failed)
        self._left = set(self._list_lacking())  # not read back, or refused by the server
        self._incomplete = self._fresh.ledger.count_incomplete()

    def finish(self) -> None:
        """Publish the fresh store, or keep it for the next run.

        Raises `DeleteGuardError` if it lacks more than MAX_DELETE_PERCENT of the known pages.
        """
        fresh = self._fresh
        left = sorted(self._left)
        self._report_left(left)
        night = f"{self._site.now():%Y-%m-%d}"
        fresh.ledger.add_failed((page_id, night) for page_id in self._failed)
        nights = fresh.ledger.count_nights()
        # `Run.verify` has found that the server lost what it had confirmed.
        has_lost = fresh.ledger.count_incomplete() > self._incomplete
        if has_lost or any(nights[page_id] < NIGHTS for page_id in left):
            active = fresh.active
            fresh.pause(is_kept=not has_lost)
            fresh.sink.use_store(active)
            return
        known = fresh.active_ledger.pages()
        lacking = self._gone.union(left)
        check_guard(lacking, fresh.active_ledger, self._settings.max_delete_percent)
        fresh.ledger.add_pending((page_id, known[page_id].title) for page_id in left)
        fresh.publish()

    def pause(self) -> None:
        """End early: keep the fresh store for the next run."""
        if self.is_active:
            self._fresh.pause()

    def _list_lacking(self) -> list[str]:
        """Return the pages that the fresh store has to get, by id."""
        lacking = self._fresh.ledger.list_lacking(self._fresh.active_ledger)
        return [page_id for page_id in lacking if page_id not in self._gone]

    def _list_gone(self, page_ids: Iterable[str]) -> set[str]:
        """Return which of the pages are really gone."""
        batches = batched(sorted(page_ids), ROWS_A_REQUEST)
        return {page_id for batch in batches for page_id in self._deletions.list_gone(batch)}

    def _carry_over(self, page_ids: Sequence[str]) -> list[str]:
        """Copy pages from the active store; return the ids of those that it does not give."""
        fresh, left = self._fresh, []
        old = OldStore(fresh.sink, fresh.active, fresh.active_ledger)
        if not page_ids:
            return []
        writer = self._open_writer()
        try:
            for page_id in page_ids:
                if read := old.read_page(page_id):
                    writer.put(*read)
                else:
                    left.append(page_id)
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        return left

    def _report_left(self, page_ids: Iterable[str]) -> None:
        for page_id in page_ids:
            if self._report.has_failed(page_id):
                continue
            active = self._fresh.active_ledger
            page, content_type = active.page(page_id), ContentTypes(active).of(page_id)
            error = "it is not listed, cannot be fetched, and the store does not answer with it"
            self._report.fail(
                PageFailure(page_id, page.title if page else "", "fetch", error, content_type)
            )
