"""Answers that would fill the memory or never end, over real sockets, at both ends."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.fetch.errors import ConfluenceError
from pipeline.fetch.transport import Transport
from pipeline.http import CONFLUENCE_RETRY, RetryPolicy, StoppedWaitingError, Waiting
from pipeline.settings import Secret
from pipeline.upsert import VectorApiError
from pipeline.upsert.rag_client import RagClient
from pipeline.upsert.server.api import Api
from tests.support.confluence_client import settings_for
from tests.support.sockets import answering, serving

ONCE = replace(CONFLUENCE_RETRY, attempts=1)
ERRORS = (ConfluenceError, VectorApiError, StoppedWaitingError)
TOO_BIG = "the answer is larger than 64 MB"
Ask = Callable[[str, RetryPolicy, Waiting], Any]


def ask_confluence(url: str, retry: RetryPolicy, waiting: Waiting) -> Any:
    return Transport(settings_for(CONF_BASE_URL=url), waiting, retry).get("/wiki/x")


def ask_vector_api(url: str, retry: RetryPolicy, waiting: Waiting) -> Any:
    return Api(url, Secret(""), retry, waiting).get("/v1/x")


def ask_rag_tool(url: str, retry: RetryPolicy, waiting: Waiting) -> Any:
    return RagClient(Api(url, Secret(""), retry, waiting), Secret("")).list_stores()


every_end = pytest.mark.parametrize("ask", [ask_confluence, ask_vector_api, ask_rag_tool])


def pack(*parts: bytes) -> Iterator[bytes]:
    """Yield the parts of one gzip stream, each compressed without regard to those before it."""
    packer = zlib.compressobj(wbits=31)
    return (packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in parts)


PLAIN = b" " * (1 << 20)
_FIRST, _NEXT = pack(PLAIN, PLAIN)
BOMB = _FIRST + 519 * _NEXT  # 520 MB in 540 KB
# name → what is sent, how often, and a header
ANSWERS = {
    "gzip": (BOMB, 1, "Content-Encoding: gzip"),
    "gzip of an error": (BOMB, 1, "Content-Encoding: gzip"),
    "gzip in gzip": (gzip.compress(BOMB), 1, "Content-Encoding: gzip, gzip"),
    "plain": (PLAIN, 65, "X: y"),
    "one endless chunk": (b"ffffffff\r\n" + PLAIN, 65, "Transfer-Encoding: chunked"),
}


@every_end
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_refused_before_it_fills_the_memory(name: str, ask: Ask) -> None:
    body, times, header = ANSWERS[name]
    status = "500 Oops" if "error" in name else "200 OK"
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{header}\r\n"
    if "chunked" not in header:
        head += f"Content-Length: {len(body) * times}\r\n"

    def send(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(head.encode() + b"\r\n")
        for _ in range(times):
            connection.sendall(body)

    with serving(send) as (url, heads):
        tracemalloc.start()
        try:
            with pytest.raises(ERRORS) as raised:
                ask(url, CONFLUENCE_RETRY, Waiting())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    packed = "compressed in a way that cannot be read"
    assert TOO_BIG in str(raised.value) or (packed in str(raised.value) and "in gzip" in name)
    assert peak < 256 << 20  # httpx unpacks 64 KB at once: that is 64 MB here, held twice
    assert len(heads) == 1, "the same answer is not asked for again"


@every_end
def test_an_endless_line_of_a_chunk_is_refused(ask: Ask) -> None:
    def send(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5")
        for _ in range(1000):
            connection.sendall(b"0" * (1 << 16))

    with serving(send) as (url, _heads):
        tracemalloc.start()
        try:
            with pytest.raises(ERRORS):
                ask(url, ONCE, Waiting())
            assert tracemalloc.get_traced_memory()[1] < 32 << 20
        finally:
            tracemalloc.stop()


@every_end
def test_a_compressed_answer_of_usual_size_is_read(ask: Ask) -> None:
    body = gzip.compress(b'{"data": []}')
    serve = answering(body, "Content-Encoding: gzip", "Content-Type: application/json")
    with serving(serve) as (url, _heads):
        assert ask(url, ONCE, Waiting()) in ([], {"data": []})


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


def drip(start: bytes) -> Callable[[socket.socket, bytes], None]:
    def send(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(b"a")
            time.sleep(0.02)

    return send


@pytest.mark.parametrize("ask", [ask_confluence, ask_vector_api])
@pytest.mark.parametrize("start", [HEAD, b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "head"])
def test_an_answer_that_trickles_has_an_end(start: bytes, ask: Ask) -> None:
    with serving(drip(start)) as (url, _heads), pytest.raises(ERRORS, match="timed out"):
        ask(url, replace(ONCE, answer_seconds=0.3), Waiting())


@every_end
@pytest.mark.parametrize("start", [HEAD, b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "head"])
def test_a_stop_does_not_wait_for_an_answer_that_trickles(start: bytes, ask: Ask) -> None:
    waiting = Waiting()
    with serving(drip(start)) as (url, heads):

        def end() -> None:
            while not heads:
                time.sleep(0.01)
            waiting.end()

        threading.Thread(target=end, daemon=True).start()
        with pytest.raises(StoppedWaitingError):
            ask(url, ONCE, waiting)
