"""Sorted lists of v2, of what is on pages: attachments and comments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from demo.confluence_site.answers import Context, Params
from demo.confluence_site.items import SitePage
from demo.confluence_site.paging import numbered

# The last part of the v2 routes of what has attachments and comments → the field of a row that
# has its id.
CONTAINERS = {"pages": "pageId", "blogposts": "blogPostId"}
TYPES = {"pages": "page", "blogposts": "blogpost"}
_ORDERS = ("created-date", "-created-date", "modified-date", "-modified-date")


class Dated(Protocol):
    """What a list can be sorted by."""

    @property
    def created(self) -> datetime: ...

    @property
    def modified(self) -> datetime: ...


def in_order[Row: Dated](
    params: Params, after: Callable[[int], Iterator[tuple[int, Row]]]
) -> Callable[[int], Iterator[tuple[int, Row]]]:
    """Return a walk in the order of the parameter `sort`, without it by id."""
    order = params.get("sort")
    if order is None:
        return after
    if order not in _ORDERS:
        raise ValueError(f"Invalid sort: {order}")
    is_created = "created" in order
    rows = sorted(
        (row for _, row in after(0)),
        key=lambda row: row.created if is_created else row.modified,
        reverse=order.startswith("-"),
    )
    return numbered(rows)


def is_on_visible_page(context: Context, page_id: str) -> bool:
    """Return whether what is on a page is shown: the account sees it, and it is in no trash."""
    page = context.state.visible_page(page_id)
    return page is not None and page.status in ("current", "archived")


def to_container(page: SitePage) -> str:
    """Return the field of a row that has the page's id."""
    return CONTAINERS[f"{page.type}s"]
