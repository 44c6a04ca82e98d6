"""A proxy before a real server, with which a test makes requests fail on the way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any

import requests

# Method, path → an answer's status and JSON, sent instead of asking the server; "drop" closes
# the connection after the server has answered; "echo" is a refusal that repeats what was sent;
# None lets the request through.
Fault = Callable[[str, str], tuple[int, Any] | str | None]
_NOT_FORWARDED = {"host", "connection", "content-length", "transfer-encoding"}


class Proxy:
    """Answers below `base_url` what the server answers, except for the faults."""

    def __init__(self, server: str, base_url: str) -> None:
        self.server, self.base_url = server, base_url
        self.fault: Fault = lambda method, path: None
        self.hidden = ""  # paths that hold this are not in /openapi.json
        self.headers: dict[str, str] = {}  # replaced in every request
        self.requests: list[tuple[str, str]] = []


@contextmanager
def proxy_to(server: str, tls: SSLContext | None = None) -> Iterator[Proxy]:
    """Run a proxy for the block; with a server's TLS context, it is reached by https."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.requests.append((self.command, self.path))
            fault = proxy.fault(self.command, self.path)
            if isinstance(fault, tuple):
                return self._answer(fault[0], json.dumps(fault[1]).encode())
            if fault == "echo":
                echo = f"cannot store {self.headers['Authorization']} {body.decode()}"
                return self._answer(400, json.dumps({"detail": echo}).encode())
            kept = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_FORWARDED}
            answer = requests.request(
                self.command,
                server + self.path,
                data=body,
                headers=kept | proxy.headers,
                timeout=60,
            )
            if fault == "drop":
                self.close_connection = True
                return None
            content = answer.content
            if self.path == "/openapi.json" and proxy.hidden:
                described = answer.json()
                paths = described["paths"].items()
                described["paths"] = {p: o for p, o in paths if proxy.hidden not in p}
                content = json.dumps(described).encode()
            return self._answer(answer.status_code, content)

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Print nothing: tests read `requests`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        proxy = Proxy(server, f"http{'s' if tls else ''}://127.0.0.1:{http.server_port}")
        if tls:
            http.socket = tls.wrap_socket(http.socket, server_side=True)
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            http.shutdown()
            thread.join()
