"""The pages that a run covers: the spaces, the complete listing, the filters, this run's share."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from pipeline.fetch import CredentialsError, Site, Space
from pipeline.records import PageRef
from pipeline.report import Report
from pipeline.run.admission import Admission
from pipeline.run.collection import Collection
from pipeline.run.stop import Stop
from pipeline.run.threads import call_interruptibly, in_parallel
from pipeline.settings import Settings

log = logging.getLogger(__name__)


class Scope:
    """The pages that the settings include, of those that the account can see."""

    def __init__(
        self, settings: Settings, site: Site, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self._settings, self._site, self._collection = settings, site, collection
        self._report, self._stop = report, stop
        self._began = site.now()
        self.spaces: list[Space] = []
        self.restricted: set[str] = set()  # ids of pages skipped by RESTRICTED_PAGES=skip

    def resolve(self) -> None:
        """Check the credentials and find the spaces; rejected credentials are reported first."""

        def check() -> list[Space]:
            self._site.check_credentials()
            return []

        questions = (check, self._site.list_spaces)
        workers = min(len(questions), self._settings.own_workers)
        *_, self.spaces = in_parallel(lambda ask: ask(), questions, workers, self._stop)
        self._began = self._site.now()  # before the listing, by the clock that dates the pages
        log.info("spaces: %s", ", ".join(f"{space.key} ({space.name})" for space in self.spaces))

    @cached_property
    def admission(self) -> Admission:
        """Which unknown pages are ingested, decided once the spaces are resolved."""
        return Admission(self._settings, self._collection.ledger, self._began)

    @property
    def site_identity(self) -> tuple[str, str]:
        """See `Site.identity`; known once the spaces are resolved."""
        return self._site.identity

    @property
    def address(self) -> str:
        """The base of the site's links for people, known once the spaces are resolved."""
        return self._site.address

    def list_pages(self, offer: Callable[[PageRef], None]) -> list[PageRef]:
        """Return every page in scope that is this run's share: complete, or an error.

        `offer` is called with pages that are certain to be ingested, while the listing continues.
        """
        settings = self._settings
        offer_certain = self._to_offer(offer)
        listed = refs = self._ask(lambda: self._site.list_pages(self.spaces, offer_certain))
        self._refuse_empty_listing(refs)
        members = self._ask(lambda: self._site.list_members(self.spaces))
        if members is not None:
            labels = members if settings.labels else {}
            refs = [replace(ref, labels=labels.get(ref.id)) for ref in refs if ref.id in members]
            if not refs and not self._collection.ledger.pages():
                raise CredentialsError(
                    "no page matches LABELS and FILTER_FOLDER_ID: check their spelling"
                )
        if settings.restricted_pages == "skip":
            self.restricted = self._ask(lambda: self._site.list_restricted(self.spaces, listed))
            refs = [ref for ref in refs if ref.id not in self.restricted]
        refs = [ref for ref in refs if self._is_own(ref)]
        self._report.count_listed(len(refs))
        return refs

    def _to_offer(self, offer: Callable[[PageRef], None]) -> Callable[[PageRef], None] | None:
        """Return what the listing calls with each page.

        None where the listing alone does not decide what is ingested.
        """
        settings = self._settings
        if settings.has_filters or settings.restricted_pages == "skip":
            return None
        # Read here: the ledger must not be used in the listing's thread.
        known, admission = self._collection.ledger.pages(), self.admission

        def offer_certain(ref: PageRef) -> None:
            if ref.id not in known and self._is_own(ref) and admission.admits(ref):
                offer(ref)

        return offer_certain

    def _is_own(self, ref: PageRef) -> bool:
        return is_in_shard(ref.id, self._settings.shard_index, self._settings.shard_count)

    def _refuse_empty_listing(self, refs: Sequence[PageRef]) -> None:
        """Raise `CredentialsError` if a space that the settings name lists no page."""
        listed = {ref.space for ref in refs}
        is_named = self._settings.space_name or self._settings.filter_space_keys
        empty = [
            f"{space.key} (archived)" if space.is_archived else space.key
            for space in self.spaces
            if space.key not in listed
        ]
        if empty and (is_named or not refs):
            raise CredentialsError(
                f"no page is listed in {', '.join(empty)}: nothing is changed, because the "
                "account may lack permission to read them; check the space and its permissions"
            )

    def _ask[Answer](self, question: Callable[[], Answer]) -> Answer:
        return call_interruptibly(question, self._stop)


def is_in_shard(page_id: str, index: int, count: int) -> bool:
    """Return whether a page is this run's share: a stable hash, the same on every machine."""
    return int.from_bytes(hashlib.sha256(page_id.encode()).digest()[:8]) % count == index
