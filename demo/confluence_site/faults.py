"""Faults observed on Confluence sites, by name, and their injection.

site.fail(r"/wiki/api/v2/pages/98310", server_error(500), times=None)   # one page, every time
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
    """A request as the site received it."""

    number: int  # 1 is the first
    method: str
    path: str  # `/wiki/…`, without the gateway's prefix
    query: Mapping[str, str]  # decoded; repeated parameters joined by commas
    at: float  # time.monotonic()
    is_gateway: bool  # sent to /ex/confluence/<cloud id>
    has_credentials: bool  # an Authorization header, right or wrong

    @property
    def target(self) -> str:
        """Return the text for a fault's pattern: `/wiki/api/v2/pages?id=1,2&status=current`."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.path}?{query}" if query else self.path


_NO_LINK = {"Link": ""}  # the header would still have the true next link

Match = str | Callable[[Request], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with an answer; the functions below make one.

    With a `status`, it replaces the true answer; without one, it changes it.
    """

    status: int | None = None
    body: Json | str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # an empty one is not sent
    content_type: str | None = None
    rewrite: Callable[[Json], Json] | None = None  # of the true answer
    truncate_to: int | None = None  # bytes; Content-Length matches
    cut_after: int | None = None  # bytes of the body, then the connection is reset; -1: no answer
    delay_seconds: float = 0.0


def error(status: int, body: Json | str = "", **headers: str) -> Fault:
    """Return an answer with any status; headers with underscores: `error(503, Retry_After="2")`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body or {"statusCode": status, "message": f"Injected {status}"}
    content_type = "application/json" if isinstance(content, dict) else "text/plain"
    return Fault(status=status, body=content, headers=named, content_type=content_type)


def rate_limited(retry_after: str | None = None, **headers: str) -> Fault:
    """Return 429; `retry_after` is seconds, an HTTP date, or None for no such header."""
    named = headers if retry_after is None else headers | {"Retry_After": retry_after}
    return error(429, {"message": "Rate limit exceeded"}, **named)


def server_error(status: int = 500) -> Fault:
    """Return 500, 502, 503 or 504 with a page of HTML, as proxies do."""
    page = f"<html><body><h1>{status}</h1></body></html>"
    return Fault(status=status, body=page, content_type="text/html;charset=UTF-8")


def redirect(location: str) -> Fault:
    return Fault(status=302, headers={"Location": location}, content_type="text/html")


def login_page() -> Fault:
    """Return 200 with HTML, as a proxy or single sign-on does."""
    page = "<!DOCTYPE html><html><body>Log in to continue</body></html>"
    return Fault(status=200, body=page, content_type="text/html;charset=UTF-8")


def text(body: str, content_type: str = "application/json", status: int = 200) -> Fault:
    """Return any body: `text("[]")`, `text("null")`, `text("")`."""
    return Fault(status=status, body=body, content_type=content_type)


def wrong_content_type(content_type: str = "text/plain") -> Fault:
    """Return the true answer with another content type."""
    return Fault(content_type=content_type)


def truncated_json(keep_bytes: int = 60) -> Fault:
    """Return the first bytes of the true answer as a complete HTTP body."""
    return Fault(truncate_to=keep_bytes)


def reset() -> Fault:
    """Reset the connection before the answer."""
    return Fault(cut_after=-1)


def reset_in_body(after_bytes: int = 60) -> Fault:
    """Reset the connection inside the body."""
    return Fault(cut_after=after_bytes)


def hang(seconds: float) -> Fault:
    """Return the true answer late (closing the site ends the wait)."""
    return Fault(delay_seconds=seconds)


def rewritten(rewrite: Callable[[Json], Json]) -> Fault:
    """Change the true answer: `rewritten(lambda answer: answer | {"results": []})`."""
    return Fault(rewrite=rewrite)


def next_link_to(url: str) -> Fault:
    """Replace the next link, for example by another host or an earlier page."""

    def replace_next(answer: Json) -> Json:
        return answer | {"_links": answer.get("_links", {}) | {"next": url}}

    return Fault(rewrite=replace_next, headers=_NO_LINK)


def repeated_cursor() -> Fault:
    """Repeat the first next link on every page (inject it with `times=None`)."""
    first: dict[str, str] = {}

    def repeat(answer: Json) -> Json:
        links = answer.get("_links", {})
        if "next" in links:
            first.setdefault("next", links["next"])
        return answer | {"_links": links | first}

    return Fault(rewrite=repeat, headers=_NO_LINK)


def without_next() -> Fault:
    """End the list too early, as if it was complete."""

    def end(answer: Json) -> Json:
        links = {name: link for name, link in answer.get("_links", {}).items() if name != "next"}
        return answer | {"_links": links}

    return Fault(rewrite=end, headers=_NO_LINK)


@dataclass(slots=True)
class Injected:
    """An injected fault; `hits` counts the requests that met it."""

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
            matches = re.search(self.match, request.target) is not None
        else:
            matches = self.match(request)
        if not matches:
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
        """Return the fault for this request, if any, and count the hit."""
        with self._lock:
            return next((row.fault for row in self._injected if row.strikes(request)), None)
