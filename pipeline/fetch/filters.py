"""LABELS and FILTER_FOLDER_ID: CQL finds what is in scope, v2 confirms what has left it.

CQL reads an index that lags behind: it decides what is added, but not what is deleted.

A page that a listing lacks is gone only by a positive answer: trashed, archived, in another space,
without the labels, outside the folder, or 404 when it is asked for alone. A list without the page,
a row that cannot be read and an error are no such answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from itertools import batched

from pipeline.fetch.content import (
    PARENTS,
    ROWS_A_REQUEST,
    SEARCH,
    V2,
    ContentType,
    is_id,
    to_id,
    types_in_scope,
)
from pipeline.fetch.cql import to_scope_queries
from pipeline.fetch.errors import BrokenAnswerError, ConfluenceError, CredentialsError, StatusError
from pipeline.fetch.rows import Json, Space, to_labels, to_row_id, to_search_labels
from pipeline.fetch.spaces import SpacesInScope
from pipeline.fetch.transport import Params, Transport
from pipeline.settings import Settings

Check = Callable[[], object]  # raises if the credentials are refused
InScope = Callable[[str], bool]  # of a space's id
# The key of a personal space has some 30 characters; servers limit a URL to a few thousand.
_KEYS_A_QUERY = 50
_GONE = {"archived", "trashed", "deleted"}  # statuses
_DEEPEST = 10  # levels that one request for descendants covers


def search(
    transport: Transport,
    types: Sequence[ContentType],
    spaces: Sequence[Space],
    expand: str,
    labels: Sequence[str] = (),
    folder_id: str = "",
) -> Iterator[Json]:
    """Yield the rows of v1's search in the spaces, for all of the types; they may repeat."""
    for batch in batched(spaces, _KEYS_A_QUERY):
        keys = [space.key for space in batch]
        for query in to_scope_queries(types, keys, labels, folder_id):
            params: Params = {"cql": query, "expand": expand, "limit": ROWS_A_REQUEST}
            yield from transport.list_rows(SEARCH, params)


def list_members(
    transport: Transport,
    settings: Settings,
    spaces: Sequence[Space],
    on_odd_row: Callable[[str], object],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (id, sorted labels) of the pages that the filters include; they may repeat.

    `on_odd_row` is called with the reason for each row that cannot be read. Raises
    `CredentialsError` if FILTER_FOLDER_ID is not visible.
    """
    if settings.filter_folder_id:
        _find_root(transport, settings.filter_folder_id)
    types, folder_id = types_in_scope(settings), settings.filter_folder_id
    rows = search(transport, types, spaces, "metadata.labels", settings.labels, folder_id)
    good, odd = 0, ""
    for row in rows:
        if row.get("status") != "current":
            continue
        try:
            yield to_row_id(row), to_search_labels(row)
            good += 1
        except BrokenAnswerError as error:
            odd = odd or str(error)
            on_odd_row(str(error))
    if odd and not good:
        raise BrokenAnswerError(f"no row of the search can be read, as the first one: {odd}")


def list_gone(
    transport: Transport,
    settings: Settings,
    ids: Collection[str],
    type_of: Mapping[str, str],
    spaces: Collection[Space],
    check: Check,
    list_descendants: Callable[[], Set[str]],
) -> set[str]:
    """Return which of the ids are gone or out of scope according to v2, which is current.

    One request for 250 ids, one for each that the answer lacks, and one for each other space that
    they are in; with LABELS one for each page that is still there. `type_of` is id → type, where it
    is known: v2 has a route for each type, so an id of unknown type is asked for on all, and one of
    a type that CONTENT_TYPES leaves out on none. `list_descendants` returns what is below
    FILTER_FOLDER_ID. An id that is no number was stored by something else: there is no answer
    about it.
    """
    ids = set(filter(is_id, ids))
    in_scope = SpacesInScope(transport, settings, spaces).has
    types = {content.name: content for content in types_in_scope(settings)}
    gone = {one for one in ids if type_of.get(one) not in (None, *types)}
    kept: dict[str, ContentType] = {}
    for name, content in types.items():
        asked = [one for one in ids - gone if type_of.get(one, name) == name]
        for row in _list_by_id(transport, content, asked):
            page_id = str(row.get("id"))
            if _is_gone(row, in_scope):
                gone.add(page_id)
            else:
                kept[page_id] = content
    for page_id in sorted(ids - gone - kept.keys()):
        known = types.get(type_of.get(page_id, ""))
        routes = [known] if known else list(types.values())
        if _is_gone_alone(transport, routes, page_id, in_scope, check):
            gone.add(page_id)
    if settings.labels:
        gone |= _list_unlabelled(transport, settings, kept, check)
    if settings.filter_folder_id and not gone.issuperset(ids):
        gone |= ids - list_descendants()
    return gone & ids


def _list_by_id(transport: Transport, content: ContentType, ids: Collection[str]) -> Iterator[Json]:
    for batch in batched(ids, ROWS_A_REQUEST):
        params: Params = {
            "id": ",".join(map(to_id, batch)),
            "status": content.statuses,
            "limit": ROWS_A_REQUEST,
        }
        yield from transport.list_rows(f"{V2}/{content.collection}", params)


def _is_gone(row: Json, in_scope: InScope) -> bool:
    """Return whether a row shows a page that is not current, or in another space."""
    status, space_id = row.get("status"), str(row.get("spaceId"))
    return status in _GONE or (
        status == "current" and space_id.isdecimal() and not in_scope(space_id)
    )


def _is_gone_alone(
    transport: Transport,
    types: Sequence[ContentType],
    page_id: str,
    in_scope: InScope,
    check: Check,
) -> bool:
    """Ask for one page. Raises `ConfluenceError` if the site fails or the account is refused."""
    for content in types:
        try:
            row = transport.get(content.to_path(page_id))
        except ConfluenceError as error:
            check()  # v2 answers 404 to refused credentials, too
            if not (isinstance(error, StatusError) and error.status == 404):
                return False
        else:
            return _is_gone(row, in_scope)
    return True


def _list_unlabelled(
    transport: Transport, settings: Settings, pages: Mapping[str, ContentType], check: Check
) -> set[str]:
    """Return which of the pages have none of the labels in scope."""
    included = {label.casefold() for label in settings.labels}
    return {
        page_id
        for page_id, content in sorted(pages.items())
        if included.isdisjoint(
            label.casefold()
            for label in to_labels(list_of_page(transport, content, page_id, "labels", check))
        )
    }


def list_of_page(
    transport: Transport, content: ContentType, page_id: str, what: str, check: Check
) -> list[Json]:
    """Return the page's labels or ancestors (`what`); an empty list if it has just gone."""
    try:
        path = f"{content.to_path(page_id)}/{what}"
        return list(transport.list_rows(path, {"limit": ROWS_A_REQUEST}))
    except StatusError as error:
        if error.status != 404:
            raise
        check()  # v2 answers 404 to refused credentials, too
        return []


def _find_root(transport: Transport, item_id: str) -> str:
    """Return the v2 route of FILTER_FOLDER_ID, a page or a folder.

    Raises `CredentialsError` if it is neither.
    """
    path = _look_for_root(transport, item_id)
    if not path:
        transport.pause_after_refusal(f"FILTER_FOLDER_ID={item_id} is not found")
        path = _look_for_root(transport, item_id)
    if path:
        return path
    raise CredentialsError(
        f"FILTER_FOLDER_ID={item_id} is neither a page nor a folder that this account can see"
    )


def _look_for_root(transport: Transport, item_id: str) -> str:
    for collection in PARENTS.values():
        path = f"{V2}/{collection}/{to_id(item_id)}"
        try:
            transport.get(path)
        except StatusError as error:
            if error.status != 404:
                raise
        else:
            return path
    return ""


def list_descendants(transport: Transport, root_id: str) -> set[str]:
    """Return the ids of everything below a page or folder, however deep.

    Raises `CredentialsError` if it is not visible.
    """
    found: set[str] = set()
    starts = [_find_root(transport, root_id)]
    while starts:
        path = starts.pop()
        params: Params = {"depth": _DEEPEST, "limit": ROWS_A_REQUEST}
        for row in transport.list_rows(f"{path}/descendants", params):
            item_id, collection = to_row_id(row), PARENTS.get(str(row.get("type")))
            if item_id not in found and row.get("depth") == _DEEPEST and collection:
                starts.append(f"{V2}/{collection}/{to_id(item_id)}")
            found.add(item_id)
    return found
