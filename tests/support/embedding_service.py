"""An embedding service over HTTP, as vLLM serves one model: a hard window, no dimension.

Vectors are sums of one random direction a word: texts that share words are near each other, which
is enough for searches in tests, and takes no time.
"""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MODEL = "granite-embedding-125m-english"
WINDOW = 512  # tokens
DIMENSION = 384
_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")
_WORD = re.compile(r"\w+")


class EmbeddingService:
    """The service's address, and how it answers: tests may change `refusal` at any time."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.refusal: int | None = None  # 401 or 503: the status of every answer
        self.answers_left: int | None = None  # embeddings before that; None: none
        self.longest = 0  # tokens of the longest text so far, also of refused ones

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON for a request."""
        if self.refusal is not None and not self._counts_down(path):
            return self.refusal, to_error(self.refusal, "the service refuses every request")
        if path == "/v1/models":
            model = {"id": MODEL, "object": "model", "owned_by": "vllm", "max_model_len": WINDOW}
            return 200, {"object": "list", "data": [model]}
        if path == "/v1/embeddings":
            return self._embed(json.loads(body))
        return 404, to_error(404, "Not Found")

    def _counts_down(self, path: str) -> bool:
        """Return whether this request is one of those still answered."""
        if self.answers_left is None or path != "/v1/embeddings":
            return False
        self.answers_left -= 1
        return self.answers_left >= 0

    def _embed(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        texts: list[str] = [body["input"]] if isinstance(body["input"], str) else body["input"]
        counts = [count_tokens(text) for text in texts]
        self.longest = max([self.longest, *counts])
        if reason := to_refusal(texts, WINDOW):
            return 400, to_error(400, reason)
        rows = [
            {"object": "embedding", "index": row, "embedding": embed(text)}
            for row, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
        return 200, {"object": "list", "model": body["model"], "data": rows, "usage": usage}


def to_refusal(texts: Sequence[str], window: int) -> str:
    """Return how vLLM refuses texts, "" if all of them fit the model's window."""
    longest = max(map(count_tokens, texts), default=0)
    if longest <= window:
        return ""
    return (
        f"This model's maximum context length is {window} tokens. However, you requested "
        f"{longest} tokens in the input for embedding generation. Please reduce the "
        "length of the input."
    )


def count_tokens(text: str) -> int:
    """Return the tokens of a text with the two that mark its ends.

    The model is for English: of other scripts it reads single bytes.
    """
    ascii_text = text.encode("ascii", "ignore").decode()
    return len(_TOKEN.findall(ascii_text)) + len(text.encode()) - len(ascii_text) + 2


def embed(text: str) -> Sequence[float]:
    """Return a vector of length 1 for a text; word order and case do not matter."""
    counts = Counter(_WORD.findall(text.lower())) or Counter([""])
    vector = [0.0] * DIMENSION
    for word, count in counts.items():
        for i, value in enumerate(_direction(word)):
            vector[i] += value * math.sqrt(count)
    length = math.sqrt(sum(value * value for value in vector))
    return [round(value / length, 6) for value in vector]


@lru_cache(maxsize=20_000)
def _direction(word: str) -> tuple[float, ...]:
    normal = random.Random(word)
    return tuple(normal.gauss(0, 1) for _ in range(DIMENSION))


def to_error(status: int, message: str) -> dict[str, Any]:
    """Return an error in vLLM's form."""
    return {"error": {"message": message, "type": "BadRequestError", "param": None, "code": status}}


@contextmanager
def serve() -> Iterator[EmbeddingService]:
    """Serve on a loopback port for the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = service.answer(self.path.partition("?")[0], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        service = EmbeddingService(http.server_port)
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield service
        finally:
            http.shutdown()
            thread.join()
