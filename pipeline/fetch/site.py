"""One Confluence site with one account, as a run uses it.

Listings and deletions come from v2, which is current; v1's search (CQL, an index that lags behind)
serves label and ancestor filters and bodies in bulk. Only GET requests are sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from pipeline.fetch import filters, listing, on_pages, restrictions, spaces
from pipeline.fetch.account import Account
from pipeline.fetch.addresses import to_base, to_page_url
from pipeline.fetch.bodies import Bodies
from pipeline.fetch.content import types_in_scope
from pipeline.fetch.listing import ListingPart
from pipeline.fetch.people import People
from pipeline.fetch.restrictions import Place
from pipeline.fetch.rows import Space
from pipeline.fetch.transport import Transport
from pipeline.http import CONFLUENCE_RETRY, RetryPolicy, Waiting
from pipeline.records import Attachment, CommentRef, Page, PageFailure, PageRef, Thread
from pipeline.settings import Settings

log = logging.getLogger(__name__)


class Site:
    """The client of one site. `get_page` and `get_pages` may be called from several threads."""

    def __init__(
        self,
        settings: Settings,
        waiting: Waiting | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        """Send nothing yet. Once `waiting` has ended, calls raise `StoppedWaitingError`."""
        self._settings = settings
        waiting, retry = waiting or Waiting(), retry or CONFLUENCE_RETRY
        self._transport = Transport(settings, waiting, retry)
        self._account = Account(self._transport, settings)
        self._comments = on_pages.Comments(self._transport, self._account)
        self._downloads = on_pages.Downloads(
            self._transport, self._account, settings, waiting, retry
        )
        self._types = types_in_scope(settings)
        self._bodies = Bodies(self._transport, self._account, settings)
        self._people = People(self._transport)

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._transport.requests

    def now(self) -> datetime:
        """Return the time by the clock that dates the pages; ours until the site has answered."""
        return datetime.now(UTC) + self._transport.clock_ahead

    def check_credentials(self) -> str:
        """Return the account's display name. Raises `CredentialsError` if it is refused.

        Call it again before anything is deleted: with a revoked token every page looks gone.
        """
        return self._account.check()

    def list_spaces(self) -> list[Space]:
        """Return the spaces in scope: SPACE_NAME or FILTER_SPACE_KEYS, else all visible ones."""
        with self._account.explaining_refusals():
            return spaces.list_spaces(self._transport, self._settings)

    def list_pages(self, in_spaces: Sequence[Space]) -> Iterator[ListingPart]:
        """Yield all current content of CONTENT_TYPES, by answer; see `listing.list_pages`."""
        return listing.list_pages(self._transport, self._types, in_spaces, self._account)

    def list_by_id(self, ids: Sequence[str], in_spaces: Sequence[Space]) -> list[PageRef]:
        """Return those of the pages that are current and in the spaces; see `listing.list_by_id`.

        For pages that a listing lacks, and that nevertheless exist.
        """
        with self._account.explaining_refusals():
            return listing.list_by_id(self._transport, self._types, in_spaces, ids)

    def list_members(
        self, in_spaces: Sequence[Space], on_odd_row: Callable[[str], object] = log.warning
    ) -> Iterator[tuple[str, tuple[str, ...]]] | None:
        """Yield (id, labels) of the pages that the filters include; None without filters.

        `on_odd_row` is called with the reason for each row that cannot be read.

        Read from the search index: a page that joined a minute ago may still be missing.
        """
        return self._list_members(in_spaces, on_odd_row) if self._settings.has_filters else None

    def _list_members(
        self, in_spaces: Sequence[Space], on_odd_row: Callable[[str], object]
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        with self._account.explaining_refusals():
            yield from filters.list_members(self._transport, self._settings, in_spaces, on_odd_row)

    def list_restricted(
        self, in_spaces: Sequence[Space], listed: Mapping[str, Place], warn: Callable[[str], None]
    ) -> dict[str, str]:
        """Return ids → reasons of the listed pages that have view restrictions, or may have.

        Their own restrictions and those of everything above. `warn` is called with what cannot be
        asked. Costs about as much as the listing.
        """
        ask = restrictions.list_restricted
        with self._account.explaining_refusals():
            found = ask(self._transport, self._account, self._types, in_spaces, listed, warn)
            return dict(found)

    def list_gone(
        self,
        ids: Sequence[str],
        in_spaces: Sequence[Space],
        type_of: Mapping[str, str] = MappingProxyType({}),
    ) -> set[str]:
        """Return which of the ids, missing from a listing, are really gone or out of scope.

        Trashed, archived, purged, unreadable, moved to another space, without the labels,
        outside the folder, of another type than CONTENT_TYPES; see `filters`. `type_of` is id →
        type where it is known. Call `check_credentials` before it.
        """
        with self._account.explaining_refusals():
            return filters.list_gone(
                self._transport,
                self._settings,
                ids,
                type_of,
                in_spaces,
                self._account.check,
                lambda: self._descendants,
            )

    @cached_property
    def _descendants(self) -> Set[str]:
        """The ids of everything below FILTER_FOLDER_ID, listed once a run."""
        return filters.list_descendants(self._transport, self._settings.filter_folder_id)

    def get_pages(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        """Return each of at most 25 pages, or a PageFailure with the reason."""
        return self._bodies.get_pages(refs)

    def get_page(self, ref: PageRef) -> Page:
        """Return one page as it is now. Raises `PageError`; see `Bodies`."""
        return self._bodies.get_page(ref)

    def list_attachments(self, pages: Mapping[str, str]) -> Iterator[Attachment | PageFailure]:
        """Yield the current attachments of pages (id → content type), and what was not listed.

        Attachments may repeat. Those of a page with a `PageFailure` are not all listed.
        """
        return on_pages.list_attachments(self._transport, self._account, pages)

    def list_gone_attachments(self, ids: Collection[str], pages: Container[str]) -> set[str]:
        """Return which of the ids, missing from a listing, are really gone or not on the pages.

        Call `check_credentials` before it.
        """
        check = self._account.check
        return on_pages.list_gone_attachments(self._transport, ids, pages, check)

    def save_attachment(self, attachment: Attachment, folder: Path) -> Path:
        """Save an attachment's content to a new file in the folder. Raises `PageError`."""
        return self._downloads.save(attachment, folder)

    def to_file_url(self, attachment: Attachment) -> str:
        """Return a link that opens the file; "" while the site's address is unknown."""
        return on_pages.to_file_url(attachment, self.address)

    def list_comments(self, pages: Mapping[str, str]) -> Iterator[CommentRef | PageFailure]:
        """Yield every comment of pages (id → content type), and what was not listed.

        Comments may repeat, and are in no order. Those of a page with a `PageFailure` are not all
        listed.
        """
        return self._comments.list_refs(pages)

    def read_threads(
        self, listed: Mapping[PageRef, Sequence[CommentRef]]
    ) -> Iterator[tuple[PageRef, tuple[Thread, ...] | PageFailure]]:
        """Yield many pages with their open comments, or the reason; see `Comments`.

        Call it for some hundred pages at once: their comments are in memory together.
        """
        return self._comments.read_threads(listed)

    def list_names(self, account_ids: Sequence[str]) -> dict[str, str]:
        """Return account id → name of at most 50 people whom the site knows; see `People`."""
        return self._people.list_names(account_ids)

    @property
    def address(self) -> str:
        """The base of links for people; "" while the site's address is unknown."""
        return to_base(self._transport.site_url, self._settings)

    @property
    def identity(self) -> tuple[str, str]:
        """The API's root, and what the site calls itself: "" until it has answered."""
        return self._settings.conf_base_url, self._transport.own_address

    def to_url(self, ref: PageRef) -> str:
        """Return a link that a person can open; "" while the site's address is unknown."""
        return to_page_url(ref, self._transport.site_url, self._settings)

    def close(self) -> None:
        """Release the connections."""
        self._downloads.close()
        self._transport.close()
