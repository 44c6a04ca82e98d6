"""The pages that a run covers: the spaces, the complete listing, the filters, this run's share."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import batched

from pipeline.fetch import ROWS_A_REQUEST, CredentialsError, Site, Space
from pipeline.records import ListedPage, PageRef
from pipeline.report import Report
from pipeline.run.admission import Admission
from pipeline.run.collection import Collection
from pipeline.run.stop import Stop
from pipeline.run.threads import call_interruptibly, in_parallel, read_ahead
from pipeline.settings import Settings
from pipeline.state import Listing

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
        self._listed_spaces: set[str] = set()  # keys of the spaces that list a page

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

    @cached_property
    def listing(self) -> Listing:
        """What `list_pages` has read."""
        return Listing(self._collection.ledger.scratch)

    @property
    def site_identity(self) -> tuple[str, str]:
        """See `Site.identity`; known once the spaces are resolved."""
        return self._site.identity

    @property
    def address(self) -> str:
        """The base of the site's links for people, known once the spaces are resolved."""
        return self._site.address

    def list_pages(self, offer: Callable[[PageRef], None]) -> Listing:
        """Return every page in scope that is this run's share: complete, or an error.

        `offer` is called with pages that are certain to be ingested, while the listing continues.
        """
        for part in read_ahead(self._site.list_pages(self.spaces), self._stop):
            if part.unlisted:
                raise part.unlisted.error
            self.listing.add(part.pages, self.is_own)
            for reason in part.odd_rows:
                self._report.warn(f"{reason}: this row of the listing is passed over")
            self._listed_spaces |= {page.ref.space for page in part.pages}
            self._offer_certain(part.pages, offer)
        self._refuse_empty_listing()
        self._keep_members()
        if self._settings.restricted_pages == "skip":
            every = list(self.listing.every_page())
            self.listing.skip(self._ask(lambda: self._site.list_restricted(self.spaces, every)))
        self._report.count_listed(len(self.listing))
        return self.listing

    def _offer_certain(self, pages: Iterable[ListedPage], offer: Callable[[PageRef], None]) -> None:
        """Offer the pages that the listing alone decides about, and that are new."""
        settings = self._settings
        if settings.has_filters or settings.restricted_pages == "skip":
            return
        own = [page.ref for page in pages if self.is_own(page.ref.id)]
        known = self._collection.ledger.known(ref.id for ref in own)
        for ref in own:
            if ref.id not in known and self.admission.admits(ref):
                offer(ref)

    def is_own(self, page_id: str) -> bool:
        """Return whether a page is this run's share."""
        return is_in_shard(page_id, self._settings.shard_index, self._settings.shard_count)

    def _refuse_empty_listing(self) -> None:
        """Raise `CredentialsError` if a space that the settings name lists no page."""
        is_named = self._settings.space_name or self._settings.filter_space_keys
        empty = [
            f"{space.key} (archived)" if space.is_archived else space.key
            for space in self.spaces
            if space.key not in self._listed_spaces
        ]
        if empty and (is_named or not self._listed_spaces):
            raise CredentialsError(
                f"no page is listed in {', '.join(empty)}: nothing is changed, because the "
                "account may lack permission to read them; check the space and its permissions"
            )

    def _keep_members(self) -> None:
        """Limit the listing to the pages that the filters include."""
        members = self._site.list_members(self.spaces)
        if members is None:
            return
        shows_labels = bool(self._settings.labels)
        self.listing.keep_only(())
        for batch in read_ahead(batched(members, ROWS_A_REQUEST), self._stop):
            self.listing.keep_only(
                (page_id, labels if shows_labels else None) for page_id, labels in batch
            )
        if not len(self.listing) and not self._collection.ledger.pages():
            raise CredentialsError(
                "no page matches LABELS and FILTER_FOLDER_ID: check their spelling"
            )

    def _ask[Answer](self, question: Callable[[], Answer]) -> Answer:
        return call_interruptibly(question, self._stop)


def is_in_shard(page_id: str, index: int, count: int) -> bool:
    """Return whether a page is this run's share: a stable hash, the same on every machine."""
    return int.from_bytes(hashlib.sha256(page_id.encode()).digest()[:8]) % count == index
