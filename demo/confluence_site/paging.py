"""How the site divides its lists into pages: cursors, next links, and their oddities."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import urlencode

NextShape = Literal["rotate", "rest", "wiki", "absolute"]
_SHAPES: tuple[NextShape, ...] = ("rest", "wiki", "absolute")


@dataclass(frozen=True, slots=True)
class Paging:
    """How lists are divided into pages; every option was observed on real sites.

    `next_shape`: next links start with `/rest/…` or `/api/…`, with `/wiki/…`, or with the site's
    own address; "rotate" uses the three in turn. None contains the gateway's prefix.
    """

    next_shape: NextShape = "rotate"
    list_rows: int | None = None  # pages of v2 lists have no more rows, whatever `limit` is
    drops_expand: bool = False  # next links of v1 lose `expand`
    short_pages: bool = False  # pages have fewer rows than `limit`, and still a next link
    empty_pages: bool = False  # every second page is empty, and still has a next link
    repeated_rows: bool = False  # a page starts with the last row of the previous one


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of a list begins: the number of pages before it, and the last key of those."""

    number: int = 0
    after: int = 0


def to_cursor(position: Position, owner: str) -> str:
    """Return an opaque cursor that only the same list accepts."""
    text = f"{zlib.crc32(owner.encode()):08x}:{position.number}:{position.after}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def to_position(cursor: str | None, owner: str) -> Position:
    """Return the position in a cursor of this list. Raises ValueError for any other text."""
    if cursor is None:
        return Position()
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        check, number, after = text.split(":")
    except (binascii.Error, UnicodeError, ValueError):
        raise ValueError(f"Invalid cursor: {cursor}") from None
    if check != f"{zlib.crc32(owner.encode()):08x}":
        raise ValueError(f"Invalid cursor: {cursor}")
    return Position(int(number), int(after))


def cut[Row](
    walk: Callable[[int], Iterator[tuple[int, Row]]],
    position: Position,
    limit: int,
    paging: Paging,
) -> tuple[list[Row], Position | None]:
    """Return one page of a list, and where the next one begins (None: this is the last).

    `walk(after)` yields rows with their keys in ascending order, from above `after`.
    """
    number, after = position.number, position.after
    if paging.empty_pages and number % 2:
        return [], Position(number + 1, after)
    if paging.short_pages:
        limit = max(limit - 1 - number % 3, 1)
    start = after
    if paging.repeated_rows and number and limit > 1:
        start = after - 1
    found = list(islice(walk(start), limit + 1))
    rows = [row for _, row in found[:limit]]
    if len(found) <= limit:
        return rows, None
    return rows, Position(number + 1, found[limit - 1][0])


def numbered[Row](rows: Iterable[Row]) -> Callable[[int], Iterator[tuple[int, Row]]]:
    """Return a walk over rows whose key is their place in the list."""
    return lambda after: islice(enumerate(rows, 1), after, None)


def next_link(
    paging: Paging,
    links_base: str,
    path: str,
    params: Mapping[str, str | int],
    position: Position,
) -> str:
    """Return the next link; `path` begins with `/rest/api/` or `/api/v2/`."""
    shape = paging.next_shape
    if shape == "rotate":
        shape = _SHAPES[(position.number - 1) % len(_SHAPES)]
    prefix = {"rest": "", "wiki": "/wiki", "absolute": links_base}[shape]
    return f"{prefix}{path}?{urlencode(params)}"
