"""Why no answer came, over real sockets: in words, and whether the server may be at work."""

import socket
import struct
import threading
from pathlib import Path

import pytest

from pipeline.http import NO_ANSWER, BearerAuth, Cause, open_session, to_cause
from pipeline.settings import Secret
from tests.support.sockets import Serve, answering, serving


def cause_of(url: str, token: str = "", **options: object) -> Cause:
    """Return why a POST with these options gets no answer."""
    with open_session(BearerAuth(Secret(token)), 1) as session:
        with pytest.raises(NO_ANSWER) as caught:
            session.post(url, timeout=(0.5, 0.3), **options)  # type: ignore[arg-type]
        return to_cause(caught.value)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def reset(connection: socket.socket, _head: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def wait(_connection: socket.socket, _head: bytes) -> None:
    threading.Event().wait(1)


TWO_LENGTHS = answering(b"{}", "Content-Length: 3")  # beside the true one
GARBAGE_GZIP = answering(b"this is not gzip", "Content-Encoding: gzip")


@pytest.mark.parametrize(
    ("serve", "cause"),
    [
        (reset, Cause("the connection broke")),
        (cut, Cause("the connection broke")),
        (GARBAGE_GZIP, Cause("the connection broke")),
        (TWO_LENGTHS, Cause("the request or the answer is not valid HTTP", can_pass=False)),
        (wait, Cause("timed out", is_timeout=True)),
    ],
    ids=["reset", "cut off", "not gzip", "two lengths", "slow"],
)
def test_a_request_that_was_sent_may_be_worked_on(serve: Serve, cause: Cause) -> None:
    with serving(serve) as (url, _heads):
        assert cause_of(url) == cause


def test_a_refused_connection_may_pass_and_sent_nothing() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    assert cause_of(url) == Cause("connection refused", was_sent=False)


def test_an_unknown_host_is_final() -> None:
    cause = cause_of("http://nowhere.invalid")
    assert cause == Cause("unknown host", can_pass=False, was_sent=False)


def test_a_busy_name_server_may_pass() -> None:
    error = ConnectionError()
    error.__cause__ = socket.gaierror(socket.EAI_AGAIN, "try again")
    assert to_cause(error) == Cause("unknown host", was_sent=False)


def test_plain_http_on_a_tls_port_is_no_trusted_connection() -> None:
    with serving(answering()) as (url, _heads):
        cause = cause_of(url.replace("http:", "https:"))
    assert cause.text.startswith("no trusted TLS connection; REQUESTS_CA_BUNDLE")
    assert not cause.can_pass


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(status="403 Forbidden")) as (proxy, _heads):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        cause = cause_of("https://store.example")
    assert cause == Cause("the proxy refused the connection", was_sent=False)


@pytest.mark.parametrize("url", ["https://store.example", "http://store.example"])
def test_a_proxy_that_is_not_reached_is_named_in_place_of_the_server(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for proxy, why in (
        (f"http://127.0.0.1:{closed_port()}", "connection refused"),
        ("http://nowhere.invalid:3128", "unknown host"),
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("HTTP_PROXY", proxy)
        cause = cause_of(url)
        assert cause.text.startswith(f"the proxy of HTTPS_PROXY or HTTP_PROXY: {why}; NO_PROXY")
        assert not cause.was_sent


@pytest.mark.parametrize("url", ["https://store.example", "http://store.example"])
def test_a_plain_proxy_under_https_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering()) as (proxy, _heads):
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("http:", "https:"))
        monkeypatch.setenv("HTTP_PROXY", proxy.replace("http:", "https:"))
        cause = cause_of(url)
    assert "begin its address with http://" in cause.text
    assert not cause.can_pass


def test_a_connection_that_is_never_accepted_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)  # the queue is full now
            cause = cause_of(f"http://127.0.0.1:{address[1]}")
    assert cause == Cause("connecting timed out", was_sent=False, is_timeout=True)


def test_credentials_that_fit_no_header_are_named() -> None:
    with serving(answering()) as (url, heads):
        cause = cause_of(url, token="токен")
    assert cause == Cause(
        "the credentials cannot be sent in a header", can_pass=False, was_sent=False
    )
    assert heads == []


@pytest.mark.parametrize("url", ["http://", "http://[::1", f"http://{'a' * 70}.example"])
def test_an_invalid_address_is_named(url: str) -> None:
    cause = cause_of(url)
    assert "address" in cause.text
    assert (cause.can_pass, cause.was_sent) == (False, False)


def test_a_body_that_json_cannot_hold_is_named() -> None:
    cause = cause_of("http://127.0.0.1:1", json={"vector": float("nan")})
    assert cause == Cause("the request cannot be written as JSON", can_pass=False, was_sent=False)


def test_a_missing_ca_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    cause = cause_of("https://127.0.0.1:1")
    assert cause.text == "the file that REQUESTS_CA_BUNDLE names does not exist"
    assert not cause.can_pass


def test_what_no_library_names_is_final() -> None:
    with serving(answering()) as (url, _heads):
        cause = cause_of(url, token="line\nbreak")
    assert cause == Cause("the request or the answer is not valid HTTP", can_pass=False)


def test_errors_that_hold_each_other_have_an_end() -> None:
    first, second = ConnectionError(), ConnectionError()
    first.__cause__, second.__cause__ = second, first
    assert to_cause(first) == Cause("the connection broke")
