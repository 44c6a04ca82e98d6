"""Looking for chunks by query: sure in a crowd, cheap elsewhere."""

import pytest

from pipeline.records import Chunk, Hit
from pipeline.upsert.find_by_query import ask_beside, find_by_query
from pipeline.upsert.server.api import AnswerError
from tests.support.sinks import to_chunk


class Store:
    """Answers with a fixed ranking; notes how many hits were asked for."""

    def __init__(self, ranking: list[Chunk], scores: list[float], most: int = 10_000) -> None:
        self._ranking, self._scores, self._most = ranking, scores, most
        self.asked: list[int] = []

    def ask(self, question: str, top_k: int) -> list[Hit]:
        self.asked.append(top_k)
        if top_k > self._most:
            raise AnswerError("too many", 422)
        pairs = zip(self._ranking, self._scores, strict=True)
        return [Hit(chunk.id, chunk.text, score, {}) for chunk, score in pairs][:top_k]


OTHERS = [to_chunk(n, f"Wholly other words {n * 7} about {n * 13} things {n}") for n in range(2000)]
ALIKE = [to_chunk(n, "Runbook: wait for the pods, then go to step " + str(n)) for n in range(2000)]
FALLING = [10.0 / (n + 1) for n in range(2000)]
TARGET = to_chunk(9999, "Runbook: wait for the pods, then go to step 9999")


def test_a_missing_chunk_costs_one_query_of_ten() -> None:
    store = Store(OTHERS, FALLING)
    assert find_by_query(store.ask, [TARGET]) == {}
    assert store.asked == [10]


@pytest.mark.parametrize(("place", "asked"), [(0, [10]), (50, [10, 100]), (500, [10, 100, 1000])])
@pytest.mark.parametrize(
    ("crowd", "scores"),
    [(ALIKE, FALLING), (OTHERS, [1.0] * 2000)],
    ids=["texts that begin alike", "texts that are one to the model"],
)
def test_a_chunk_in_a_crowd_is_found(
    place: int, asked: list[int], crowd: list[Chunk], scores: list[float]
) -> None:
    store = Store([*crowd[:place], TARGET, *crowd[place + 1 :]], scores)
    assert set(find_by_query(store.ask, [TARGET])) == {TARGET.id}
    assert store.asked == asked


def test_a_server_that_gives_few_hits_at_once_is_asked_for_no_more() -> None:
    store = Store(ALIKE, FALLING, most=50)
    assert find_by_query(store.ask, [TARGET]) == {}
    assert store.asked == [10, 100]


def test_chunks_found_by_earlier_queries_are_not_asked_for() -> None:
    store = Store(ALIKE, FALLING)
    assert len(find_by_query(store.ask, ALIKE[:5])) == 5
    assert len(store.asked) == 1


def test_a_text_is_never_asked_for_exactly_as_it_is_stored() -> None:
    questions: list[str] = []

    def ask(question: str, _top_k: int) -> list[Hit]:
        questions.append(question)
        raise AnswerError("distance 0", 400)

    with pytest.raises(AnswerError):
        ask_beside(ask, "Hello", 3)
    assert len(set(questions)) == 2
    assert "Hello" not in questions
