"""A site of any number of pages, generated on the fly: `python -m bench.wide_site PAGES`.

It has one space, answers what a run asks when nothing has changed, and holds no page in memory. The
first line on stdout is the base URL; each line on stdin is answered with the requests so far.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.records import PageRef

ADDRESS = "https://wide.example/wiki"
KEY, SPACE_ID, MODIFIED = "KI", "7", "2026-06-15T09:30:00.000Z"
FIRST_ID = 1_000_000
CHILDREN = 20  # of a page


def to_id(number: int) -> str:
    return str(FIRST_ID + number)


def to_title(number: int) -> str:
    return f"Page {number} about one of the many things that people write down"


def to_parent(number: int) -> int | None:
    return (number - 1) // CHILDREN if number else None


def to_ancestors(number: int) -> tuple[str, ...]:
    parent = to_parent(number)
    return () if parent is None else (*to_ancestors(parent), to_title(parent))


def to_ref(number: int) -> PageRef:
    """The page as a run knows it once it is listed."""
    return PageRef(to_id(number), 1, to_title(number), KEY, MODIFIED, to_ancestors(number))


def to_row(number: int) -> dict[str, Any]:
    parent = to_parent(number)
    return {
        "id": to_id(number),
        "status": "current",
        "title": to_title(number),
        "spaceId": SPACE_ID,
        "parentId": None if parent is None else to_id(parent),
        "version": {"number": 1, "createdAt": MODIFIED, "message": "", "minorEdit": False},
        "_links": {"webui": f"/spaces/{KEY}/pages/{to_id(number)}"},
    }


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pages: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.pages, self.requests, self.lock = pages, 0, threading.Lock()

    def answer(self, target: str) -> dict[str, Any]:
        """Return the answer to a request for the account, the spaces, or a page of the listing."""
        with self.lock:
            self.requests += 1
        parts, links = urlsplit(target), {"base": ADDRESS}
        if parts.path.endswith("/user/current"):
            return {"displayName": "Bench", "_links": links}
        if parts.path.endswith("/spaces"):
            space = {"id": SPACE_ID, "key": KEY, "name": "Known Issues", "status": "current"}
            return {"results": [space], "_links": links}
        query = parse_qs(parts.query)
        first, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
        last = min(first + limit, self.pages)
        if last < self.pages:
            links["next"] = f"{parts.path}?limit={limit}&status=current&cursor={last}"
        return {"results": list(map(to_row, range(first, last))), "_links": links}


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        body = json.dumps(self.server.answer(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Print nothing."""


if __name__ == "__main__":
    with Server(int(sys.argv[1])) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        for _ in sys.stdin:
            print(server.requests, flush=True)
