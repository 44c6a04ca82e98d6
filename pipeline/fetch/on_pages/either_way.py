"""What is on many pages: by the list of the whole site, or page by page where that is shorter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterator, Mapping

from pipeline.fetch.account import Account
from pipeline.fetch.content import BY_NAME, V2
from pipeline.fetch.errors import BrokenAnswerError, StatusError
from pipeline.fetch.on_pages.rows import to_page_id
from pipeline.fetch.rows import Json
from pipeline.fetch.transport import Params, Transport
from pipeline.records import PageFailure

log = logging.getLogger(__name__)

# Pages in a row that are not refused, but fail after all attempts: then the site fails.
_FAILURES_IN_A_ROW = 5
# Reads a row, of something on the page of that id; None for what is not current.
type Read[Found] = Callable[[Json, str], Found | None]
type ListOfPage[Found] = Callable[[str, str], Iterator[Found]]  # the page's v2 route, its id


def list_either_way[Found](
    transport: Transport,
    account: Account,
    collection: str,
    params: Params,
    pages: Mapping[str, str],
    read: Read[Found],
    list_of_page: ListOfPage[Found],
) -> Generator[Found | PageFailure, None, int]:
    """Yield what is on the pages (id → content type), and the pages that could not be listed.

    Return the number of answers that the list of the site has; 0 if it was given up.

    v2 has no list by space. The list of the site is one request for 250 rows, of all spaces; it is
    given up once it has taken more requests than there are pages, and where it fails, or does not
    show which pages its rows are on. What was yielded until then is yielded again. Raises
    `ConfluenceError` if the site or the account fails.
    """
    if not pages:
        return 0
    whole = WholeSite(transport, account, len(pages) + 1)
    try:
        yield from whole.list_rows(collection, params, pages, read)
    except (StatusError, BrokenAnswerError) as error:
        account.rule_out_site_failure(error)
        log.warning("the site's list of %s fails; listing page by page: %s", collection, error)
    if whole.is_complete:
        return whole.answers
    yield from _list_page_by_page(account, pages, list_of_page)
    return 0


def _list_page_by_page[Found](
    account: Account, pages: Mapping[str, str], list_of_page: ListOfPage[Found]
) -> Iterator[Found | PageFailure]:
    failures = 0
    for page_id, content_type in pages.items():
        try:
            yield from list_of_page(BY_NAME[content_type].to_path(page_id), page_id)
            failures = 0
        except (StatusError, BrokenAnswerError) as error:
            account.rule_out_site_failure(error)
            is_refused = isinstance(error, StatusError) and error.status in (403, 404)
            failures = 0 if is_refused else failures + 1
            if failures == _FAILURES_IN_A_ROW:
                raise
            yield PageFailure(page_id, "", "list", str(error))


class WholeSite:
    """Lists of the whole site, for at most so many requests."""

    def __init__(self, transport: Transport, account: Account, most_answers: int) -> None:
        self.is_complete = True  # whether every list so far has come to its end
        self.answers = 0
        self._transport, self._account, self._most = transport, account, most_answers

    def list_rows[Found](
        self,
        collection: str,
        params: Params,
        pages: Collection[str],
        read: Read[Found],
        newest: str = "",
    ) -> Iterator[Found | PageFailure]:
        """Yield the rows of one list that are on the pages, and the pages with an odd row.

        Raises `BrokenAnswerError` for a list of which no row can be read, none shows its page, or
        none has the id `newest`.
        """
        self.is_complete = False
        checks = _Checks(newest)
        with self._account.explaining_refusals():
            for rows in self._transport.list_answers(f"{V2}/{collection}", params):
                self.answers += 1
                for row in rows:
                    page_id = checks.to_page_id(row)
                    if page_id not in pages:
                        continue
                    try:
                        found = read(row, page_id)
                    except BrokenAnswerError as error:
                        checks.note_odd(error)
                        yield PageFailure(page_id, "", "list", str(error))
                    else:
                        checks.is_read = True
                        if found is not None:
                            yield found
                if self.answers >= self._most:
                    return
        checks.finish()
        self.is_complete = True


class _Checks:
    """Whether a list is one that can be used.

    Rows may be on what is no page: the logo of a space, a whiteboard. They do not show a page, as a
    list would that stopped to show them. Replies are another kind of row than first comments.
    """

    def __init__(self, newest: str) -> None:
        self._lacking = newest  # the id of a row that has to be there, until it was
        self.is_read = False  # a row on one of the pages
        self._odd = ""  # why the first odd row cannot be read
        self._placed, self._unplaced = set[bool](), set[bool]()  # of replies, of other rows

    def to_page_id(self, row: Json) -> str:
        page_id, is_reply = to_page_id(row), bool(row.get("parentCommentId"))
        if str(row.get("id")) == self._lacking:
            self._lacking = ""
        (self._unplaced if page_id is None else self._placed).add(is_reply)
        return page_id or ""

    def note_odd(self, error: BrokenAnswerError) -> None:
        self._odd = self._odd or str(error)

    def finish(self) -> None:
        """Raise `BrokenAnswerError` if the whole list is odd."""
        if self._odd and not self.is_read:
            raise BrokenAnswerError(f"no row can be read, as the first one: {self._odd}")
        if not self._unplaced <= self._placed:
            raise BrokenAnswerError("no row shows which page it is on")
        if self._lacking:
            raise BrokenAnswerError("it ends before its newest row")
