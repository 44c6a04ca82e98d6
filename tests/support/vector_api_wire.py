"""The HTTP side of the stand-in Vector API: connections, requests, answers."""

import contextlib
import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class RefusedError(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass
class Request:
    """One request, decoded."""

    method: str
    path: str  # with the segments still quoted
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]
    size: int  # bytes of the body
    parts: tuple[str, ...] = ()  # the variable segments of the path

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The chunks to store, in either form."""
        rows = self.body.get("documents") or self.body.get("chunks") or []
        return rows if isinstance(rows, list) else []

    @property
    def texts(self) -> list[str]:
        """The texts of these chunks."""
        return [str(row.get("text") or row.get("content")) for row in self.chunks]

    def keep_chunks(self, count: int) -> None:
        """Drop all chunks but the first `count`."""
        for key in ("documents", "chunks"):
            if key in self.body:
                self.body[key] = self.body[key][:count]

    def need(self, name: str) -> Any:
        """Return a required field."""
        if name not in self.body:
            detail = {"loc": ["body", name], "msg": "Field required", "type": "missing"}
            raise RefusedError(422, json.dumps(detail))
        return self.body[name]


@dataclass(frozen=True)
class Answer:
    """What to send, and by which way."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)
    way: str = "status"  # status, text, reset, hang, html, cut, stop


class Server(ThreadingHTTPServer):
    """Answers what `answer` returns; closing it breaks the connections that are open."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Connection)

    def server_close(self) -> None:
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class Connection(BaseHTTPRequestHandler):
    """One kept-alive connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has gone
            super().handle()

    def log_message(self, *_: object) -> None:
        """Print nothing: the stand-in keeps a log of its own."""

    def _respond(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = dict(self.headers.items())
        query = dict(parse_qsl(parts.query))
        is_form = headers.get("Content-Type", "").startswith("multipart/")
        body = _read_form(headers["Content-Type"], raw) if is_form else json.loads(raw or b"{}")
        request = Request(self.command, parts.path, query, headers, body, len(raw))
        self._send(self.server.answer(request))

    do_GET = do_POST = do_DELETE = _respond  # noqa: N815

    def _send(self, answer: Answer) -> None:
        if answer.way in ("reset", "hang", "stop"):
            self.close_connection = True
            return
        raw = b"" if answer.status == 204 else json.dumps(answer.body).encode()
        kind = "application/json"
        if answer.way == "text":
            raw, kind = str(answer.body).encode(), "text/plain"
        if answer.way == "html":
            raw, kind = b"<!DOCTYPE html><title>Sign in</title>", "text/html"
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw) + 100 * (answer.way == "cut")))
        self.end_headers()
        self.wfile.write(raw)
        self.close_connection = self.close_connection or answer.way == "cut"


def _read_form(kind: str, raw: bytes) -> dict[str, Any]:
    """Return the name and the content of the file in a multipart form."""
    form = message_from_bytes(b"Content-Type: %s\r\n\r\n%s" % (kind.encode(), raw))
    [file] = [part for part in form.walk() if part.get_filename()]
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    return {"filename": file.get_filename(), "content": content.decode("utf-8-sig")}


def to_description(routes: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Return an OpenAPI document with these routes, each a method and a path."""
    paths: dict[str, dict[str, object]] = {}
    for method, path in routes:
        paths.setdefault(path, {})[method.lower()] = {"responses": {"200": {"description": "OK"}}}
    return {"openapi": "3.1.0", "info": {"title": "Vector API", "version": "1"}, "paths": paths}
