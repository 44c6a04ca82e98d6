"""What is on many pages: by the list of the whole site, or page by page where that is shorter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

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
) -> Iterator[Found | PageFailure]:
    """Yield what is on the pages (id → content type), and the pages that could not be listed.

    v2 has no list by space. The list of the site is one request for 250 rows, of all spaces; it is
    given up once it has taken more requests than there are pages, and where it fails, or does not
    show which page a row is on. What was yielded until then is yielded again. Raises
    `ConfluenceError` if the site or the account fails.
    """
    if not pages:
        return
    whole = _WholeSite(pages, read)
    try:
        with account.explaining_refusals():
            yield from whole.list_rows(transport.list_answers(f"{V2}/{collection}", params))
    except (StatusError, BrokenAnswerError) as error:
        account.rule_out_site_failure(error)
        log.warning("the site's list of %s fails; listing page by page: %s", collection, error)
    if not whole.is_complete:
        yield from _list_page_by_page(account, pages, list_of_page)


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


class _WholeSite[Found]:
    """The rows of the site's list that are on the pages."""

    def __init__(self, pages: Mapping[str, str], read: Read[Found]) -> None:
        self.is_complete = False  # set once the list has come to its end
        self._pages, self._read = pages, read

    def list_rows(self, answers: Iterator[list[Json]]) -> Iterator[Found | PageFailure]:
        good, odd = 0, ""
        for _ in range(len(self._pages) + 1):
            rows = next(answers, None)
            if rows is None:
                if odd and not good:
                    raise BrokenAnswerError(f"no row can be read, as the first one: {odd}")
                self.is_complete = True
                return
            for row in rows:
                page_id = to_page_id(row)
                if page_id is None:
                    raise BrokenAnswerError(f"row {row.get('id')!r} does not show its page")
                if page_id not in self._pages:
                    good += 1
                    continue
                try:
                    found = self._read(row, page_id)
                except BrokenAnswerError as error:
                    odd = odd or str(error)
                    yield PageFailure(page_id, "", "list", str(error))
                else:
                    good += 1
                    if found is not None:
                        yield found
