"""The pages that a run is about: which are listed, which come in, and which have really left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from pipeline.fetch import CredentialsError, Site, Space
from pipeline.records import PageRef
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.plan import is_in_shard
from pipeline.run.stop import Stop
from pipeline.run.threads import in_parallel
from pipeline.settings import Settings

log = logging.getLogger(__name__)
GUARDED_FROM = 10  # the delete guard never trips where fewer pages are known
SKEW = timedelta(hours=1)  # Confluence's clocks against each other
_RESTRICTED = "restricted"  # what the ledger calls the pages that were skipped


class DeleteGuardError(Exception):
    """More would be deleted than MAX_DELETE_PERCENT allows; nothing was."""


class Scope:
    """What the settings let in, of what Confluence shows this account."""

    def __init__(
        self, settings: Settings, site: Site, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self._settings, self._site, self._collection = settings, site, collection
        self._report, self._stop = report, stop
        self._began = site.now()
        self._spaces: list[Space] = []
        self._restricted: set[str] = set()

    def resolve(self) -> None:
        """Prove the credentials and find the spaces; a refused account is told first."""

        def check() -> list[Space]:
            self._site.check_credentials()
            return []

        questions = (check, self._site.list_spaces)
        at_once = min(len(questions), self._settings.own_workers)
        *_, self._spaces = in_parallel(lambda ask: ask(), questions, at_once, self._stop)
        self._began = self._site.now()  # before the listing, by the clock that dates the pages
        log.info("spaces: %s", ", ".join(f"{space.key} ({space.name})" for space in self._spaces))

    def list_pages(self, foresee: Callable[[PageRef], None]) -> list[PageRef]:
        """Every page in scope that is this run's share: complete, or an error.

        `foresee` is told of pages that will certainly come in, while the listing goes on.
        """
        settings, foresight = self._settings, self._to_foresight(foresee)
        refs = self._ask(lambda: self._site.list_pages(self._spaces, foresight))
        self._refuse_emptiness(refs)
        members = self._ask(lambda: self._site.list_members(self._spaces))
        if members is not None:
            labels = members if settings.labels else {}
            refs = [replace(ref, labels=labels.get(ref.id)) for ref in refs if ref.id in members]
            if not refs and not self._collection.ledger.pages():
                raise CredentialsError(
                    "no page is in scope of LABELS and FILTER_FOLDER_ID: check their spelling"
                )
        if settings.restricted_pages == "skip":
            self._restricted = self._ask(lambda: self._site.list_restricted(self._spaces))
            self._remember_restricted(self._restricted | self._restricted_before())
            refs = [ref for ref in refs if ref.id not in self._restricted]
        refs = [ref for ref in refs if self._is_ours(ref)]
        self._report.pages["listed"] = len(refs)
        return refs

    def _to_foresight(self, foresee: Callable[[PageRef], None]) -> Callable[[PageRef], None] | None:
        """What the listing calls with each page; None where more than the listing decides."""
        settings = self._settings
        if settings.labels or settings.filter_folder_id or settings.restricted_pages == "skip":
            return None
        # Asked now: the listing's thread does not read the ledger.
        known, is_admitted = self._collection.ledger.pages(), self.to_admission()

        def foresee_wanted(ref: PageRef) -> None:
            if ref.id not in known and self._is_ours(ref) and is_admitted(ref):
                foresee(ref)

        return foresee_wanted

    def _is_ours(self, ref: PageRef) -> bool:
        return is_in_shard(ref.id, self._settings.shard_index, self._settings.shard_count)

    def to_admission(self) -> Callable[[PageRef], bool]:
        """Whether a page that is not known yet comes in: a recent one, or one kept out till now."""
        oldest, freed = self._oldest_admitted, self._restricted_before()
        return lambda ref: not ref.modified or ref.modified >= oldest or ref.id in freed

    @cached_property
    def _oldest_admitted(self) -> str:
        """From when on an unknown page comes in, as ISO 8601 in UTC; empty: whenever.

        A fresh store (rotation) is always built in full.
        """
        settings = self._settings
        if not settings.since_hours or settings.update_strategy == "rotate":
            return ""
        oldest = self._began - timedelta(hours=settings.since_hours)
        if last := self._collection.ledger.get_about("complete_run_began"):
            oldest = min(oldest, datetime.fromisoformat(last) - SKEW)
        else:
            log.info(
                "no complete run before this one: pages come in if modified within the last %g "
                "hours; SINCE_HOURS=0 takes in all", settings.since_hours,
            )  # fmt: skip
        return oldest.strftime("%Y-%m-%dT%H:%M:%S")

    def _restricted_before(self) -> set[str]:
        """Pages that earlier runs skipped; lifting a restriction does not change when modified."""
        return set(self._collection.ledger.get_about(_RESTRICTED).split())

    def _remember_restricted(self, page_ids: Iterable[str]) -> None:
        self._collection.ledger.set_about(**{_RESTRICTED: " ".join(sorted(page_ids))})

    def _refuse_emptiness(self, refs: Sequence[PageRef]) -> None:
        """A space that was asked for by name and lists nothing is an error, not an empty space."""
        listed = {ref.space for ref in refs}
        named = self._settings.space_name or self._settings.filter_space_keys
        empty = [space.key for space in self._spaces if space.key not in listed]
        if empty and (named or not refs):
            raise CredentialsError(
                f"no page is listed in {', '.join(empty)}: nothing is changed, because that may "
                "also mean that the account cannot read them; check the space and its permissions"
            )

    def confirm_deletions(self, missing: Sequence[str]) -> list[str]:
        """Of known pages that are not listed, those that are really out of scope.

        Raises `DeleteGuardError` when they are too many.
        """
        if not missing:
            return []
        known = self._collection.ledger.pages()
        self._ask(self._site.check_credentials)
        asked = [page_id for page_id in missing if page_id not in self._restricted]
        gone = self._ask(lambda: self._site.confirm_missing(asked, self._spaces)) | (
            self._restricted & set(missing)
        )
        for page_id in asked:
            if page_id not in gone:
                self._report.warn(
                    f"page {page_id} {known[page_id].title!r} is missing from the listing, yet it "
                    "is there: kept"
                )
        limit = self._settings.max_delete_percent
        if len(known) >= GUARDED_FROM and 100 * len(gone) > limit * len(known):
            raise DeleteGuardError(
                f"{len(gone)} of {len(known)} known pages would be deleted, more than "
                f"MAX_DELETE_PERCENT={limit}: nothing was deleted. If that is right, run once "
                "with MAX_DELETE_PERCENT=100"
            )
        return sorted(gone)

    def remember(self) -> None:
        """The run was complete: the next one's window begins here."""
        self._collection.ledger.set_about(complete_run_began=self._began.isoformat())
        self._remember_restricted(self._restricted)

    def _ask[Answer](self, question: Callable[[], Answer]) -> Answer:
        """Ask Confluence in a thread of its own: a hanging answer does not hold up a stop."""
        return next(in_parallel(lambda ask: ask(), [question], 1, self._stop))
