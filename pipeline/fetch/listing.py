"""The listing of some spaces, answer by answer; one space's trouble is that space's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

from pipeline.fetch.account import Account
from pipeline.fetch.content import ROWS_A_REQUEST, V2, ContentType, is_id, to_id
from pipeline.fetch.errors import BrokenAnswerError, ConfluenceError, CredentialsError
from pipeline.fetch.rows import Json, Space, to_content_row
from pipeline.fetch.transport import Params, Transport
from pipeline.records import ListedPage, PageRef

_SPACES_A_REQUEST = 100
# Spaces in a row that are not refused, but fail after all attempts: then the site fails.
_FAILURES_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class UnlistedSpace:
    """A space whose listing failed: what was listed of it is incomplete."""

    space: Space
    error: ConfluenceError


@dataclass(frozen=True, slots=True)
class ListingPart:
    """One answer of a listing."""

    pages: tuple[ListedPage, ...] = ()  # a page may be repeated in other parts
    odd_rows: tuple[str, ...] = ()  # why a row was passed over, one line each
    unlisted: UnlistedSpace | None = None


def list_pages(
    transport: Transport, types: Sequence[ContentType], spaces: Sequence[Space], account: Account
) -> Iterator[ListingPart]:
    """Yield all current content of the types, and which spaces could not be listed in full.

    One request for 250 pages, without bodies; many small spaces share it, and are asked for one by
    one if that fails. Raises `ConfluenceError` if all spaces fail, or the site or the account does.
    """
    listed, first_error, failures = False, None, 0
    for group in batched(spaces, _SPACES_A_REQUEST):
        for part in _list_group(transport, types, group, account):
            yield part
            if part.unlisted is None:
                listed, failures = True, 0
                continue
            error = part.unlisted.error
            first_error = first_error or error
            failures = 0 if isinstance(error, CredentialsError) else failures + 1
            if failures == _FAILURES_IN_A_ROW:
                raise error
    if first_error and not listed:
        raise first_error


def list_by_id(
    transport: Transport,
    types: Sequence[ContentType],
    spaces: Sequence[Space],
    page_ids: Sequence[str],
) -> list[PageRef]:
    """Return those of the pages that are current and in the spaces, without their ancestors."""
    key_of = {space.id: space.key for space in spaces}
    found: list[PageRef] = []
    for content in types:
        for batch in batched(filter(is_id, page_ids), ROWS_A_REQUEST):
            params: Params = {"id": ",".join(map(to_id, batch)), "limit": ROWS_A_REQUEST}
            rows = list(transport.list_rows(f"{V2}/{content.collection}", params))
            found += [page.ref for page in _to_part(rows, content, key_of).pages]
    return found


def _list_group(
    transport: Transport, types: Sequence[ContentType], spaces: Sequence[Space], account: Account
) -> Iterator[ListingPart]:
    try:
        with account.explaining_refusals():
            yield from _list_together(transport, types, spaces)
    except ConfluenceError as error:
        account.rule_out_site_failure(error)
        if len(spaces) == 1:
            yield ListingPart(unlisted=UnlistedSpace(spaces[0], error))
            return
        for space in spaces:
            yield from _list_group(transport, types, [space], account)


def _list_together(
    transport: Transport, types: Sequence[ContentType], spaces: Sequence[Space]
) -> Iterator[ListingPart]:
    """Yield the answers for spaces that share their requests: complete, or an error."""
    key_of = {space.id: space.key for space in spaces}
    good, odd = 0, ""
    for content in types:
        for rows in transport.list_answers(*_to_question(content, list(key_of))):
            part = _to_part(rows, content, key_of)
            good, odd = good + len(part.pages), odd or "".join(part.odd_rows[:1])
            yield part
    if odd and not good:
        raise BrokenAnswerError(f"no row of the listing can be read, as the first one: {odd}")
    yield ListingPart()


def _to_question(content: ContentType, space_ids: Sequence[str]) -> tuple[str, Params]:
    params: Params = {"status": "current", "limit": ROWS_A_REQUEST}
    if len(space_ids) == 1:
        return f"{V2}/spaces/{to_id(space_ids[0])}/{content.collection}", params
    return f"{V2}/{content.collection}", {"space-id": ",".join(map(to_id, space_ids)), **params}


def _to_part(rows: Sequence[Json], content: ContentType, key_of: dict[str, str]) -> ListingPart:
    """Return the current pages of one answer; a row that cannot be used does not stop the others.

    Its page is not taken as gone: whatever a listing lacks is asked for by id.
    """
    pages: list[ListedPage] = []
    odd: list[str] = []
    for found in rows:
        try:
            row = to_content_row(found)
        except BrokenAnswerError as error:
            odd.append(str(error))
            continue
        if row.space_id not in key_of:
            odd.append(f"{content.name} {row.id} is listed in a space that was not requested")
        elif row.status == "current":
            ref = row.to_ref(content, key_of[row.space_id])
            parent = row.parent if content.has_ancestors else ""
            pages.append(ListedPage(ref, parent, row.parent_type))
    return ListingPart(tuple(pages), tuple(odd))
