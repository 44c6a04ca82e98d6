"""View restrictions: which pages only some users or groups may see, and what restricts them.

A restriction limits everything below the item that has it. Of items that cannot be asked, the pages
below are skipped too: a vector store has no access control of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from pipeline.fetch.account import Account
from pipeline.fetch.content import ContentType
from pipeline.fetch.filters import search
from pipeline.fetch.restrictions.items_above import Item, ItemsAbove
from pipeline.fetch.rows import Space, is_restricted, to_row_id
from pipeline.fetch.transport import Transport
from pipeline.records import BLOG_POST, PAGE

# Where a listed page is: its parent's id and type, and its own type. The parent is "" at the top of
# a space, and None where the listing does not say.
Place = tuple[str | None, str, str]
PAGE_ABOVE, UNKNOWN = "page above", "unknown"
# What can restrict a page, as the report counts it.
REASONS = (PAGE, BLOG_POST, PAGE_ABOVE, "folder", "whiteboard", "database", "embed", UNKNOWN)
_MOST_NAMED = 5  # pages in a warning
_EXPAND = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"


def list_restricted(
    transport: Transport,
    account: Account,
    types: Sequence[ContentType],
    spaces: Sequence[Space],
    places: Mapping[str, Place],
    warn: Callable[[str], None],
) -> Iterator[tuple[str, str]]:
    """Yield the ids of listed pages that are restricted or may be, each with one of `REASONS`.

    `places` has all pages of the spaces by id. `warn` is called with what could not be asked. One
    request for 250 pages, two for each other item above them, and one for each page that the search
    index does not have yet.
    """
    is_known: dict[str, bool] = {}  # by page: whether it is restricted itself
    for row in search(transport, types, spaces, _EXPAND):
        is_known[to_row_id(row)] = is_restricted(row.get("restrictions") or {})
    above = ItemsAbove(transport, account, is_known)
    below: dict[str, str] = {"": ""}  # by item: what restricts the pages below it; "": nothing
    circular: list[str] = []
    for page_id in places:
        for inner in reversed(_climb(page_id, places, below)):
            parent, kind, own_type = places[inner]
            if parent is None or (parent not in below and parent not in places):
                chain = above.list_above(inner, parent, kind)
                inherited = _to_reason(chain, above)
                if parent is not None:
                    below[parent] = inherited
            else:
                circular += [inner] if parent not in below else []
                inherited = below.get(parent, UNKNOWN)
            own = above.is_restricted(Item(inner, own_type))
            below[inner] = PAGE_ABOVE if own else inherited or (UNKNOWN if own is None else "")
            if reason := own_type if own else below[inner]:
                yield inner, reason
    if circular:
        warn(
            f"RESTRICTED_PAGES=skip: pages {', '.join(circular[:_MOST_NAMED])} are listed below "
            "themselves, so that they and the pages below them are skipped: run again"
        )
    for message in above.list_warnings():
        warn(message)


def _climb(page_id: str, places: Mapping[str, Place], below: dict[str, str]) -> list[str]:
    """Return a page and the listed pages above it that have no reason yet, from the lowest up."""
    path: dict[str, None] = {}
    current: str | None = page_id
    while current and current not in below and current not in path and current in places:
        path[current] = None
        current = places[current][0]
    return list(path)


def _to_reason(chain: Sequence[Item] | None, above: ItemsAbove) -> str:
    """Return what restricts the pages below a chain of items, from the top down.

    The lowest counts; "" if nothing does. None is a chain that cannot be read.
    """
    if chain is None:
        return UNKNOWN
    reason = ""
    for item in chain:
        own = above.is_restricted(item)
        if own:
            kind = PAGE_ABOVE if item.kind == PAGE else item.kind
            reason = kind if kind in REASONS else UNKNOWN
        elif own is None:
            reason = reason or UNKNOWN
    return reason
