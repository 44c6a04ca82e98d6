"""The part of Open WebUI that oikb asks, with empty knowledge bases.

    python -m bench.peers.open_webui [--seconds-a-request S] [--seconds-a-chunk S]

It compares manifests as Open WebUI does, and keeps checksums, no text. An upload takes as long as
an insert of the file's chunks, which Open WebUI makes and embeds by itself: 1,000 characters each.
The first line on stdout is the base URL.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

CHUNK_CHARACTERS = 1000


class Knowledge:
    """One knowledge base: file name → (file id, checksum)."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, str]] = {}
        self._ids = count(1)
        self._lock = threading.Lock()

    def compare(self, manifest: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what an upload has to add, replace and remove."""
        with self._lock:
            known = dict(self._files)
        listed = {row["filename"] for row in manifest}
        changed = [
            row | {"stale_file_id": known[row["filename"]][0]}
            for row in manifest
            if row["filename"] in known and known[row["filename"]][1] != row["checksum"]
        ]
        added = [row for row in manifest if row["filename"] not in known]
        gone = [{"file_id": known[name][0]} for name in known if name not in listed]
        same = len(manifest) - len(added) - len(changed)
        found = {"added": added, "modified": changed, "deleted": gone, "unmodified_count": same}
        return found | {"mkdir": [], "rmdir": [], "directory_map": {}}

    def remove(self, file_ids: list[str]) -> None:
        with self._lock:
            self._files = {
                name: file for name, file in self._files.items() if file[0] not in file_ids
            }

    def add(self, name: str, checksum: str) -> str:
        with self._lock:
            file_id = str(next(self._ids))
            self._files[name] = file_id, checksum
            return file_id


class OpenWebUi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, seconds_a_request: float = 0, seconds_a_chunk: float = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self._seconds = seconds_a_request, seconds_a_chunk
        self._knowledge = Knowledge()

    def answer(self, path: str, content_type: str, body: bytes) -> dict[str, Any]:
        """Return the answer to a POST."""
        if path.endswith("/sync/diff"):
            return self._knowledge.compare(json.loads(body)["manifest"])
        if path.endswith("/sync/cleanup"):
            self._knowledge.remove(json.loads(body)["file_ids"])
            return {}
        assert path == "/api/v1/files/", path
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): part
            for part in BytesParser().parsebytes(head + body).walk()
        }
        text, about = (parts[name].get_payload(decode=True) for name in ("file", "metadata"))
        a_request, a_chunk = self._seconds
        time.sleep(a_request + a_chunk * -(-len(text) // CHUNK_CHARACTERS))
        name = parts["file"].get_filename()
        return {"id": self._knowledge.add(name, json.loads(about)["file_hash"])}


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: OpenWebUi

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answer(self.path, self.headers["Content-Type"], body)
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Print nothing."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.peers.open_webui")
    parser.add_argument("--seconds-a-request", type=float, default=0.0)
    parser.add_argument("--seconds-a-chunk", type=float, default=0.0)
    with OpenWebUi(**vars(parser.parse_args())) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
