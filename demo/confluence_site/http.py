"""The stand-in site's sockets: keep-alive connections, and answers changed by faults."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, cast

from demo.confluence_site.answers import Answer
from demo.confluence_site.faults import Fault, Request


class Site(Protocol):
    """What answers requests; called from the threads of connections."""

    def log(self, method: str, target: str, has_credentials: bool) -> Request:
        """Record a request."""

    def strike(self, request: Request) -> Fault | None:
        """Return the fault for this request, after the site's latency and the fault's delay."""

    def answer(self, request: Request, authorization: str | None) -> Answer:
        """Return the answer without faults."""

    def date(self) -> str:
        """Return the value of the `Date` header."""


_LONGEST_TARGET = 8_000  # bytes of path and query, as usual before a site
_TOO_LONG = Answer(414, "<html><body>URI Too Long</body></html>", {}, "text/html")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.site = site
        self._open: dict[threading.Thread, socket.socket] = {}

    def process_request_thread(self, request: object, client_address: object) -> None:
        thread = threading.current_thread()
        self._open[thread] = cast(socket.socket, request)
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            del self._open[thread]

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exception()
        if not isinstance(error, OSError | ValueError):  # a client may disconnect at any time
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def disconnect(self) -> None:
        """Close the open connections, and wait for their threads."""
        for thread, connection in list(self._open.items()):
            with contextlib.suppress(OSError):  # it may be closed already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def respond(self) -> None:
        """Answer a request of any method."""
        site = self.server.site
        authorization = self.headers.get("Authorization")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = site.log(self.command, self.path, authorization is not None)
        fault = site.strike(request)
        if fault is not None and fault.cut_after is not None and fault.cut_after < 0:
            self._reset()
            return
        if fault is not None and fault.status is not None:
            answer = Answer(
                fault.status, fault.body, fault.headers, fault.content_type or "application/json"
            )
        else:
            is_too_long = len(self.path) > _LONGEST_TARGET
            answer = _TOO_LONG if is_too_long else site.answer(request, authorization)
            if fault is not None:
                answer = _apply(answer, fault)
        head, body = _to_bytes(answer, site.date(), self.close_connection)
        if fault is not None and fault.truncate_to is not None:
            head, body = _to_bytes(
                Answer(answer.status, body[: fault.truncate_to], {}, answer.content_type),
                site.date(),
                self.close_connection,
            )
        if fault is not None and fault.cut_after is not None:
            self.wfile.write(head + body[: fault.cut_after])
            self._reset()
            return
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def _reset(self) -> None:
        """Close with RST: a connection error for the client."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Print nothing: `ConfluenceSite.requests` is the log."""


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    setattr(_Connection, f"do_{_method}", _Connection.respond)


def _apply(answer: Answer, fault: Fault) -> Answer:
    body = answer.body
    if fault.rewrite is not None and isinstance(body, dict):
        body = fault.rewrite(body)
    headers = {**answer.headers, **fault.headers}
    return Answer(answer.status, body, headers, fault.content_type or answer.content_type)


def _to_bytes(answer: Answer, date: str, closes: bool) -> tuple[bytes, bytes]:
    """Return the head and the body in bytes."""
    body = answer.body
    if isinstance(body, dict):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    headers = {
        "Date": date,
        "Content-Type": answer.content_type,
        "Content-Length": str(len(body)),
        "Connection": "close" if closes else "keep-alive",
    } | dict(answer.headers)
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), body


_REASONS = {status: row[0] for status, row in BaseHTTPRequestHandler.responses.items()}
