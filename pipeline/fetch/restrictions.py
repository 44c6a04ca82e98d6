"""View restrictions: which of the listed pages only some users or groups may see."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.fetch.content import BY_NAME, V1, to_id
from pipeline.fetch.errors import StatusError
from pipeline.fetch.filters import Check, list_of_page, search
from pipeline.fetch.rows import Space, is_restricted, to_ancestors
from pipeline.fetch.transport import Transport
from pipeline.records import PageRef

_EXPAND = "ancestors,restrictions.read.restrictions.user,restrictions.read.restrictions.group"


def list_restricted(
    transport: Transport, spaces: Sequence[Space], listed: Sequence[PageRef], check: Check
) -> set[str]:
    """Return the ids of the listed pages with view restrictions, their own or inherited.

    One request for at most 250 pages, one for each folder, and two for each page that the
    search index does not know yet.
    """
    above: dict[str, list[str]] = {}
    restricted: set[str] = set()
    to_ask: set[str] = set()
    for row in search(transport, spaces, _EXPAND):
        page_id = str(row["id"])
        ancestors = to_ancestors(row)
        above[page_id] = list(ancestors)
        to_ask |= {above_id for above_id, kind in ancestors.items() if kind == "folder"}
        if is_restricted(row.get("restrictions") or {}):
            restricted.add(page_id)
    indexed = set(above)
    for ref in listed:
        if ref.id in indexed:
            continue
        content = BY_NAME[ref.content_type]
        above[ref.id] = []
        if content.has_ancestors:
            rows = list_of_page(transport, content, ref.id, "ancestors", check)
            above[ref.id] = [str(row["id"]) for row in rows]
        to_ask |= {ref.id, *above[ref.id]} - indexed
    restricted |= {item_id for item_id in to_ask if _has_restriction(transport, item_id)}
    return {
        ref.id for ref in listed if ref.id in restricted or not restricted.isdisjoint(above[ref.id])
    }


def _has_restriction(transport: Transport, item_id: str) -> bool:
    """Return whether an item has its own view restrictions; one unknown to the route has none."""
    path = f"{V1}/content/{to_id(item_id)}/restriction/byOperation"
    try:
        return is_restricted(transport.get(path))
    except StatusError as error:
        if error.status == 404:
            return False
        raise
