"""The pages that a run covers: the spaces, the complete listing, the filters, this run's share."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence, Set
from functools import cached_property, partial
from itertools import batched

from pipeline.fetch import (
    ROWS_A_REQUEST,
    ConfluenceError,
    CredentialsError,
    Site,
    Space,
    names_in_scope,
)
from pipeline.records import BLOG_POST, PAGE, IncludedPage, ListedPage, PageRef
from pipeline.report import Report
from pipeline.run.admission import Admission
from pipeline.run.collection import Collection
from pipeline.run.inclusions import Inclusions
from pipeline.run.on_pages import OnPages, find_owners, to_type
from pipeline.run.stop import Stop
from pipeline.run.threads import call_interruptibly, in_parallel, read_ahead
from pipeline.settings import Settings
from pipeline.state import ContentTypes, Listing

log = logging.getLogger(__name__)
_ODD_ROWS_NAMED = 100  # a warning each


class Scope:
    """The pages that the settings include, of those that the account can see."""

    def __init__(
        self, settings: Settings, site: Site, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self._settings, self._site, self._collection = settings, site, collection
        self._report, self._stop = report, stop
        self.began = site.now()  # by the clock that dates the pages
        self.spaces: list[Space] = []
        self._unlisted: dict[str, ConfluenceError] = {}  # by key: the listing is not complete
        self._odd_rows = 0
        self._not_empty: set[str] = set()  # keys of the spaces that list a page
        self.types = {content.name for content in names_in_scope(settings)}  # that are ingested

    def resolve(self) -> None:
        """Check the credentials and find the spaces; rejected credentials are reported first."""

        def check() -> list[Space]:
            self._site.check_credentials()
            return []

        questions = (check, self._site.list_spaces)
        workers = min(len(questions), self._settings.own_workers)
        *_, self.spaces = in_parallel(lambda ask: ask(), questions, workers, self._stop)
        self.began = self._site.now()  # before the listing
        log.info("spaces: %s", ", ".join(f"{space.key} ({space.name})" for space in self.spaces))

    @cached_property
    def admission(self) -> Admission:
        """Which unknown pages are ingested, decided once the spaces are resolved."""
        return Admission(self._settings, self._collection.ledger, self.began)

    @cached_property
    def listing(self) -> Listing:
        """What `list_pages` has read."""
        return Listing(self._collection.ledger.scratch)

    @cached_property
    def on_pages(self) -> OnPages:
        """The attachments and comments of the pages in scope."""
        return OnPages(
            self._settings, self._site, self.listing, self._report, self._stop, self.is_own
        )

    @property
    def hides_pages(self) -> bool:
        """Whether pages are listed for what is on them, and not ingested."""
        return self.types.isdisjoint((PAGE, BLOG_POST))

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
                self._unlisted[part.unlisted.space.key] = part.unlisted.error
            self.listing.add(part.pages, self.is_own)
            for reason in part.odd_rows:
                self._warn_of_odd_row(reason)
            self._not_empty |= {page.ref.space for page in part.pages}
            self._offer_certain(part.pages, offer)
        self._judge_spaces()
        self._keep_members()
        if self._odd_rows > _ODD_ROWS_NAMED:
            self._report.warn(f"{self._odd_rows} rows of the listing cannot be used")
        if self._settings.restricted_pages == "skip":
            places, warn = self.listing.places(), self._report.warn
            skipped = self._ask(lambda: self._site.list_restricted(self._listed, places, warn))
            self.listing.skip(skipped)
            self._report.count_restricted(skipped.values())
        if self.hides_pages:
            self.listing.hide_pages()
        self.on_pages.add(self._collection.ledger)
        for content_type, number in self.listing.count_types().items():
            self._report.count_listed(number, content_type)
        return self.listing

    def _warn_of_odd_row(self, reason: str) -> None:
        """Name a row of a listing or a search that cannot be used; its page stays as it is."""
        self._odd_rows += 1
        if self._odd_rows <= _ODD_ROWS_NAMED:
            self._report.warn(f"{reason}: the page stays as it is")

    def list_by_id(self, page_ids: Sequence[str]) -> list[PageRef]:
        """Return those of the pages that exist in the spaces, though no listing has them."""
        return self._ask(lambda: self._site.list_by_id(page_ids, self.spaces)) if page_ids else []

    def _offer_certain(self, pages: Iterable[ListedPage], offer: Callable[[PageRef], None]) -> None:
        """Offer the pages that the listing alone decides about, and that are new."""
        settings = self._settings
        if settings.has_filters or settings.restricted_pages == "skip" or self.hides_pages:
            return
        own = [page.ref for page in pages if self.is_own(page.ref.id)]
        known = self._collection.ledger.known(ref.id for ref in own)
        for ref in own:
            if ref.id not in known and self.admission.admits(ref):
                offer(ref)

    @cached_property
    def _inclusions(self) -> Inclusions:
        return Inclusions(self._site, self.listing)

    def to_is_open(self, page: PageRef) -> Callable[[IncludedPage], bool] | None:
        """Return whether what a page includes may be stored; None where everything may."""
        if self._settings.restricted_pages != "skip":
            return None
        return partial(self._inclusions.is_open, page)

    def is_doubtful(self, page_id: str) -> bool:
        """Return whether a converted page lacks text that might have been shown."""
        return self._settings.restricted_pages == "skip" and page_id in self._inclusions.doubtful

    def is_own(self, page_id: str) -> bool:
        """Return whether a page is this run's share."""
        return is_in_shard(page_id, self._settings.shard_index, self._settings.shard_count)

    @property
    def unlisted(self) -> Set[str] | None:
        """Keys of the spaces whose pages stay as they are; None in a scope of one space."""
        return self._unlisted.keys() if len(self.spaces) > 1 else None

    def may_be_gone(self, page_id: str) -> bool:
        """Return whether a known page that is not listed was in a space whose listing is whole."""
        ledger = self._collection.ledger
        last, owner_of = ledger.last_listing, find_owners(ContentTypes(ledger), [page_id])
        if self.on_pages.is_unlisted(owner_of.get(page_id, ""), to_type(page_id)):
            return False
        return not (self._unlisted and last.may_be_in(page_id, self._unlisted.keys()))

    @property
    def _listed(self) -> list[Space]:
        return [space for space in self.spaces if space.key not in self._unlisted]

    def _judge_spaces(self) -> None:
        """Report the spaces that cannot be listed; raise the error if there is no other.

        So does a space that the settings name and that lists no page.
        """
        self._not_empty -= self._unlisted.keys()
        is_named = self._settings.space_name or self._settings.filter_space_keys
        for space in self._listed:
            if space.key not in self._not_empty and (is_named or not self._not_empty):
                named = f"{space.key} (archived)" if space.is_archived else space.key
                self._unlisted[space.key] = CredentialsError(
                    f"{to_nothing(self._settings)} is listed in {named}: nothing is changed, "
                    "because the account may lack permission to read them; check the space and its "
                    "permissions"
                )
        if not self._not_empty:
            raise next(iter(self._unlisted.values()))
        for key, error in self._unlisted.items():
            self._report.fail_space(key, str(error))
        self.listing.leave_out_spaces(self._unlisted)

    def _keep_members(self) -> None:
        """Limit the listing to the pages that the filters include."""
        members = self._site.list_members(self._listed, self._warn_of_odd_row)
        if members is None:
            return
        if self._settings.filter_folder_id and "blogposts" in self._settings.content_types:
            self._report.warn(
                "FILTER_FOLDER_ID leaves out all blog posts, which are in no folder: remove "
                "blogposts from CONTENT_TYPES, or choose pages by LABELS"
            )
        shows_labels = bool(self._settings.labels)
        self.listing.keep_only(())
        for batch in read_ahead(batched(members, ROWS_A_REQUEST), self._stop):
            self.listing.keep_only(
                (page_id, labels if shows_labels else None) for page_id, labels in batch
            )
        # A space that cannot be listed may have such pages.
        is_unknown = self.listing.has_members or self._unlisted or self._collection.ledger.pages()
        if not is_unknown:
            raise CredentialsError(
                f"{to_nothing(self._settings)} matches LABELS and FILTER_FOLDER_ID: check their "
                "spelling"
            )

    def _ask[Answer](self, question: Callable[[], Answer]) -> Answer:
        return call_interruptibly(question, self._stop)


def to_nothing(settings: Settings) -> str:
    """Return the subject of a message about a scope that is empty."""
    if settings.content_types == ("pages",):
        return "no page"
    return f"nothing of CONTENT_TYPES={','.join(settings.content_types)}"


def is_in_shard(page_id: str, index: int, count: int) -> bool:
    """Return whether a page is this run's share: a stable hash, the same on every machine."""
    return int.from_bytes(hashlib.sha256(page_id.encode()).digest()[:8]) % count == index
