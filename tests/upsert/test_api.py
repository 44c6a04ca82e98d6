"""Requests to a vector server: what is sent, what is retried, what a failed insert means."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from pipeline.http import PROXY_LOGIN
from pipeline.settings import Secret
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    VectorApiError,
)
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.server.api import Api, to_segment
from tests.support.fast_retries import FAST
from tests.support.sinks import to_api
from tests.support.vector_api import Fault, VectorApi
from tests.support.waiting import Recorded

URL = "http://127.0.0.1:9"


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize(
    ("status", "token", "body", "text"),
    [
        (400, "", {"detail": "no such store"}, "HTTP 400: no such store"),
        (400, "", {}, "HTTP 400"),
        (401, "", {}, "HTTP 401: authentication required (VECTOR_API_TOKEN)"),
        (407, "", {}, f"HTTP 407: {PROXY_LOGIN}"),
        (401, "t0ken", {}, "HTTP 401: token rejected (VECTOR_API_TOKEN)"),
        (403, "t0ken", {"error": "no"}, "HTTP 403: token rejected (VECTOR_API_TOKEN): no"),
    ],
)
def test_errors_quote_the_server_in_one_line(
    mock: responses.RequestsMock, status: int, token: str, body: Any, text: str
) -> None:
    mock.get(f"{URL}/v1/x", status=status, json=body)
    with pytest.raises(VectorApiError) as raised:
        to_api(URL, token).get("/v1/x")
    assert str(raised.value) == f"GET {URL}/v1/x: {text}"


def test_the_token_is_sent_and_appears_in_no_error(mock: responses.RequestsMock) -> None:
    mock.get(f"{URL}/v1/x", status=403, json={"detail": "no rights for my-token"})
    api = to_api(URL, token="my-token")
    with pytest.raises(VectorApiError) as raised:
        api.get("/v1/x")
    assert mock.calls[0].request.headers["Authorization"] == "Bearer my-token"
    assert "my-token" not in str(raised.value)
    assert "my-token" not in repr(api)


TEXT = 'Die Bänder sind voll: "alte Sicherungen"\nweg, sagt der Plan.'


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"status": "failed", "last_error": {"message": f"cannot embed {TEXT}\n now"}}),
        (400, {"detail": f"cannot embed {TEXT} now"}),
    ],
)
def test_a_file_that_is_rejected_is_not_quoted(
    status: int, answer: Any, mock: responses.RequestsMock
) -> None:
    mock.post(f"{URL}/v1/vector_stores/vs/files", status=status, json=answer)
    stores = StoreApi(to_api(URL), "/v1")
    with pytest.raises(InsertRejectedError, match=r"cannot embed … now$"):
        stores.attach("vs", "file-1", TEXT, {}, 800, 0)


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


def test_a_page_in_place_of_json_is_retried() -> None:
    with VectorApi() as server:
        server.faults.append(Fault(answer="html", on="describe", times=2))
        assert "paths" in to_api(server.base_url).get("/openapi.json")


def test_a_web_page_at_the_base_url_is_reported_soon() -> None:
    with VectorApi() as server:
        server.faults.append(Fault(answer="html", on="describe", times=None))
        api = to_api(server.base_url, attempts=FAST.attempts)
        with pytest.raises(VectorApiError, match="an HTML page; check that the base URL"):
            api.get("/openapi.json")
        assert api.requests == FAST.first_attempts < FAST.attempts


def test_a_read_that_is_refused_is_not_retried(mock: responses.RequestsMock) -> None:
    mock.get(f"{URL}/v1/x", status=404)
    with pytest.raises(VectorApiError):
        to_api(URL).get("/v1/x")
    assert len(mock.calls) == 1


def test_a_retry_waits_as_long_as_the_server_asks(mock: responses.RequestsMock) -> None:
    waiting = Recorded()
    mock.get(f"{URL}/v1/x", status=503, headers={"Retry-After": "9"})
    mock.get(f"{URL}/v1/x", status=503)
    mock.get(f"{URL}/v1/x", json={"ok": True})
    assert Api(URL, Secret(""), waiting=waiting).get("/v1/x") == {"ok": True}
    assert waiting.seconds[0] == 9.0
    assert 1.4 <= waiting.seconds[1] <= 2.6


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(answer="reset"), Fault(answer="cut")])
def test_an_insert_is_never_repeated_without_looking(fault: Fault) -> None:
    with VectorApi() as server:
        server.faults.append(Fault(on="any", times=None, status=fault.status, answer=fault.answer))
        with pytest.raises(InsertUnclearError):
            to_api(server.base_url).insert("/v1/vector_io/documents", {"documents": []})
        assert len(server.log) == 1


def test_a_broken_connection_may_have_stored_something(mock: responses.RequestsMock) -> None:
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


def test_a_plain_500_is_final_for_the_server(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/v1/x", status=500)
    with pytest.raises(InsertUnclearError) as raised:
        to_api(URL).insert("/v1/x", {})
    assert not raised.value.still_at_work


def test_a_throttled_insert_has_the_wait_that_the_server_asks_for(
    mock: responses.RequestsMock,
) -> None:
    mock.post(f"{URL}/v1/x", status=429, headers={"Retry-After": "11"})
    with pytest.raises(InsertThrottledError) as raised:
        to_api(URL).insert("/v1/x", {})
    assert raised.value.retry_after == 11.0


def test_a_creation_is_sent_once(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/v1/x", status=503)
    with pytest.raises(VectorApiError):
        to_api(URL).post_once("/v1/x", {})
    assert len(mock.calls) == 1


def test_deleting_what_is_gone_is_no_error(mock: responses.RequestsMock) -> None:
    mock.delete(f"{URL}/v1/x", status=404)
    to_api(URL).delete("/v1/x")
    assert len(mock.calls) == 1


def test_a_server_that_never_answered_is_given_up_sooner() -> None:
    with VectorApi() as server:
        pass
    api = to_api(server.base_url, attempts=6)
    with pytest.raises(VectorApiError, match="connection refused"):
        api.get("/v1/x")
    assert api.requests == 3


@pytest.mark.parametrize("body", [b"", b"null", b"  "])
def test_an_empty_answer_has_no_fields(mock: responses.RequestsMock, body: bytes) -> None:
    mock.post(f"{URL}/v1/x", body=body)
    assert to_api(URL).insert("/v1/x", {}) == {}


def test_an_identifier_stays_one_segment_of_the_path() -> None:
    assert to_segment("a/b?c#d ü") == "a%2Fb%3Fc%23d%20%C3%BC"
