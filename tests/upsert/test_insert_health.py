"""Chunks that a server cannot store, however many: the run ends only if it stores nothing."""

from collections.abc import Iterator, Sequence

import pytest

from pipeline.http import Waiting
from pipeline.records import Chunk
from pipeline.upsert import InsertHealth, VectorApiError, insert_all
from pipeline.upsert.insertion.insert import Inserted
from pipeline.upsert.insertion.insert_health import LONG_SECONDS
from tests.support.fast_retries import FAST
from tests.support.sinks import to_chunk, to_sink
from tests.support.vector_api import Fault, VectorApi
from tests.support.waiting import Recorded

POISON = "what the server cannot store"


@pytest.fixture
def api() -> Iterator[VectorApi]:
    with VectorApi("dash") as api:
        yield api


def to_batches(poison: Sequence[int], chunks: int, size: int) -> list[list[Chunk]]:
    made = [
        to_chunk(n, f"Chunk {n}: {POISON}" if n in poison else f"Chunk {n}") for n in range(chunks)
    ]
    return [made[start : start + size] for start in range(0, chunks, size)]


def insert_batches(
    api: VectorApi, batches: Sequence[Sequence[Chunk]], health: InsertHealth, waiting: Waiting
) -> list[Inserted]:
    sink = to_sink(api.base_url)
    try:
        return [insert_all(sink, batch, waiting, FAST, health) for batch in batches]
    finally:
        sink.close()


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize(
    ("poison", "size"),
    [
        (range(20, 50), 60),
        (range(20), 60),
        (range(40, 60), 60),
        (range(0, 60, 2), 60),
        (range(20, 45), 5),
        (range(20, 45), 1),
    ],
    ids=["in the middle", "at the start", "at the end", "half", "small batches", "one by one"],
)
def test_chunks_that_cannot_be_stored_end_no_run_while_others_can(
    api: VectorApi, poison: Sequence[int], size: int, status: int
) -> None:
    api.faults.append(Fault(status=status, times=None, saying=POISON))
    done = insert_batches(api, to_batches(poison, 60, size), InsertHealth(), Recorded())
    stored = {int(chunk.split("-")[1]) for part in done for chunk in part.handles}
    assert stored == set(range(60)) - set(poison)
    assert sum(len(part.failed) + len(part.given_up) for part in done) == len(poison)
    assert api.duplicates("confluence") == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 5])
@pytest.mark.parametrize("status", [400, 500, 504])
def test_a_server_that_stores_nothing_ends_the_run_after_a_few_batches(
    api: VectorApi, status: int, size: int
) -> None:
    api.faults.append(Fault(status=status, times=None))
    health, waits = InsertHealth(), Recorded()
    with pytest.raises(VectorApiError, match=f"HTTP {status}.*nothing is stored any more"):
        insert_batches(api, to_batches((), 1000, size), health, waits)
    assert api.count("insert") < 200


@pytest.mark.slow
def test_a_server_that_stops_storing_ends_the_run(api: VectorApi) -> None:
    health = InsertHealth()
    insert_batches(api, to_batches((), 50, 50), health, Recorded())
    api.faults.append(Fault(status=500, times=None))
    later = [to_chunk(n, f"Later chunk {n}") for n in range(100, 400)]
    with pytest.raises(VectorApiError):
        insert_batches(api, [later[:100], later[100:200], later[200:]], health, Recorded())
    assert not health.has_stored_nothing


def test_a_server_that_answers_too_late_for_long_is_given_few_further_attempts(
    api: VectorApi,
) -> None:
    seconds = [0.0]

    def pass_time(_: float) -> None:
        seconds[0] += LONG_SECONDS / 2

    api.faults.append(Fault(status=504, times=None))
    health = InsertHealth(clock=lambda: seconds[0])
    with pytest.raises(VectorApiError):
        insert_batches(api, to_batches((), 500, 100), health, Recorded(pass_time))
    assert api.count("insert") < 10


def test_what_is_given_up_is_not_known_to_be_missing(api: VectorApi) -> None:
    """A chunk that was part of an unclear insert may be stored later: the next run looks for it."""
    api.faults.append(Fault(status=504, times=None))
    (done,) = insert_batches(api, to_batches((), 30, 30), InsertHealth(), Recorded())
    assert not done.handles
    assert len(done.given_up) > 10
    assert not done.failed.keys() & done.given_up.keys()
    assert len(done.failed) + len(done.given_up) == 30
