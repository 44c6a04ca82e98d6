"""Confluence: spaces, complete listings, bodies, and whether what is missing is really gone.

Inventory and deletions come from v2, which is current; v1's search (CQL, an index that runs
behind) serves label and ancestor filters and bodies in bulk. Only GET requests are made.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from pipeline.fetch import cql
from pipeline.fetch import filters as membership
from pipeline.fetch.cooldown import Patience
from pipeline.fetch.errors import (
    AnswerError,
    BrokenAnswerError,
    ConfluenceError,
    CredentialsError,
    PageError,
    PageGoneError,
    StoppedWaitingError,
    asks_too_much,
    to_credentials_error,
)
from pipeline.fetch.filters import LIMIT, SEARCH, V1, V2, list_rows
from pipeline.fetch.rows import (
    Listed,
    Row,
    Space,
    to_body,
    to_labels,
    to_line,
    to_ref,
    to_row,
    to_search_labels,
    to_titles_above,
)
from pipeline.fetch.spaces import list_space_rows, list_spaces
from pipeline.fetch.transport import Json, Params, Transport
from pipeline.records import Outcome, Page, PageRef
from pipeline.settings import GATEWAY, Settings

__all__ = [
    "ConfluenceError",
    "CredentialsError",
    "PageError",
    "PageGoneError",
    "Patience",
    "Site",
    "Space",
    "StoppedWaitingError",
]

log = logging.getLogger(__name__)

_SMALLEST_SEARCH = 5  # pages: a search for fewer is no cheaper than asking singly
_EXPAND = "body.export_view,version,metadata.labels"


class Site:
    """One Confluence site with one account. `get_page` and `get_pages` serve many threads."""

    def __init__(
        self,
        settings: Settings,
        stop: threading.Event | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Nothing is sent yet. Once `stop` is set, calls end with `StoppedWaitingError`."""
        self._settings = settings
        self._transport = Transport(settings, stop or threading.Event(), patience or Patience())
        self._listed: dict[str, Listed] = {}
        self._untitled: set[str] = set()  # parents that no listing names: folders, mostly

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._transport.requests

    def now(self) -> datetime:
        """The time by the clock that dates the pages; ours until the site has answered."""
        return datetime.now(UTC) + self._transport.clock_ahead

    def check_credentials(self) -> str:
        """The account's display name. Raises `CredentialsError` when it is refused.

        Asked again before anything is deleted: a revoked token makes every page look gone.
        """
        try:
            user = self._transport.get(f"{V1}/user/current")
        except AnswerError as error:
            if error.status in (401, 403, 404):
                raise to_credentials_error(error, self._settings) from None
            raise
        if user.get("type") == "anonymous":
            raise CredentialsError(
                "Confluence takes this token for an anonymous visitor: it has expired, was "
                "revoked, or does not belong to CONF_USER"
            )
        name = user.get("displayName") or user.get("publicName") or self._settings.conf_user
        return to_line(str(name))

    def list_spaces(self) -> list[Space]:
        """The spaces in scope, by SPACE_NAME or FILTER_SPACE_KEYS, else all that are visible."""
        with self._refusals_explained():
            return list_spaces(self._transport, self._settings)

    def list_pages(
        self, spaces: Sequence[Space], on_page: Callable[[PageRef], None] | None = None
    ) -> list[PageRef]:
        """Every current page of the spaces, once, with its ancestors: complete, or an error.

        One request for 250 pages, without bodies. `on_page` is told of each page at once, when
        its ancestors are not known yet.
        """
        found: dict[str, PageRef] = {}
        listed: dict[str, Listed] = {}
        with self._refusals_explained():
            for row, key in list_space_rows(self._transport, spaces):
                if row.status == "current":
                    found[row.id] = ref = to_ref(row, key)
                    listed[row.id] = self._listed[row.id] = Listed(row.title, row.parent, row.webui)
                    if on_page:
                        on_page(ref)
        self._untitled |= {one.parent for one in listed.values() if one.parent} - listed.keys()
        return [replace(ref, ancestors=to_titles_above(ref.id, listed)) for ref in found.values()]

    def list_members(self, spaces: Sequence[Space]) -> dict[str, tuple[str, ...]] | None:
        """Ids → labels of the pages that LABELS and FILTER_FOLDER_ID let in; None without both.

        Told by the search index: a page that joined a minute ago may still be missing.
        """
        if not (self._settings.labels or self._settings.filter_folder_id):
            return None
        with self._refusals_explained():
            return membership.list_members(self._transport, self._settings, spaces)

    def list_restricted(self, spaces: Sequence[Space]) -> set[str]:
        """Of the pages listed before, those with view restrictions, their own or from above.

        Costs about as much as the listing.
        """
        with self._refusals_explained():
            return membership.list_restricted(
                self._transport, spaces, self._listed, self.check_credentials
            )

    def confirm_missing(self, ids: Sequence[str], spaces: Sequence[Space]) -> set[str]:
        """Of ids that a listing lacks, those that are really gone or out of scope.

        Trashed, archived, purged, unreadable, moved to another space, without the labels,
        outside the folder. Call `check_credentials` before it.
        """
        with self._refusals_explained():
            return membership.list_missing(
                self._transport, self._settings, ids, spaces, self.check_credentials
            )

    def get_pages(self, refs: Sequence[PageRef]) -> list[Page | Outcome]:
        """One Page, or one Outcome that says why not, for each of at most 25 pages, in order.

        Raises only what concerns all pages: no connection, credentials refused, stopped.
        """
        found = self._search(refs)
        return [found.get(ref.id) or self._get_or_outcome(ref) for ref in refs]

    def get_page(self, ref: PageRef, body_format: str) -> Page:
        """A page alone, as v2 has it now; `body_format` is storage, view or export_view.

        Raises `PageGoneError` when it is not there, not current or not readable any more, and
        `PageError` when only this page fails; `ConfluenceError` when it is not the page's fault.
        """
        try:
            return self._get_page(ref, body_format)
        except (AnswerError, BrokenAnswerError) as error:
            self._rule_out_the_site(error)
            if isinstance(error, AnswerError) and error.status in (403, 404):
                raise PageGoneError(f"not there or not readable any more: {error}") from None
            raise PageError(str(error)) from None

    def place(self, page: Page, ancestors: tuple[str, ...]) -> Page:
        """A page that was fetched while the listing went on, as if it had been fetched after it."""
        ref = replace(page.ref, ancestors=ancestors)
        return replace(page, ref=ref, ancestors=self._to_titles(ancestors))

    def to_url(self, ref: PageRef) -> str:
        """A link to the page that a person can open; empty while the site's address is unknown."""
        listed = self._listed.get(ref.id)
        return self._to_url(ref.id, listed.webui if listed else "")

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def _search(self, refs: Sequence[PageRef]) -> dict[str, Page]:
        """The pages that one search gives in their current version; the rest is asked singly.

        A search that is too much for the site is halved, down to a few pages.
        """
        if len(refs) < 2:
            return {}
        by_id = {ref.id: ref for ref in refs}
        params: Params = {"cql": cql.to_ids_query(by_id), "expand": _EXPAND, "limit": len(refs)}
        pages: dict[str, Page] = {}
        try:
            for rows in self._transport.list_answers(SEARCH, params, splittable=True):
                pages |= self._to_fresh_pages(rows, by_id)
                if len(pages) == len(by_id):
                    break
        except (AnswerError, BrokenAnswerError) as error:
            if not asks_too_much(error):
                self._rule_out_the_site(error)
            if isinstance(error, AnswerError) and error.status < 500:
                return pages  # the search refuses this question; v2 has another route
            left = [ref for ref in refs if ref.id not in pages]
            if len(left) <= _SMALLEST_SEARCH:
                return pages
            log.warning("%s: asking for fewer pages at once", error)
            middle = len(left) // 2
            return pages | self._search(left[:middle]) | self._search(left[middle:])
        return pages

    def _to_fresh_pages(
        self, rows: Sequence[Json], by_id: dict[str, PageRef]
    ) -> Iterator[tuple[str, Page]]:
        """Rows as pages, without those that are stale or lack something."""
        for answer in rows:
            row, html = to_row(answer), to_body(answer, "export_view")
            ref = by_id.get(row.id)
            if ref is None or row.status != "current" or row.version < ref.version or html is None:
                continue
            yield row.id, self._to_page(ref, row, html, to_search_labels(answer), "export_view")

    def _get_or_outcome(self, ref: PageRef) -> Page | Outcome:
        try:
            return self.get_page(ref, "export_view")
        except PageError as error:
            return Outcome(ref.id, ref.title, "fetch", str(error))

    def _get_page(self, ref: PageRef, body_format: str) -> Page:
        path = f"{V2}/pages/{cql.to_id(ref.id)}"
        answer = self._transport.get(path, {"body-format": body_format, "include-labels": "true"})
        row, html = to_row(answer), to_body(answer, body_format)
        if row.status != "current":
            raise PageGoneError(f"its status is {row.status} now")
        if html is None:
            raise PageError(f"GET {path}: the answer has no {body_format} body")
        return self._to_page(ref, row, html, self._get_labels(answer, path), body_format)

    def _get_labels(self, answer: Json, path: str) -> tuple[str, ...]:
        """Labels of a v2 page; the page itself carries the first 50."""
        labels = answer.get("labels") or {}
        rows = labels.get("results") or []
        if (labels.get("meta") or {}).get("hasMore") or (labels.get("_links") or {}).get("next"):
            rows = list_rows(self._transport, f"{path}/labels", {"limit": LIMIT})
        return to_labels(rows)

    def _to_page(
        self, ref: PageRef, row: Row, html: str, labels: tuple[str, ...], body_format: str
    ) -> Page:
        """A page whose ref says what was fetched, should that be newer than what was listed.

        Ancestors are the listing's in every case, so that a page reads the same whichever way
        its body came; a folder, known by its id only, is left out.
        """
        ref = replace(ref, version=row.version, title=row.title, modified=row.modified)
        return Page(
            ref=ref,
            url=self._to_url(ref.id, row.webui),
            html=html,
            labels=labels,
            ancestors=self._to_titles(ref.ancestors),
            last_modified=row.modified,
            body_format=body_format,
        )

    def _to_titles(self, ancestors: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in ancestors if one not in self._untitled)

    def _to_url(self, page_id: str, webui: str) -> str:
        root = self._settings.conf_base_url
        base = self._transport.site_url or ("" if root.startswith(GATEWAY) else f"{root}/wiki")
        if not base:
            return ""
        return base + (webui or f"/pages/viewpage.action?pageId={page_id}")

    @contextmanager
    def _refusals_explained(self) -> Iterator[None]:
        """A refusal in the middle of a run is about the credentials, never about the pages."""
        try:
            yield
        except AnswerError as error:
            if error.status not in (401, 403, 404):
                raise
            self._rule_out_the_site(error)
            raise CredentialsError(
                f"{error}: the account is accepted, but this is not visible to it (any more)"
            ) from None

    def _rule_out_the_site(self, error: ConfluenceError) -> None:
        """Raise when it is not this page or list that fails, but the site or the credentials."""
        status = error.status if isinstance(error, AnswerError) else 0
        if status == 429:
            raise error
        self.check_credentials()
        if isinstance(error, AnswerError) and status == 401:
            raise to_credentials_error(error, self._settings) from None
