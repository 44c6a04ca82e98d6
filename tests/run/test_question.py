"""VERIFY_QUERY is answered by words and vectors, where the server is shown to search words."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from pipeline.records import Hit
from pipeline.run.verify import answer
from pipeline.upsert import VectorApiError

FAILED = "the server answered HTTP 500"


class Server:
    """A sink that answers each mode with chunks of these scores, or fails."""

    def __init__(self, scores: Mapping[str, list[float] | None]) -> None:
        self._scores, self.asked = scores, list[str]()

    def query(self, question: str, top_k: int) -> list[Hit]:
        return self.query_once(question, top_k, "vector")

    def query_once(self, question: str, top_k: int, mode: str) -> list[Hit]:
        self.asked.append(mode)
        scores = self._scores[mode]
        if scores is None:
            raise VectorApiError(FAILED)
        return [Hit(f"{mode}-{at}", "", score, {}) for at, score in enumerate(scores)][:top_k]


def ask(server: Server) -> list[str]:
    return [hit.chunk_id for hit in answer(cast(Any, server), "Why?", 2)]


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_server_that_ranks_words_is_asked_by_both(caplog: pytest.LogCaptureFixture) -> None:
    scores = {"vector": [0.9, 0.8], "keyword": [4.5, 2.0, 2.0], "hybrid": [0.03, 0.02, 0.01]}
    assert ask(Server(scores)) == ["hybrid-0", "hybrid-1"]
    assert "by words and vectors" in caplog.text


@pytest.mark.parametrize(
    ("by_words", "both", "asked", "reason"),
    [
        (None, [0.03], ["vector", "keyword"], FAILED),
        ([], [0.03], ["vector", "keyword"], "finds nothing by words"),
        ([-4.5, -2.0], [0.03], ["vector", "keyword"], "ranks it in reverse"),
        ([2.0, 4.5], [0.03], ["vector", "keyword"], "ranks it in reverse"),
        ([4.5, 2.0], None, ["vector", "keyword", "hybrid"], FAILED),
        ([4.5, 2.0], [], ["vector", "keyword", "hybrid"], ""),
    ],
)
def test_another_server_is_asked_by_vectors(
    by_words: list[float] | None,
    both: list[float] | None,
    asked: list[str],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server({"vector": [0.9, 0.8], "keyword": by_words, "hybrid": both})
    assert ask(server) == ["vector-0", "vector-1"]
    assert server.asked == asked
    assert "by vectors only" in caplog.text
    assert reason in caplog.text


def test_an_empty_collection_is_not_asked_by_words() -> None:
    server = Server({"vector": []})
    assert ask(server) == []
    assert server.asked == ["vector"]
