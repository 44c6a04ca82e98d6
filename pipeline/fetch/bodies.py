"""Pages with both of their bodies: 25 in one search by v1, or one alone by v2, which is current."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.fetch.account import Account
from pipeline.fetch.addresses import to_page_url
from pipeline.fetch.content import BY_NAME, ROWS_A_REQUEST, SEARCH
from pipeline.fetch.cql import to_ids_query
from pipeline.fetch.errors import (
    BrokenAnswerError,
    GoneError,
    PageError,
    SlowAnswerError,
    StatusError,
    asks_too_much,
    is_failure,
)
from pipeline.fetch.rows import (
    ContentRow,
    Json,
    to_body,
    to_content_row,
    to_labels,
    to_page_labels,
    to_search_labels,
)
from pipeline.fetch.transport import IsFinal, Params, Transport, never
from pipeline.http import FAILURES_IN_A_ROW, Route
from pipeline.records import Page, PageFailure, PageRef
from pipeline.settings import Settings

log = logging.getLogger(__name__)

PAGES_A_REQUEST = 25  # the search returns no more where bodies are expanded
_SMALLEST_SEARCH = 5  # pages: a search for fewer costs no less than asking for each
_EXPAND = "body.export_view,body.storage,version,metadata.labels"  # what the search adds to a row


class Bodies:
    """Reads pages of one site. Safe to use from several threads."""

    def __init__(self, transport: Transport, account: Account, settings: Settings) -> None:
        self._transport, self._account, self._settings = transport, account, settings
        self._searching = Route("the search for bodies")
        self._singly = defaultdict[str, Route](lambda: Route("the route of single pages"))

    def get_pages(self, refs: Sequence[PageRef]) -> list[Page | PageFailure]:
        """Return each page, or a PageFailure with the reason, in order.

        At most `PAGES_A_REQUEST` pages. Raises only what concerns all pages: no connection,
        credentials refused, stopped.
        """
        found = self._search(refs)
        return [found.get(ref.id) or self._get_or_failure(ref) for ref in refs]

    def get_page(self, ref: PageRef) -> Page:
        """Return one page as v2 has it now, with a request for each of its bodies.

        A page that Confluence cannot render has its storage format in the place of the rendered
        body; this is asked for once, as the retries are spent. `storage` is None where only the
        storage format fails.

        Raises `PageError` if it is not there, not current or not readable any more, or if both of
        its bodies fail; `ConfluenceError` if it is not the page's fault.
        """
        try:
            page = self._get_body(ref, "export_view")
        except GoneError:
            raise
        except PageError as error:
            source = self._get_body(ref, "storage", is_final=is_failure)
            log.warning("page %s: using its storage format: %s", ref.id, error)
            return replace(source, storage=source.html)
        try:
            return replace(page, storage=self._get_body(ref, "storage").html)
        except PageError as error:
            log.warning("page %s: without its storage format: %s", ref.id, error)
            return page

    def _get_body(self, ref: PageRef, body_format: str, is_final: IsFinal = never) -> Page:
        """Return one page with one of its bodies. Raises as `get_page` does."""
        route = self._singly[body_format]
        if not route.is_patient:
            is_final = is_failure
        try:
            page = self._ask_for_body(ref, body_format, is_final, route.share_of_time)
        except (StatusError, BrokenAnswerError) as error:
            route.note(answered=not error.can_pass)
            if isinstance(error, SlowAnswerError):
                route.note_slow()
            raise self._account.to_page_error(error) from None
        route.note(answered=True)
        return page

    def _search(self, refs: Sequence[PageRef]) -> dict[str, Page]:
        """Return the pages that a search has in their current version, by id.

        A search that is too much for the site is halved, down to a few pages. A search that fails
        for batch after batch is given up: the pages are asked for singly.
        """
        pages: dict[str, Page] = {}
        if len(refs) < 2 or not self._searching.is_due():
            return pages
        parts, failures, answered = [list(refs)], 0, False
        while parts and failures < FAILURES_IN_A_ROW:
            part = parts.pop()
            try:
                self._search_once(part, pages)
            except (StatusError, BrokenAnswerError) as error:
                failures += 1
                if isinstance(error, SlowAnswerError):
                    self._searching.note_slow()
                if not asks_too_much(error):
                    self._account.rule_out_site_failure(error)
                    break  # v2 has another route
                left = [ref for ref in part if ref.id not in pages]
                if len(left) > _SMALLEST_SEARCH:
                    log.warning("%s: retrying with fewer pages in a request", error)
                    middle = len(left) // 2
                    parts += (left[middle:], left[:middle])
            else:
                failures, answered = 0, True
        self._searching.note(answered=answered or bool(pages))
        return pages

    def _search_once(self, refs: Sequence[PageRef], pages: dict[str, Page]) -> None:
        """Add the pages that one search has in their current version."""
        by_id = {ref.id: ref for ref in refs}
        types = [BY_NAME[name] for name in dict.fromkeys(ref.content_type for ref in refs)]
        query = to_ids_query(types, by_id)
        params: Params = {"cql": query, "expand": _EXPAND, "limit": len(refs)}
        is_final = asks_too_much if self._searching.is_patient else is_failure
        share_of_time = self._searching.share_of_time
        for rows in self._transport.list_answers(SEARCH, params, is_final, share_of_time):
            pages |= self._to_current_pages(rows, by_id)
            if by_id.keys() <= pages.keys():
                break

    def _to_current_pages(
        self, rows: Sequence[Json], by_id: dict[str, PageRef]
    ) -> Iterator[tuple[str, Page]]:
        """Yield rows as pages, without those that are outdated or incomplete."""
        for answer in rows:
            row = to_content_row(answer)
            html, storage = to_body(answer, "export_view"), to_body(answer, "storage")
            ref = by_id.get(row.id)
            if ref is None or row.status != "current" or html is None or storage is None:
                continue
            if not _is_outdated(row, ref):
                page = self._to_page(ref, row, html, to_search_labels(answer), "export_view")
                yield row.id, replace(page, storage=storage)

    def _get_or_failure(self, ref: PageRef) -> Page | PageFailure:
        try:
            return self.get_page(ref)
        except PageError as error:
            return PageFailure(ref.id, ref.title, "fetch", str(error), ref.content_type)

    def _ask_for_body(
        self, ref: PageRef, body_format: str, is_final: IsFinal, share_of_time: float
    ) -> Page:
        path = BY_NAME[ref.content_type].to_path(ref.id)
        params: Params = {"body-format": body_format, "include-labels": "true"}
        answer = self._transport.get(path, params, is_final, share_of_time=share_of_time)
        row, html = to_content_row(answer), to_body(answer, body_format)
        if row.status != "current":
            raise GoneError(f"its status is {row.status} now")
        if html is None:
            raise PageError(f"GET {path}: the answer has no {body_format} body")
        return self._to_page(ref, row, html, self._list_labels(answer, path), body_format)

    def _list_labels(self, answer: Json, path: str) -> tuple[str, ...]:
        """Return the labels of a v2 page; the page itself carries the first 50."""
        labels = to_page_labels(answer)
        if labels is None:
            rows = self._transport.list_rows(f"{path}/labels", {"limit": ROWS_A_REQUEST})
            labels = to_labels(rows)
        return labels

    def _to_page(
        self, ref: PageRef, row: ContentRow, html: str, labels: tuple[str, ...], body_format: str
    ) -> Page:
        """Return a page whose ref describes what was fetched, should that be newer."""
        ref = replace(
            ref,
            version=row.version,
            title=row.title,
            # Of one version the listing's: an edit that the listing did not show is not missed.
            modified=row.modified if row.version > ref.version else ref.modified,
            web_path=row.web_path or ref.web_path,
        )
        url = to_page_url(ref, self._transport.site_url, self._settings)
        return Page(ref, url, html, labels, body_format)


def _is_outdated(row: ContentRow, ref: PageRef) -> bool:
    """Return whether a row of the search is older than the listing's.

    An edit together with the deletion of an old version keeps the number. The two APIs may round
    the milliseconds differently.
    """
    seconds = len("2026-06-15T09:30:00")
    return (row.version, row.modified[:seconds]) < (ref.version, ref.modified[:seconds])
