"""Which pages are in scope: by label and ancestor, by restriction, and whether they are gone.

CQL is an index that runs behind, so it says who may come in, and never alone who has to leave.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import batched

from pipeline.fetch import cql
from pipeline.fetch.errors import AnswerError, CredentialsError
from pipeline.fetch.rows import Space, is_restricted, to_ancestors, to_labels, to_search_labels
from pipeline.fetch.transport import Json, Params, Transport
from pipeline.settings import Settings

V1, V2 = "/wiki/rest/api", "/wiki/api/v2"
SEARCH = f"{V1}/content/search"
LIMIT = 250
Check = Callable[[], object]
_KEYS_A_QUERY = 50  # a personal space's key has 30 characters, a URL some thousands
_DEEPEST = 10  # levels that one request for descendants covers


def list_rows(transport: Transport, path: str, params: Params) -> Iterator[Json]:
    """The rows of a list; they may repeat."""
    for rows in transport.list_answers(path, params):
        yield from rows


def list_members(
    transport: Transport, settings: Settings, spaces: Sequence[Space]
) -> dict[str, tuple[str, ...]]:
    """Ids → sorted labels of the pages that have one of LABELS, below FILTER_FOLDER_ID."""
    if settings.filter_folder_id:
        _find_root(transport, settings.filter_folder_id)
    found = _search(transport, settings, spaces, "metadata.labels")
    return {
        str(row["id"]): to_search_labels(row) for row in found if row.get("status") == "current"
    }


def list_missing(
    transport: Transport,
    settings: Settings,
    ids: Collection[str],
    spaces: Sequence[Space],
    check: Check,
) -> set[str]:
    """Those of the ids that are out of scope, told by v2, which is current.

    `check` raises if the credentials are refused.

    One request for 250 ids; with LABELS one for each that is still there, with
    FILTER_FOLDER_ID one for each 250 descendants.
    """
    space_ids = {space.id for space in spaces}
    present: set[str] = set()
    for batch in batched(ids, LIMIT):
        params: Params = {
            "id": ",".join(map(cql.to_id, batch)),
            "status": "current,archived,trashed",
            "limit": LIMIT,
        }
        for row in list_rows(transport, f"{V2}/pages", params):
            if row.get("status") == "current" and str(row.get("spaceId")) in space_ids:
                present.add(str(row["id"]))
    if settings.labels and present:
        wanted = {label.casefold() for label in settings.labels}
        for page_id in sorted(present):
            labels = to_labels(_list_of_page(transport, page_id, "labels", check))
            if wanted.isdisjoint(label.casefold() for label in labels):
                present.remove(page_id)
    if settings.filter_folder_id and present:
        present &= _list_descendants(transport, settings.filter_folder_id)
    return set(ids) - present


def list_restricted(
    transport: Transport, spaces: Sequence[Space], listed: Collection[str], check: Check
) -> set[str]:
    """Those of the listed pages that have view restrictions, their own or from above.

    One request for at most 250 pages, one for each folder, and two for each page that the
    search index does not know yet.
    """
    expand = "ancestors,restrictions.read.restrictions.user,restrictions.read.restrictions.group"
    above: dict[str, list[str]] = {}
    restricted: set[str] = set()
    folders: set[str] = set()
    for row in _search(transport, None, spaces, expand):
        page_id = str(row["id"])
        ancestors = to_ancestors(row)
        above[page_id] = list(ancestors)
        folders |= {id_ for id_, kind in ancestors.items() if kind == "folder"}
        if is_restricted(row.get("restrictions") or {}):
            restricted.add(page_id)
    unknown = [page_id for page_id in listed if page_id not in above]
    for page_id in unknown:
        rows = _list_of_page(transport, page_id, "ancestors", check)
        above[page_id] = [str(row["id"]) for row in rows]
    asked = {*unknown, *folders} | {one for id_ in unknown for one in above[id_]} - above.keys()
    restricted |= {one for one in asked if _has_restriction(transport, one)}
    return {id_ for id_ in listed if id_ in restricted or not restricted.isdisjoint(above[id_])}


def _search(
    transport: Transport, settings: Settings | None, spaces: Sequence[Space], expand: str
) -> Iterator[Json]:
    """Rows of v1's search in the spaces; with settings, below their filters."""
    labels = settings.labels if settings else ()
    folder = settings.filter_folder_id if settings else ""
    for batch in batched(spaces, _KEYS_A_QUERY):
        query = cql.to_pages_query([space.key for space in batch], labels, folder)
        yield from list_rows(transport, SEARCH, {"cql": query, "expand": expand, "limit": LIMIT})


def _list_of_page(transport: Transport, page_id: str, what: str, check: Check) -> list[Json]:
    """The page's labels or ancestors; none when it has just gone."""
    try:
        path = f"{V2}/pages/{cql.to_id(page_id)}/{what}"
        return list(list_rows(transport, path, {"limit": LIMIT}))
    except AnswerError as error:
        if error.status != 404:
            raise
        check()  # v2 says 404 to refused credentials, too
        return []


def _find_root(transport: Transport, item_id: str) -> str:
    """The path of FILTER_FOLDER_ID, a page or a folder. Raises `CredentialsError` if neither."""
    for kind in ("pages", "folders"):
        path = f"{V2}/{kind}/{cql.to_id(item_id)}"
        try:
            transport.get(path)
        except AnswerError as error:
            if error.status != 404:
                raise
        else:
            return path
    raise CredentialsError(
        f"FILTER_FOLDER_ID={item_id} is neither a page nor a folder that this account can see"
    )


def _list_descendants(transport: Transport, root_id: str) -> set[str]:
    """Ids of everything below a page or folder, however deep."""
    found: set[str] = set()
    starts = [_find_root(transport, root_id)]
    while starts:
        path = starts.pop()
        params: Params = {"depth": _DEEPEST, "limit": LIMIT}
        for row in list_rows(transport, f"{path}/descendants", params):
            item_id, kind = str(row["id"]), row.get("type")
            if item_id not in found and row.get("depth") == _DEEPEST and kind in _PARENTS:
                starts.append(f"{V2}/{_PARENTS[kind]}/{cql.to_id(item_id)}")
            found.add(item_id)
    return found


_PARENTS: Mapping[str | None, str] = {"page": "pages", "folder": "folders"}


def _has_restriction(transport: Transport, item_id: str) -> bool:
    """Asked singly. An item that the route does not know has none of its own."""
    path = f"{V1}/content/{cql.to_id(item_id)}/restriction/byOperation"
    try:
        return is_restricted(transport.get(path))
    except AnswerError as error:
        if error.status == 404:
            return False
        raise
