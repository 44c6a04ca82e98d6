"""A stand-in Confluence Cloud site on loopback, over a state that changes while it runs.

    state = SiteState()
    state.add_space("KI", "Known Issues")
    page = state.add_page("Disk full", "KI", "<p>Delete old logs.</p>", labels=["storage"])
    with ConfluenceSite(state) as site:
        requests.get(f"{site.gateway_url}/wiki/api/v2/pages/{page}", auth=(site.user, site.token))
        state.edit(page, "<p>Rotate the logs.</p>")           # the next answer shows it
        site.fail(r"content/search", faults.rate_limited("1"))  # once; see faults.py
    assert site.count(r"/wiki/api/v2/pages") == 1 and not site.writes

It answers GET below `site.gateway_url` (as api.atlassian.com does) and `site.base_url` (as the
site itself does): v1 `user/current`, `user/bulk`, `content/search`, `search`; v2 spaces, pages,
blog posts, folders and their trees, attachments and comments; with the links, silent caps, errors
and search index of a real site. The content of files is below `site.media_url`, where downloads
redirect to, as on api.media.atlassian.com. Any method but GET is refused with 405 and recorded. Not
supported: `atlas_doc_format`, attachments and comments in the search.

`python -m demo.confluence_site --port 8090` serves the demo's pages.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

from demo.confluence_site import v1, v2, v2_comments, v2_files
from demo.confluence_site.answers import Answer, Api, Context, RefusedError, to_web_page
from demo.confluence_site.faults import Fault, Faults, Injected, Match, Request
from demo.confluence_site.http import Server
from demo.confluence_site.paging import Paging
from demo.confluence_site.state import SiteState

CLOUD_ID = "3f0c8a52-71d4-4e8b-9b60-2f5d1c7e94aa"
_GATEWAY = f"/ex/confluence/{CLOUD_ID}"
_APIS = (
    replace(v1.API, routes=(*v1.API.routes, *v2_files.V1_ROUTES)),
    replace(v2.API, routes=(*v2.API.routes, *v2_files.ROUTES, *v2_comments.ROUTES)),
)
_WEB_PAGE = re.compile(  # for browsers, without log-in
    r"/wiki/spaces/[^/]+/(?:pages|blog/[\d/]{10})/(\d+)"
)
_LOGIN_PAGE = "<!DOCTYPE html><html><body>Client must be authenticated</body></html>"


class ConfluenceSite:
    """The site as a context manager; its public attributes may be changed while it runs."""

    def __init__(
        self,
        state: SiteState,
        *,
        port: int = 0,
        user: str = "demo@example.com",
        token: str = "demo-token",
        auth: Literal["basic", "bearer"] = "basic",
        scoped_token: bool = False,
        scopes: Iterable[str] | None = None,
        paging: Paging | None = None,
        serves_legacy: bool = False,
        latency_seconds: float = 0.0,
        rendering_seconds: float = 0.0,
    ) -> None:
        """A second `with` block serves at the same address again.

        A `scoped_token` works on the gateway only. `scopes` are those of the token (None: all).
        With `serves_legacy`, the deprecated v1 routes answer instead of 410. Each answer takes
        at least `latency_seconds`, and `rendering_seconds` for each rendered body in it.
        """
        self.state = state
        self.user = user
        self.token = token
        self.auth = auth
        self.scoped_token = scoped_token
        self.scopes = None if scopes is None else frozenset(scopes)
        self.paging = paging or Paging()
        self.serves_legacy = serves_legacy
        self.latency_seconds, self.rendering_seconds = latency_seconds, rendering_seconds
        self.requests: list[Request] = []
        self._port = port
        self._faults = Faults()
        self._log_lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._stopping.clear()
        self._server = Server(self, self._port)
        self._port = self._server.server_port  # kept for a second `with` block
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="confluence-site", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is None or self._thread is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.disconnect()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """The site's own address; API paths begin with `/wiki`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def gateway_url(self) -> str:
        """The same site through the API gateway."""
        return self.base_url + _GATEWAY

    @property
    def media_url(self) -> str:
        """The same server under another name: for a client, another host."""
        return f"http://localhost:{self._port}"

    @property
    def writes(self) -> list[Request]:
        """The requests with other methods than GET."""
        return [request for request in self.requests if request.method != "GET"]

    def count(self, pattern: str = "") -> int:
        """Count the requests whose path and query contain the regular expression."""
        return sum(re.search(pattern, request.target) is not None for request in self.requests)

    def fail(
        self, match: Match, fault: Fault, *, times: int | None = 1, after: int = 0
    ) -> Injected:
        """Apply the fault to `times` matching requests (None: all), not to the first `after`.

        `match` is a regular expression for `Request.target`, or a function.
        """
        return self._faults.add(match, fault, times, after)

    def clear_faults(self) -> None:
        self._faults.clear()

    # Called from the threads of connections.

    def log(self, method: str, target: str, has_credentials: bool) -> Request:
        """Record a request."""
        parts = urlsplit(target)
        query: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        is_gateway = parts.path.startswith(_GATEWAY + "/")
        path = parts.path.removeprefix(_GATEWAY)
        with self._log_lock:
            number = len(self.requests) + 1
            request = Request(
                number, method, path, query, time.monotonic(), is_gateway, has_credentials
            )
            self.requests.append(request)
        return request

    def strike(self, request: Request) -> Fault | None:
        """Return the fault for this request, after the site's latency and the fault's delay."""
        fault = self._faults.strike(request)
        delay = self.latency_seconds + (fault.delay_seconds if fault else 0.0)
        if delay:
            self._stopping.wait(delay)
        return fault

    def answer(self, request: Request, authorization: str | None) -> Answer:
        """Return the answer without faults."""
        if request.method != "GET":
            body = {"statusCode": 405, "message": "This site is read-only"}
            return Answer(405, body, {"Allow": "GET"})
        context = Context(
            self.state,
            self.base_url,
            self.paging,
            self.serves_legacy,
            user=self.user,
            media_url=self.media_url,
        )
        for api in _APIS:
            if not request.path.startswith(api.prefix + "/"):
                continue
            path = request.path.removeprefix(api.prefix)
            try:
                self._check(request, authorization, api)
                with self.state.lock:
                    answer = api.answer(context, path, request.query)
            except RefusedError as error:
                return error.answer
            self._stopping.wait(context.rendered * self.rendering_seconds)
            return answer
        if request.path.startswith(v2_files.MEDIA_PATH):
            with self.state.lock:
                return v2_files.to_media(context, request.path, request.query)
        if match := _WEB_PAGE.match(request.path):
            with self.state.lock:
                if page := self.state.visible_page(match[1]):
                    return to_web_page(context, page)
        return Answer(404, "<html><body>Page not found</body></html>", {}, "text/html")

    def date(self) -> str:
        """Return the value of the `Date` header."""
        return format_datetime(self.state.clock().astimezone(UTC), usegmt=True)

    def _check(self, request: Request, authorization: str | None, api: Api) -> None:
        """Check the credentials. Raises RefusedError in the form of the API."""
        if self.scoped_token and not request.is_gateway:
            raise RefusedError(Answer(401, _LOGIN_PAGE, {}, "text/html;charset=UTF-8"))
        if authorization != self._authorization():
            raise api.refuse(*api.bad_credentials)
        route, _ = api.find(request.path.removeprefix(api.prefix))
        if self.scopes is not None and route.scope not in self.scopes:
            body = {"code": 401, "message": "Unauthorized; scope does not match"}
            raise RefusedError(Answer(401, body))

    def _authorization(self) -> str:
        if self.auth == "bearer":
            return f"Bearer {self.token}"
        return "Basic " + base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
