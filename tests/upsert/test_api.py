"""The shared transport: what is sent where, what is retried, and what errors say."""

import json
import re
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
import requests
import responses

from pipeline.settings import Secret
from pipeline.upsert import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    VectorApiError,
)
from pipeline.upsert.api import Api, to_segment
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.reasons import drop_echo, to_seconds
from tests.support.sinks import to_api
from tests.support.vector_api import Fault, VectorApi

URL = "http://127.0.0.1:9"


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"detail": "Invalid value: no such store"}, "HTTP 400: Invalid value: no such store"),
        ({"error": {"detail": "Invalid value: inf"}}, "HTTP 400: Invalid value: inf"),
        ({"error": {"message": "Model 'x' not found"}}, "HTTP 400: Model 'x' not found"),
        ({"error": "plain"}, "HTTP 400: plain"),
        (
            {
                "error": {
                    "detail": {"errors": [{"loc": ["body", "chunks"], "msg": "Field required"}]}
                }
            },
            "HTTP 400: body.chunks: Field required",
        ),
        (
            {"detail": [{"loc": ["body", 0], "msg": "bad", "input": "the page's secret text"}]},
            "HTTP 400: body.0: bad",
        ),
        ({}, "HTTP 400"),
        ([], "HTTP 400"),
        ("forged\r\nlog line\x1b[31m", "HTTP 400: forged log line [31m"),
        ("x" * 1000, "HTTP 400: " + "x" * 299 + "…"),
    ],
)
def test_errors_say_what_the_server_says_in_one_line(
    mock: responses.RequestsMock, body: Any, text: str
) -> None:
    mock.get(f"{URL}/v1/x", status=400, body=json.dumps(body))
    with pytest.raises(VectorApiError) as raised:
        to_api(URL).get("/v1/x")
    assert str(raised.value) == f"GET {URL}/v1/x: {text}"


def test_the_token_goes_along_and_into_no_error(mock: responses.RequestsMock) -> None:
    mock.get(f"{URL}/v1/x", status=403, json={"detail": "no rights for my-token"})
    api = to_api(URL, token="my-token")
    with pytest.raises(VectorApiError) as raised:
        api.get("/v1/x")
    assert mock.calls[0].request.headers["Authorization"] == "Bearer my-token"
    assert "my-token" not in str(raised.value)
    assert "my-token" not in repr(api)


TEXT = 'Die Bänder sind voll: "alte Sicherungen"\nweg, sagt der Plan.'


@pytest.mark.parametrize(
    "form", [str, repr, json.dumps, lambda text: f"{text[:24]}...{text[-24:]}"]
)
@pytest.mark.parametrize(
    "sent", [{"json": {"chunks": [{"content": TEXT}]}}, {"files": {"file": ("n", TEXT.encode())}}]
)
def test_what_a_server_repeats_of_a_text_is_left_out(form: Any, sent: dict[str, Any]) -> None:
    said = drop_echo(f"chunks.0: input is {form(TEXT)}, which is too long", sent)
    assert re.fullmatch("chunks.0: input is .{0,3}….*, which is too long", said)
    for words in ("Bänder", "Sicherungen", "Plan", "nder"):
        assert words not in said


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"status": "failed", "last_error": {"message": f"cannot embed {TEXT}\n now"}}),
        (400, {"detail": f"cannot embed {TEXT} now"}),
    ],
)
def test_a_file_that_is_not_taken_in_is_not_quoted(
    status: int, answer: Any, mock: responses.RequestsMock
) -> None:
    mock.post(f"{URL}/v1/vector_stores/vs/files", status=status, json=answer)
    stores = StoreApi(to_api(URL), "/v1")
    with pytest.raises(InsertRejectedError, match=r"cannot embed … now$"):
        stores.attach("vs", "file-1", TEXT, {}, 800, 0)


def test_identifiers_may_be_repeated_and_so_may_a_few_words() -> None:
    sent = {"json": {"store": "vs_0123456789abcdef0123456789", "text": "a disk is full again now"}}
    said = "no store vs_0123456789abcdef0123456789, or a disk is full"
    assert drop_echo(said, sent) == said


def test_of_an_answer_that_repeats_everything_only_the_beginning_is_read() -> None:
    text = "All the words of a page. " * 20_000
    api = to_api(URL)
    assert api.quote("no: " + text, {"text": text}) == "no:…"


def test_credentials_of_a_netrc_are_not_sent(
    mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    mock.get(f"{URL}/v1/x", json={})
    to_api(URL).get("/v1/x")
    assert "Authorization" not in mock.calls[0].request.headers


def test_a_redirect_is_not_followed(mock: responses.RequestsMock) -> None:
    mock.get(f"{URL}/v1/x", status=302, headers={"Location": "http://elsewhere.example/"})
    with pytest.raises(VectorApiError, match=r"redirects to http://elsewhere\.example/"):
        to_api(URL, token="my-token").get("/v1/x")
    assert len(mock.calls) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_read_is_retried_and_every_try_is_counted(status: int) -> None:
    with VectorApi() as server:
        server.faults.append(Fault(status=status, on="describe", times=2))
        api = to_api(server.base_url)
        assert "paths" in api.get("/openapi.json")
        assert api.requests == 3


def test_a_read_that_is_refused_is_not_retried(mock: responses.RequestsMock) -> None:
    mock.get(f"{URL}/v1/x", status=404)
    with pytest.raises(VectorApiError):
        to_api(URL).get("/v1/x")
    assert len(mock.calls) == 1


def test_a_retry_waits_as_long_as_the_server_asks(mock: responses.RequestsMock) -> None:
    waits: list[float] = []
    mock.get(f"{URL}/v1/x", status=503, headers={"Retry-After": "9"})
    mock.get(f"{URL}/v1/x", status=503)
    mock.get(f"{URL}/v1/x", json={"ok": True})
    assert Api(URL, Secret(""), sleep=waits.append).get("/v1/x") == {"ok": True}
    assert waits[0] == 9.0
    assert 2.0 <= waits[1] <= 2.5


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(answer="reset"), Fault(answer="cut")])
def test_an_insert_is_never_repeated_blindly(fault: Fault) -> None:
    with VectorApi() as server:
        server.faults.append(Fault(on="any", times=None, status=fault.status, answer=fault.answer))
        with pytest.raises(InsertUnclearError):
            to_api(server.base_url).insert("/v1/vector_io/documents", {"documents": []})
        assert len(server.log) == 1


def test_a_broken_connection_may_yet_have_stored_something(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/v1/x", body=requests.ConnectionError("reset"))
    with pytest.raises(InsertUnclearError) as raised:
        to_api(URL).insert("/v1/x", {})
    assert raised.value.still_at_work


def test_a_refused_connection_stored_nothing_and_will_not() -> None:
    with VectorApi() as server:
        pass
    with pytest.raises(InsertUnclearError, match="refused") as raised:
        to_api(server.base_url).insert("/v1/x", {})
    assert not raised.value.still_at_work


def test_a_plain_500_is_over_when_it_is_told(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/v1/x", status=500)
    with pytest.raises(InsertUnclearError) as raised:
        to_api(URL).insert("/v1/x", {})
    assert not raised.value.still_at_work


def test_a_throttled_insert_says_when_to_come_again(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/v1/x", status=429, headers={"Retry-After": "11"})
    with pytest.raises(InsertThrottledError) as raised:
        to_api(URL).insert("/v1/x", {})
    assert raised.value.retry_after == 11.0


def test_making_something_is_tried_once(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/v1/x", status=503)
    with pytest.raises(VectorApiError):
        to_api(URL).post_once("/v1/x", {})
    assert len(mock.calls) == 1


def test_deleting_what_is_gone_is_no_error(mock: responses.RequestsMock) -> None:
    mock.delete(f"{URL}/v1/x", status=404)
    assert to_api(URL).delete("/v1/x") is False


def test_a_server_that_never_answered_is_given_up_sooner() -> None:
    with VectorApi() as server:
        pass
    api = to_api(server.base_url, attempts=6)
    with pytest.raises(VectorApiError, match="connection refused"):
        api.get("/v1/x")
    assert api.requests == 3


@pytest.mark.parametrize("body", [b"", b"null", b"  "])
def test_an_empty_answer_is_none(mock: responses.RequestsMock, body: bytes) -> None:
    mock.post(f"{URL}/v1/x", body=body)
    assert to_api(URL).insert("/v1/x", {}) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("86400", 120.0), ("", None), ("soon", None), ("-3", None)],
)
def test_retry_after_is_read_in_seconds(header: str, seconds: float | None) -> None:
    assert to_seconds(header) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    assert to_seconds(formatdate(0, usegmt=True)) == 0.0
    assert to_seconds("Fri, 31 Dec 9999 23:59:59 GMT") == 120.0


def test_an_identifier_stays_one_segment_of_the_path() -> None:
    assert to_segment("a/b?c#d ü") == "a%2Fb%3Fc%23d%20%C3%BC"
