"""What both of the site's APIs share: answers, refusals, and lists that come in pages."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from itertools import islice
from typing import Any, Literal
from urllib.parse import quote_plus, urlencode

from demo.confluence_site.items import SITE, Folder, SitePage
from demo.confluence_site.state import SiteState

Json = dict[str, Any]
Params = Mapping[str, str]  # repeated parameters joined by commas
ACCOUNT = "5d8c1f2e9a7b4c0012ab34cd"  # the caller, and the author of everything
NextShape = Literal["rotate", "rest", "wiki", "absolute"]
_SHAPES: tuple[NextShape, ...] = ("rest", "wiki", "absolute")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; a dict is sent as JSON."""

    status: int
    body: Json | str | bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class RefusedError(Exception):
    """The request is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with {answer.status}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Paging:
    """How lists come in pages: every oddity was seen on real sites.

    `next_shape`: next links start with `/rest/…` or `/api/…`, with `/wiki/…`, or with the site's
    own address; "rotate" goes round all three. None ever carries the gateway's prefix.
    """

    next_shape: NextShape = "rotate"
    drops_expand: bool = False  # next links of v1 lose `expand`
    short_pages: bool = False  # pages hold fewer rows than asked for, and still have a next
    empty_pages: bool = False  # every second page is empty, and still has a next
    repeated_rows: bool = False  # a page starts with the last row of the one before


@dataclass(slots=True)
class Context:
    """What an answer is made from."""

    state: SiteState
    base_url: str  # of the site, without /wiki
    paging: Paging
    serves_legacy: bool  # v1 routes that are no longer published answer, instead of 410
    user: str

    @property
    def links_base(self) -> str:
        return f"{self.base_url}/wiki"

    def body(self, page: SitePage, representation: str) -> str:
        return page.body(representation).replace(SITE, self.base_url)


@dataclass(frozen=True, slots=True)
class Route:
    """`answer(context, path, params, *groups of the pattern)` makes the answer."""

    pattern: str
    scope: str  # what the published description says a token needs
    answer: Callable[..., Answer]
    is_legacy: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """One of the site's APIs: its routes, and the way it says no."""

    prefix: str
    routes: tuple[Route, ...]
    refuse: Callable[[int, str], RefusedError]
    bad_credentials: tuple[int, str]
    no_route: str

    def find(self, path: str) -> tuple[Route, tuple[str, ...]]:
        """The route of a path below the prefix, and what the path names."""
        for route in self.routes:
            if match := re.fullmatch(route.pattern, path):
                return route, match.groups()
        raise self.refuse(404, self.no_route)

    def answer(self, context: Context, path: str, params: Params) -> Answer:
        """Answer a path below the prefix. Raises RefusedError."""
        route, groups = self.find(path)
        if route.is_legacy and not context.serves_legacy:
            raise self.refuse(410, "This deprecated endpoint has been removed.")
        try:
            return route.answer(context, path, params, *groups)
        except ValueError as error:
            raise self.refuse(400, str(error)) from error


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of a list begins: how many pages went before, and after which key."""

    number: int = 0
    after: int = 0


def to_cursor(position: Position, owner: str) -> str:
    """An opaque cursor that only the same list accepts."""
    told = f"{zlib.crc32(owner.encode()):08x}:{position.number}:{position.after}"
    return base64.urlsafe_b64encode(told.encode()).decode()


def to_position(cursor: str | None, owner: str) -> Position:
    """The position that `to_cursor` wrote down. Raises ValueError for any other text."""
    if cursor is None:
        return Position()
    try:
        told = base64.urlsafe_b64decode(cursor.encode()).decode()
        check, number, after = told.split(":")
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
    """One page of a list, and where the next one begins (None: nowhere).

    `walk(after)` gives rows in the order of their keys, beginning above `after`.
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
    """A walk over rows that have no key of their own: their place is the key."""
    return lambda after: islice(enumerate(rows, 1), after, None)


def next_link(
    context: Context, path: str, params: Mapping[str, str | int], position: Position
) -> str:
    """The next link; `path` begins with `/rest/api/` or `/api/v2/`."""
    shape = context.paging.next_shape
    if shape == "rotate":
        shape = _SHAPES[(position.number - 1) % len(_SHAPES)]
    prefix = {"rest": "", "wiki": "/wiki", "absolute": context.links_base}[shape]
    return f"{prefix}{path}?{urlencode(params)}"


def asked_limit(params: Params, default: int, maximum: int) -> int:
    """The parameter `limit`. Raises ValueError when it is none or out of range."""
    told = params.get("limit", str(default))
    if not told.isdigit() or not 0 < int(told) <= maximum:
        raise ValueError(f"Invalid limit: {told}")
    return int(told)


def many(params: Params, name: str) -> set[str]:
    """The values of a parameter that may be repeated or hold commas."""
    return {value for value in params.get(name, "").split(",") if value}


def to_time(moment: datetime) -> str:
    """`2026-06-15T09:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def webui(item: SitePage | Folder) -> str:
    """The path, below `_links.base`, that a person opens."""
    if isinstance(item, Folder):
        return f"/spaces/{item.space}/folder/{item.id}"
    return f"/spaces/{item.space}/pages/{item.id}/{quote_plus(item.title)}"


def to_web_page(context: Context, page: SitePage) -> Answer:
    """What a person sees who follows a page's link."""
    title, body = escape(page.title), context.body(page, "export_view")
    html = f"<!DOCTYPE html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"
    return Answer(200, html, {}, "text/html;charset=UTF-8")


def label_id(name: str) -> str:
    return str(zlib.crc32(name.encode()))
