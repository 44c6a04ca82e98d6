"""The faults that a Confluence site was seen to produce, by name, and where they are injected.

site.fail(r"/wiki/api/v2/pages/98310", server_error(500), times=None)   # one page, for ever
site.fail(r"content/search", rate_limited("7"))                         # once
site.fail(lambda request: request.number > 40, reset())                 # in the middle of a run
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in."""

    number: int  # 1 is the first that this site got
    method: str
    path: str  # `/wiki/…`, without the gateway's prefix
    query: Mapping[str, str]  # decoded; repeated parameters joined by commas
    at: float  # time.monotonic()
    is_gateway: bool  # it came under /ex/confluence/<cloud id>
    has_credentials: bool  # an Authorization header, right or wrong

    @property
    def target(self) -> str:
        """What a fault's pattern is searched in: `/wiki/api/v2/pages?id=1,2&status=current`."""
        asked = "&".join(f"{name}={told}" for name, told in self.query.items())
        return f"{self.path}?{asked}" if asked else self.path


_NO_LINK = {"Link": ""}  # the header would still tell the true next link

Match = str | Callable[[Request], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one answer; use the functions below to make one.

    With a `status`, the answer is this and nothing else. Without one, the true answer is made
    and then spoilt.
    """

    status: int | None = None
    body: Json | str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # an empty one is left out
    content_type: str | None = None
    rewrite: Callable[[Json], Json] | None = None  # of the true answer
    truncate_to: int | None = None  # bytes; Content-Length agrees with it
    cut_after: int | None = None  # bytes of the body, then the connection is reset; -1: no answer
    delay_seconds: float = 0.0


def error(status: int, body: Json | str = "", **headers: str) -> Fault:
    """Any status; headers are named with underscores: `error(503, Retry_After="2")`."""
    named = {name.replace("_", "-"): told for name, told in headers.items()}
    told = body or {"statusCode": status, "message": f"Injected {status}"}
    kind = "application/json" if isinstance(told, dict) else "text/plain"
    return Fault(status=status, body=told, headers=named, content_type=kind)


def rate_limited(retry_after: str | None = None, **headers: str) -> Fault:
    """429; `retry_after` is seconds or an HTTP date, or there is no such header."""
    named = headers if retry_after is None else headers | {"Retry_After": retry_after}
    return error(429, {"message": "Rate limit exceeded"}, **named)


def server_error(status: int = 500) -> Fault:
    """500, 502, 503 or 504, with a page of HTML as proxies send it."""
    page = f"<html><body><h1>{status}</h1></body></html>"
    return Fault(status=status, body=page, content_type="text/html;charset=UTF-8")


def redirect(location: str) -> Fault:
    return Fault(status=302, headers={"Location": location}, content_type="text/html")


def login_page() -> Fault:
    """200 with HTML: what a proxy or single sign-on puts in the way."""
    page = "<!DOCTYPE html><html><body>Log in to continue</body></html>"
    return Fault(status=200, body=page, content_type="text/html;charset=UTF-8")


def text(body: str, content_type: str = "application/json", status: int = 200) -> Fault:
    """Any body: `text("[]")`, `text("null")`, `text("")`."""
    return Fault(status=status, body=body, content_type=content_type)


def wrong_content_type(content_type: str = "text/plain") -> Fault:
    """The true answer, called something else."""
    return Fault(content_type=content_type)


def truncated_json(keep_bytes: int = 60) -> Fault:
    """The true answer's first bytes as a whole HTTP body."""
    return Fault(truncate_to=keep_bytes)


def reset() -> Fault:
    """The connection is reset before any byte of an answer."""
    return Fault(cut_after=-1)


def reset_in_body(after_bytes: int = 60) -> Fault:
    """The connection is reset in the middle of the body."""
    return Fault(cut_after=after_bytes)


def hang(seconds: float) -> Fault:
    """The true answer comes late (closing the site ends the wait)."""
    return Fault(delay_seconds=seconds)


def rewritten(rewrite: Callable[[Json], Json]) -> Fault:
    """The true answer, changed: `rewritten(lambda answer: answer | {"results": []})`."""
    return Fault(rewrite=rewrite)


def next_link_to(url: str) -> Fault:
    """The next link is `url`: another host, say, or one that was answered before."""

    def lead_away(answer: Json) -> Json:
        return answer | {"_links": answer.get("_links", {}) | {"next": url}}

    return Fault(rewrite=lead_away, headers=_NO_LINK)


def repeated_cursor() -> Fault:
    """The list's next link keeps leading to the same place (inject it with `times=None`)."""
    first: dict[str, str] = {}

    def repeat(answer: Json) -> Json:
        links = answer.get("_links", {})
        if "next" in links:
            first.setdefault("next", links["next"])
        return answer | {"_links": links | first}

    return Fault(rewrite=repeat, headers=_NO_LINK)


def without_next() -> Fault:
    """A list that ends too early, and looks complete."""

    def end(answer: Json) -> Json:
        links = {name: told for name, told in answer.get("_links", {}).items() if name != "next"}
        return answer | {"_links": links}

    return Fault(rewrite=end, headers=_NO_LINK)


@dataclass(slots=True)
class Injected:
    """A fault at its place; `hits` counts how often it struck."""

    match: Match
    fault: Fault
    times: int | None
    after: int
    hits: int = 0
    _seen: int = 0

    def strikes(self, request: Request) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if isinstance(self.match, str):
            is_meant = re.search(self.match, request.target) is not None
        else:
            is_meant = self.match(request)
        if not is_meant:
            return False
        self._seen += 1
        if self._seen <= self.after:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults of a site, the earliest injected first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._injected: list[Injected] = []

    def add(self, match: Match, fault: Fault, times: int | None, after: int) -> Injected:
        injected = Injected(match, fault, times, after)
        with self._lock:
            self._injected.append(injected)
        return injected

    def clear(self) -> None:
        with self._lock:
            self._injected.clear()

    def strike(self, request: Request) -> Fault | None:
        """The fault that this request meets, if any."""
        with self._lock:
            return next((told.fault for told in self._injected if told.strikes(request)), None)
