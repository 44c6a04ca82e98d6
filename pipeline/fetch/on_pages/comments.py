"""The comments of pages: which have changed, and the open ones with their bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from pipeline.fetch.account import Account
from pipeline.fetch.content import BY_NAME, ROWS_A_REQUEST, V2
from pipeline.fetch.errors import BrokenAnswerError, PageError, StatusError
from pipeline.fetch.on_pages.comment_lists import KINDS, list_of_page
from pipeline.fetch.on_pages.either_way import WholeSite, list_either_way
from pipeline.fetch.on_pages.rows import CLOSED, is_current, is_open, to_comment, to_comment_ref
from pipeline.fetch.on_pages.threads import list_missing, to_threads
from pipeline.fetch.rows import Json, to_row_id
from pipeline.fetch.transport import Params, Transport
from pipeline.records import Comment, CommentRef, PageFailure, PageRef, Thread

_PARAMS: Params = {"limit": ROWS_A_REQUEST}
_WITH_BODIES: Params = {"body-format": "storage", **_PARAMS}
_NEWEST: Params = {"sort": "-created-date", "limit": 1}

Listed = Mapping[PageRef, Sequence[CommentRef]]  # the comments of pages, by `Comments.list_refs`


class Comments:
    """Reads the comments of one site. `read_threads` may be called from several threads."""

    def __init__(self, transport: Transport, account: Account) -> None:
        self._transport, self._account = transport, account
        self._answers_of_site: int | None = None  # of its lists; None where that is not known

    def list_refs(self, pages: Mapping[str, str]) -> Iterator[CommentRef | PageFailure]:
        """Yield every comment of the pages (id → content type), in no order; they may repeat.

        Those of resolved threads too. A page with a `PageFailure` was not listed in full. See
        `list_either_way` for the requests; page by page it is one for each of the two lists, and
        one for each comment.
        """
        total, is_known = 0, True
        for is_inline, collection in KINDS:
            read = partial(_read_ref, is_inline=is_inline)
            of_page = partial(self._list_refs_of_page, collection, read)
            found = list_either_way(
                self._transport, self._account, collection, _PARAMS, pages, read, of_page
            )
            answers = yield from found
            total, is_known = total + answers, is_known and answers > 0
        self._answers_of_site = total if is_known else None

    def read_threads(
        self, listed: Listed
    ) -> Iterator[tuple[PageRef, tuple[Thread, ...] | PageFailure]]:
        """Yield pages with their open threads, or why they cannot be read.

        By the lists of the site, all comments with their bodies, where these take half as many
        requests as the pages do or fewer; else page by page, as is a page of which they lack a
        comment. The bodies of the pages' comments are in memory together. Raises `ConfluenceError`
        if the site or the account fails.
        """
        by_page = self._read_from_site(listed)
        for page, refs in listed.items():
            try:
                # What the site's lists lack is gone by the page's own answer only.
                threads = to_threads(by_page.pop(page.id, ())) or self._get_threads(page, refs)
            except PageError as error:
                yield page, PageFailure(page.id, page.title, "fetch", str(error))
            else:
                yield page, threads

    def _get_threads(self, page: PageRef, listed: Sequence[CommentRef]) -> tuple[Thread, ...]:
        """Return a page's open threads as they are now, the oldest first.

        Both lists are asked for, and the replies to every open comment, whatever the site's lists
        have shown. A comment that is `listed` and missing is asked for alone. Raises `PageError` if
        the page is not readable any more, or its comments fail.
        """
        seen: dict[str, bool] = {}
        try:
            threads = to_threads(self._list_open(page, seen))
            for ref in list_missing(listed, seen):
                self._check_gone(ref)
        except (StatusError, BrokenAnswerError) as error:
            raise self._account.to_page_error(error) from None
        return threads

    def _check_gone(self, ref: CommentRef) -> None:
        """Raise `BrokenAnswerError` if a comment exists that its page's lists lack."""
        try:
            row = self._transport.get(f"{V2}/{dict(KINDS)[ref.is_inline]}/{ref.id}")
        except StatusError as error:
            if error.status != 404:
                raise
            self._account.rule_out_site_failure(error)
            return
        if is_current(row):
            raise BrokenAnswerError(f"the page's lists lack comment {ref.id}, which exists")

    def _read_from_site(self, listed: Listed) -> dict[str, list[Comment]]:
        """Return the open comments of pages by the site's lists; nothing if that is not cheaper."""
        price = sum(map(_to_price, listed.values()))
        if self._answers_of_site is None or 2 * self._answers_of_site > price:
            return {}
        by_page, odd = defaultdict[str, list[Comment]](list), set[str]()
        pages = {page.id for page in listed}
        whole = WholeSite(self._transport, self._account, price)
        try:
            for _, collection in KINDS:
                newest = self._find_newest(collection)
                rows = whole.list_rows(collection, _WITH_BODIES, pages, _read_open, newest)
                for found in rows:
                    if isinstance(found, PageFailure):
                        odd.add(found.page_id)
                    else:
                        by_page[found.page_id].append(found)
                if not whole.is_complete:
                    return {}
        except (StatusError, BrokenAnswerError) as error:
            self._account.rule_out_site_failure(error)
            return {}
        return {
            page.id: by_page[page.id]
            for page, refs in listed.items()
            if page.id not in odd and _to_expected(refs) <= {one.id for one in by_page[page.id]}
        }

    def _list_refs_of_page(
        self, collection: str, read: Callable[..., CommentRef | None], path: str, page_id: str
    ) -> Iterator[CommentRef]:
        rows = list_of_page(self._transport, path, collection, _PARAMS, lambda _row: False)
        for row, parent in rows:
            if ref := read(row, page_id, parent=parent):
                yield ref

    def _find_newest(self, collection: str) -> str:
        """Return the id of the newest comment of a list, "" where it has none."""
        rows = next(self._transport.list_answers(f"{V2}/{collection}", _NEWEST), ())
        return to_row_id(rows[0]) if rows else ""

    def _list_open(self, page: PageRef, seen: dict[str, bool]) -> Iterator[Comment]:
        """Yield the open comments; add all that are seen: id → whether it is open."""
        path = BY_NAME[page.content_type].to_path(page.id)
        for _, collection in KINDS:
            rows = list_of_page(self._transport, path, collection, _WITH_BODIES, _is_closed)
            for row, parent in rows:
                seen[to_row_id(row)] = is_open(row)
                if is_open(row):
                    yield to_comment(row, page.id, parent)


def _to_price(listed: Sequence[CommentRef]) -> int:
    """Return the requests that a page's threads take, page by page."""
    return len(KINDS) + len(_to_expected(listed))


def _is_closed(row: Json) -> bool:
    return not is_open(row)


def _to_expected(listed: Sequence[CommentRef]) -> set[str]:
    """Return the ids of the comments that a list of open comments has, if none was deleted."""
    return {ref.id for ref in listed if ref.resolution not in CLOSED}


def _read_ref(row: Json, page_id: str, *, is_inline: bool, parent: str = "") -> CommentRef | None:
    if not is_current(row):
        return None
    return to_comment_ref(row, page_id, is_inline=is_inline, parent=parent)


def _read_open(row: Json, page_id: str) -> Comment | None:
    return to_comment(row, page_id) if is_open(row) else None
