"""LABELS and FILTER_FOLDER_ID: CQL finds what is in scope, v2 confirms what has left it.

CQL reads an index that lags behind: it decides what is added, but not what is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import batched

from pipeline.fetch.content import (
    CONTENT_TYPES,
    PARENTS,
    ROWS_A_REQUEST,
    SEARCH,
    V2,
    ContentType,
    to_id,
)
from pipeline.fetch.cql import to_scope_queries
from pipeline.fetch.errors import CredentialsError, StatusError
from pipeline.fetch.rows import Json, Space, to_labels, to_search_labels
from pipeline.fetch.transport import Params, Transport
from pipeline.settings import Settings

Check = Callable[[], object]  # raises if the credentials are refused
# The key of a personal space has some 30 characters; servers limit a URL to a few thousand.
_KEYS_A_QUERY = 50
_DEEPEST = 10  # levels that one request for descendants covers


def search(
    transport: Transport,
    spaces: Sequence[Space],
    expand: str,
    labels: Sequence[str] = (),
    folder_id: str = "",
) -> Iterator[Json]:
    """Yield the rows of v1's search in the spaces, for every content type; they may repeat."""
    for content in CONTENT_TYPES:
        for batch in batched(spaces, _KEYS_A_QUERY):
            keys = [space.key for space in batch]
            for query in to_scope_queries(content, keys, labels, folder_id):
                params: Params = {"cql": query, "expand": expand, "limit": ROWS_A_REQUEST}
                yield from transport.list_rows(SEARCH, params)


def list_members(
    transport: Transport, settings: Settings, spaces: Sequence[Space]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (id, sorted labels) of the pages that the filters include; they may repeat.

    Raises `CredentialsError` if FILTER_FOLDER_ID is not visible.
    """
    if settings.filter_folder_id:
        _find_root(transport, settings.filter_folder_id)
    rows = search(transport, spaces, "metadata.labels", settings.labels, settings.filter_folder_id)
    for row in rows:
        if row.get("status") == "current":
            yield str(row["id"]), to_search_labels(row)


def list_gone(
    transport: Transport,
    settings: Settings,
    ids: Collection[str],
    spaces: Sequence[Space],
    check: Check,
) -> set[str]:
    """Return which of the ids are gone or out of scope according to v2, which is current.

    One request for 250 ids; with LABELS one for
    each page that is still there, with FILTER_FOLDER_ID one for each 250 descendants.
    """
    space_ids = {space.id for space in spaces}
    present = {
        page_id: content
        for content in CONTENT_TYPES
        for page_id in _list_present(transport, content, ids, space_ids)
    }
    if settings.labels:
        included = {label.casefold() for label in settings.labels}
        for page_id, content in sorted(present.items()):
            labels = to_labels(list_of_page(transport, content, page_id, "labels", check))
            if included.isdisjoint(label.casefold() for label in labels):
                del present[page_id]
    if settings.filter_folder_id and present:
        return set(ids) - (present.keys() & _list_descendants(transport, settings.filter_folder_id))
    return set(ids) - present.keys()


def _list_present(
    transport: Transport, content: ContentType, ids: Collection[str], space_ids: Collection[str]
) -> Iterator[str]:
    """Yield which of the ids are current and in one of the spaces."""
    for batch in batched(ids, ROWS_A_REQUEST):
        params: Params = {
            "id": ",".join(map(to_id, batch)),
            "status": content.statuses,
            "limit": ROWS_A_REQUEST,
        }
        for row in transport.list_rows(f"{V2}/{content.collection}", params):
            if row.get("status") == "current" and str(row.get("spaceId")) in space_ids:
                yield str(row["id"])


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


def _list_descendants(transport: Transport, root_id: str) -> set[str]:
    """Return the ids of everything below a page or folder, however deep."""
    found: set[str] = set()
    starts = [_find_root(transport, root_id)]
    while starts:
        path = starts.pop()
        params: Params = {"depth": _DEEPEST, "limit": ROWS_A_REQUEST}
        for row in transport.list_rows(f"{path}/descendants", params):
            item_id, collection = str(row["id"]), PARENTS.get(str(row.get("type")))
            if item_id not in found and row.get("depth") == _DEEPEST and collection:
                starts.append(f"{V2}/{collection}/{to_id(item_id)}")
            found.add(item_id)
    return found
