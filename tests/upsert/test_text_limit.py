"""What a server says to a text that is too long for its model, and how the limit is found."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from pipeline.upsert import VectorApiError
from pipeline.upsert.server.api import AnswerError
from pipeline.upsert.server.refusals import find_limit, says_too_long
from pipeline.upsert.server.text_limit import EmbeddingRoute, ask_with_less
from tests.support.sinks import to_api

URL, ROUTE = "http://127.0.0.1:9", "/v1/embeddings"

REFUSALS = [  # as servers word them, and the limit that they name
    ("This model's maximum context length is 512 tokens. However, you requested 1451 tokens", 512),
    ("Input length (600) exceeds model's maximum context length (512).", 512),
    ("The decoder prompt (length 600) is longer than the maximum model length of 512.", 512),
    ("the model's context length is only 512 tokens, resulting in a maximum input length", 512),
    ("The input (600 tokens) is longer than the model's context length (512 tokens).", 512),
    ("Invalid 'input': maximum context length is 8192 tokens.", 8192),
    ("Input validation error: `inputs` must have less than 512 tokens. Given: 534", 512),
    ("Input length 534 exceeds maximum allowed token size 512", 512),
    ("input (5567 tokens) is too large to process. increase the physical batch size (current "
     "batch size: 4096)", 4096),
    ("input is too large to process. increase the physical batch size", None),
    ("the input length exceeds the context length", None),
    ("the request exceeds the available context size. try increasing the context size", None),
    ("the number of input tokens 600 cannot exceed the total tokens limit 512", 512),
    ("Too many input tokens. Max input tokens: 8192, request input token count: 9000", 8192),
    ("The input token count (3000) exceeds the maximum number of tokens allowed (2048).", 2048),
]  # fmt: skip


@pytest.mark.parametrize(("text", "limit"), REFUSALS)
def test_a_refusal_for_length_is_recognized_with_its_limit(text: str, limit: int | None) -> None:
    assert says_too_long(text)
    assert find_limit(text) == limit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "batch size 100 > maximum allowed batch size 32",
        "`inputs` must have less than 32000 characters. Given: 67337",
        "Invalid value: Vector_db `x` not served by any provider",
        "Rate limit reached: limit 1000000 tokens per min",
        "chunk_id: Field required",
    ],
)
def test_other_errors_are_not_taken_for_it(text: str) -> None:
    assert not says_too_long(text)


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def serve(mock: responses.RequestsMock, answer: Callable[[int], tuple[int, str]]) -> None:
    """Answer by the words of the text: status and message."""

    def respond(request: Any) -> tuple[int, dict[str, str], str]:
        [text] = json.loads(request.body)["input"]
        status, message = answer(len(text.split()))
        return status, {}, json.dumps({"error": {"message": message}})

    mock.add_callback(responses.POST, URL + ROUTE, respond)


def measure(most: int = 1280) -> int | None:
    return EmbeddingRoute(to_api(URL), ROUTE, "model").measure_limit(most)


def test_a_server_that_accepts_the_text_costs_one_request(mock: responses.RequestsMock) -> None:
    serve(mock, lambda _: (200, ""))
    assert measure() == 0
    assert len(mock.calls) == 1


@pytest.mark.parametrize("status", [400, 413, 500])
def test_the_limit_is_read_from_the_refusal(mock: responses.RequestsMock, status: int) -> None:
    serve(mock, lambda _: (status, "maximum context length is 512 tokens"))
    assert measure() == 512
    assert len(mock.calls) == 1


@pytest.mark.parametrize("message", ["input is too long", "exceeds the context length", ""])
@pytest.mark.parametrize("window", [64, 300, 512, 1200])
def test_a_limit_that_is_not_named_is_found_by_halving(
    mock: responses.RequestsMock, message: str, window: int
) -> None:
    serve(mock, lambda words: (400, message) if words > window else (200, ""))
    limit = measure()
    assert limit is not None
    assert window * 0.9 < limit <= window
    assert len(mock.calls) < 12


def test_a_limit_over_what_was_asked_is_not_believed(mock: responses.RequestsMock) -> None:
    message = "maximum context length is 8192 tokens"
    serve(mock, lambda words: (400, message) if words > 512 else (200, ""))
    assert measure() in range(480, 513)


def test_a_server_that_refuses_every_text_shows_no_limit(mock: responses.RequestsMock) -> None:
    serve(mock, lambda _: (400, "model not found"))
    assert measure() is None


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_a_server_that_is_down_shows_no_limit(mock: responses.RequestsMock, status: int) -> None:
    serve(mock, lambda _: (status, "not now"))
    with pytest.raises(VectorApiError):
        measure()


def test_a_search_is_repeated_with_less_until_the_model_accepts_it() -> None:
    asked: list[int] = []

    def ask(text: str) -> str:
        asked.append(len(text))
        if len(text) > 500:
            raise AnswerError("no", 400, answer="maximum context length is 512 tokens")
        return text

    assert ask_with_less(ask, "x" * 2000) == "x" * 500
    assert asked == [2000, 1000, 500]


@pytest.mark.parametrize("answer", ["something else", "maximum context length is 512 tokens"])
def test_a_search_that_is_refused_whatever_its_length_fails(answer: str) -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        raise AnswerError("no", 400, answer=answer)

    with pytest.raises(AnswerError):
        ask_with_less(ask, "x" * 2000)
    assert len(asked) == (1 if answer == "something else" else 8)
