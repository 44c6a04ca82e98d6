"""The attachments of many pages, and which of them are gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping

from pipeline.fetch.account import Account
from pipeline.fetch.content import ROWS_A_REQUEST, V2
from pipeline.fetch.errors import ConfluenceError, StatusError
from pipeline.fetch.on_pages.either_way import list_either_way
from pipeline.fetch.on_pages.rows import is_current, to_attachment, to_attachment_id, to_page_id
from pipeline.fetch.rows import Json
from pipeline.fetch.transport import Params, Transport
from pipeline.records import Attachment, PageFailure

_PARAMS: Params = {"status": "current", "limit": ROWS_A_REQUEST}


def list_attachments(
    transport: Transport, account: Account, pages: Mapping[str, str]
) -> Iterator[Attachment | PageFailure]:
    """Yield the current attachments of the pages (id → content type), and what was not listed.

    They may repeat. A page with a `PageFailure` was not listed in full. See `list_either_way` for
    the requests.
    """

    def list_of_page(path: str, page_id: str) -> Iterator[Attachment]:
        for row in transport.list_rows(f"{path}/attachments", _PARAMS):
            if found := _read(row, page_id):
                yield found

    yield from list_either_way(
        transport, account, "attachments", _PARAMS, pages, _read, list_of_page
    )


def list_gone_attachments(
    transport: Transport,
    ids: Collection[str],
    pages: Container[str],
    check: Callable[[], object],
) -> set[str]:
    """Return which of the attachments, missing from a listing, are gone by a positive answer.

    Trashed, archived, on a page that is none of `pages`, or 404 while the account is accepted. One
    request for each. `check` raises if the credentials are refused.
    """
    gone = set[str]()
    for file_id in ids:
        try:
            row = transport.get(f"{V2}/attachments/{to_attachment_id(file_id)}")
            is_there = is_current(row)
        except ConfluenceError as error:
            check()  # v2 answers 404 to refused credentials, too
            if isinstance(error, StatusError) and error.status == 404:
                gone.add(file_id)
            continue
        page_id = to_page_id(row)
        if not is_there or (page_id is not None and page_id not in pages):
            gone.add(file_id)
    return gone


def to_file_url(attachment: Attachment, base: str) -> str:
    """Return a link that opens the file for a person; "" while the site's address is unknown."""
    if not base:
        return ""
    path = f"/pages/viewpageattachments.action?pageId={attachment.page_id}"
    return base + (attachment.web_path or path)


def _read(row: Json, page_id: str) -> Attachment | None:
    return to_attachment(row, page_id) if is_current(row) else None
