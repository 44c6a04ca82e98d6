"""What both of the site's APIs share: routes, answers and refusals."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote_plus

from demo.confluence_site.items import SITE, Folder, SitePage
from demo.confluence_site.paging import Paging
from demo.confluence_site.state import SiteState

Json = dict[str, Any]
Params = Mapping[str, str]  # repeated parameters joined by commas
ACCOUNT = "5d8c1f2e9a7b4c0012ab34cd"  # the caller, and the author of everything


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


@dataclass(slots=True)
class Context:
    """What an answer depends on besides the request."""

    state: SiteState
    base_url: str  # of the site, without /wiki
    paging: Paging
    serves_legacy: bool  # deprecated v1 routes answer, instead of 410
    user: str
    media_url: str  # of the host that has the content of files
    rendered: int = 0  # bodies of this answer that a site makes from the storage format

    @property
    def links_base(self) -> str:
        return f"{self.base_url}/wiki"

    def body(self, page: SitePage, representation: str) -> str:
        self.rendered += representation != "storage"
        return page.body(representation).replace(SITE, self.base_url)


@dataclass(frozen=True, slots=True)
class Route:
    """`answer(context, path, params, *groups of the pattern)` returns the answer."""

    pattern: str
    scope: str  # required of a token by the published description
    answer: Callable[..., Answer]
    is_legacy: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """One of the site's APIs: its routes, and the form of its refusals."""

    prefix: str
    routes: tuple[Route, ...]
    refuse: Callable[[int, str], RefusedError]
    bad_credentials: tuple[int, str]
    no_route: str

    def find(self, path: str) -> tuple[Route, tuple[str, ...]]:
        """Return the route of a path below the prefix, and the ids in it. Raises RefusedError."""
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


def to_limit(params: Params, default: int, maximum: int) -> int:
    """Return the parameter `limit`. Raises ValueError for no number, or one out of range."""
    limit = params.get("limit", str(default))
    if not limit.isdigit() or not 0 < int(limit) <= maximum:
        raise ValueError(f"Invalid limit: {limit}")
    return int(limit)


def to_values(params: Params, name: str) -> set[str]:
    """Return the values of a parameter that may be repeated or contain commas."""
    return {value for value in params.get(name, "").split(",") if value}


def check_names(params: Params, *names: str) -> None:
    """Raise ValueError for a parameter that the published description of a route lacks."""
    if unknown := params.keys() - {"cursor", "limit", "sort", *names}:
        raise ValueError(f"Unknown parameter: {min(unknown)}")


def to_status(params: Params, statuses: Collection[str], default: Collection[str]) -> set[str]:
    """Return the values of the parameter `status`. Raises ValueError for any other."""
    asked = to_values(params, "status")
    if unknown := asked - set(statuses):
        raise ValueError(f"Invalid status: {min(unknown)}")
    return asked or set(default)


def to_time(moment: datetime) -> str:
    """Return `2026-06-15T09:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def webui(item: SitePage | Folder) -> str:
    """Return the path of the web page, below `_links.base`."""
    if isinstance(item, Folder):
        return f"/spaces/{item.space}/folder/{item.id}"
    place = "pages" if item.type == "page" else f"blog/{item.created:%Y/%m/%d}"
    return f"/spaces/{item.space}/{place}/{item.id}/{quote_plus(item.title)}"


def to_web_page(context: Context, page: SitePage) -> Answer:
    """Return the web page that a page's link leads to."""
    title, body = escape(page.title), context.body(page, "export_view")
    html = f"<!DOCTYPE html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"
    return Answer(200, html, {}, "text/html;charset=UTF-8")


def label_id(name: str) -> str:
    return str(zlib.crc32(name.encode()))
