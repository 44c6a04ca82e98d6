"""`insert_all` against a server that goes wrong: nothing twice, nothing lost unnoticed."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.http import VECTOR_RETRY, Waiting
from pipeline.records import Chunk
from pipeline.upsert import InsertUnclearError, VectorApiError
from pipeline.upsert.errors import TooLongError
from pipeline.upsert.insertion.insert import Inserted, insert_all
from tests.support.sinks import to_chunk, to_chunks, to_sink
from tests.support.vector_api import Fault, VectorApi
from tests.support.waiting import Recorded

CHUNKS = to_chunks([f"Chunk number {n} of the batch" for n in range(12)])
IDS = {chunk.id for chunk in CHUNKS}
POISON = CHUNKS[5].id
EXACT = replace(VECTOR_RETRY, jitter=0.0)


@pytest.fixture(params=["underscore", "dash"])
def api(request: pytest.FixtureRequest) -> Iterator[VectorApi]:
    with VectorApi(form=request.param) as api:
        yield api


def insert(
    api: VectorApi, chunks: list[Chunk] = CHUNKS, **options: Any
) -> tuple[Inserted, Recorded]:
    waits = Recorded()
    sink = to_sink(api.base_url, **options)
    try:
        return insert_all(sink, chunks, waits, EXACT), waits
    finally:
        sink.close()


# faults, which chunks fail, what is inserted how often at most
ALL_GO_IN = [
    Fault(status=400),
    Fault(status=413, over_bytes=1200, times=None),
    Fault(status=422),
    Fault(status=429, retry_after="7"),
    Fault(status=429, times=5),
    Fault(status=500),
    Fault(status=500, times=2),
    Fault(status=500, stored="half"),
    Fault(status=500, stored="all"),
    Fault(status=502, stored="all"),
    Fault(status=503, retry_after="3"),
    Fault(status=504, stored="half"),
    Fault(answer="reset"),
    Fault(answer="reset", stored="half"),
    Fault(answer="reset", stored="all"),
    Fault(answer="cut", stored="all"),
    Fault(answer="html"),
    Fault(answer="hang", stored="all"),
    Fault(answer="hang"),
]


@pytest.mark.parametrize("fault", ALL_GO_IN, ids=str)
def test_every_chunk_is_stored_once_after_a_fault_that_passes(api: VectorApi, fault: Fault) -> None:
    api.faults.append(replace(fault))
    done, _ = insert(api, read_seconds=0.3 if fault.answer == "hang" else 60.0)
    assert done.failed == {}
    assert set(done.handles) == IDS
    assert api.documents("confluence").keys() == IDS
    assert api.duplicates("confluence") == []


@pytest.mark.parametrize("status", [400, 413, 422, 500])
def test_a_chunk_that_cannot_be_stored_fails_alone(api: VectorApi, status: int) -> None:
    api.faults.append(Fault(status=status, chunk=POISON, times=None, text="cannot take it"))
    done, _ = insert(api)
    assert set(done.handles) == IDS - {POISON}
    assert set(done.failed) == {POISON}
    assert "cannot take it" in done.failed[POISON]
    assert api.documents("confluence").keys() == IDS - {POISON}
    assert api.duplicates("confluence") == []


@pytest.mark.parametrize("status", [400, 413, 500])
def test_a_chunk_that_is_too_long_for_the_model_is_named_and_the_others_go_in(
    api: VectorApi, status: int
) -> None:
    text = "input (600 tokens) is too large to process. increase the physical batch size"
    api.faults.append(Fault(status=status, chunk=POISON, times=None, text=text))
    done, waits = insert(api)
    assert set(done.too_long) == {POISON}
    assert (set(done.handles), done.failed) == (IDS - {POISON}, {})
    assert api.duplicates("confluence") == []
    assert waits.seconds == []


def test_a_server_that_hides_the_reason_shows_it_by_an_embedding() -> None:
    with VectorApi("dash", window=60) as api:
        chunks = [*CHUNKS[:3], to_chunk(20, "far too long " * 60)]
        api.faults.append(Fault(status=500, chunk=chunks[-1].id, times=None, text="unexpected"))
        done, _ = insert(api, chunks)
        assert set(done.too_long) == {chunks[-1].id}
        assert set(done.handles) == {chunk.id for chunk in chunks[:-1]}
        api.window = 1000
        done, _ = insert(api, chunks[-1:])
        assert set(done.failed) == {chunks[-1].id}


def test_what_is_stored_beside_a_chunk_that_is_too_long_is_not_sent_again(
    api: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = to_sink(api.base_url)
    insert_now, sent = sink.insert, []

    def refuse_poison(chunks: Sequence[Chunk]) -> Mapping[str, str]:
        sent.append(len(chunks))
        stored = insert_now([chunk for chunk in chunks if chunk.id != POISON])
        if len(stored) < len(chunks):
            raise TooLongError("too long", stored)
        return stored

    monkeypatch.setattr(sink, "insert", refuse_poison)
    done = insert_all(sink, CHUNKS, Recorded(), EXACT)
    sink.close()
    assert (set(done.too_long), set(done.handles), sent) == ({POISON}, IDS - {POISON}, [12])


def test_chunks_that_are_all_too_long_do_not_end_the_run(api: VectorApi) -> None:
    text = "the input length exceeds the context length"
    api.faults.append(Fault(status=500, times=None, text=text))
    done, _ = insert(api)
    assert set(done.too_long) == IDS


def test_a_clean_batch_is_one_request(api: VectorApi) -> None:
    _, waits = insert(api)
    assert api.count("insert") == 1
    assert waits.seconds == []


def test_chunks_that_a_failed_insert_stored_are_not_sent_again(api: VectorApi) -> None:
    api.faults.append(Fault(status=500, stored="half"))
    insert(api)
    assert [request.chunks for request in api.log if request.kind == "insert"] == [12, 6]


def test_a_throttled_batch_waits_at_least_as_long_as_the_server_asks(api: VectorApi) -> None:
    api.faults.append(Fault(status=429, retry_after="7", times=5))
    _, waits = insert(api)
    assert waits.seconds == [7.0, 7.0, 7.0, 8.0, 16.0]


def test_a_throttled_batch_is_not_split(api: VectorApi) -> None:
    api.faults.append(Fault(status=429, times=3))
    insert(api)
    assert [request.chunks for request in api.log if request.kind == "insert"] == [12] * 4


def test_pauses_grow_where_the_server_names_none(api: VectorApi) -> None:
    api.faults.append(Fault(status=429, times=4))
    _, waits = insert(api)
    assert waits.seconds == [1.0, 2.0, 4.0, 8.0]


def test_a_retry_after_is_bounded(api: VectorApi) -> None:
    api.faults.append(Fault(status=429, retry_after="86400"))
    _, waits = insert(api)
    assert waits.seconds == [600.0]


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_only_asks_for_waits_ends_the_run_after_ten_minutes(
    api: VectorApi, status: int
) -> None:
    api.faults.append(Fault(status=status, retry_after="240", times=None))
    waits, sink = Recorded(), to_sink(api.base_url)
    with pytest.raises(VectorApiError, match="asks for more than 600 s"):
        insert_all(sink, CHUNKS, waits, EXACT)
    sink.close()
    assert waits.seconds == [240.0, 240.0]


def test_a_server_that_throttles_for_ever_ends_the_run(api: VectorApi) -> None:
    api.faults.append(Fault(status=429, times=None))
    with pytest.raises(VectorApiError, match="429"):
        insert(api)


def test_a_server_that_stores_late_is_looked_at_again_before_anything_is_resent(
    api: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request times out, and the server stores it only after our first look."""
    sink = to_sink(api.base_url)
    insert_now = sink.insert
    waits = Recorded(lambda _: len(waits.seconds) == 2 and insert_now(CHUNKS))

    def insert_late(chunks: Sequence[Chunk]) -> Mapping[str, str]:
        if not waits.seconds:
            raise InsertUnclearError("timed out", still_at_work=True)
        insert_now(CHUNKS)  # the server is done with the first one, and takes the second
        return insert_now(chunks)

    monkeypatch.setattr(sink, "insert", insert_late)
    done = insert_all(sink, CHUNKS, waits, EXACT)
    sink.close()
    assert set(done.handles) == IDS
    assert waits.seconds == [1.0, 4.0]
    assert api.count("insert") == 1
    assert api.duplicates("confluence") == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_ends_the_run_at_once(api: VectorApi, status: int) -> None:
    api.faults.append(Fault(status=status, times=None))
    with pytest.raises(VectorApiError, match="VECTOR_API_TOKEN"):
        insert(api)
    assert api.count("insert") == 1


def test_a_collection_that_is_deleted_during_the_run_ends_it(api: VectorApi) -> None:
    sink = to_sink(api.base_url)
    api.drop("confluence")
    with pytest.raises(VectorApiError, match="deleted on the server during the run"):
        insert_all(sink, CHUNKS, Recorded(), EXACT)
    sink.close()


def test_a_server_that_restarts_between_batches_is_waited_for(api: VectorApi) -> None:
    sink = to_sink(api.base_url)
    insert_all(sink, CHUNKS[:6], Recorded(), EXACT)
    api.stop()
    done = insert_all(sink, CHUNKS[6:], Recorded(lambda _: api.start()), EXACT)
    sink.close()
    assert set(done.handles) == {chunk.id for chunk in CHUNKS[6:]}
    assert api.documents("confluence").keys() == IDS


def test_a_stop_ends_the_waiting_and_leaves_the_rest_undecided(api: VectorApi) -> None:
    stop = Recorded(lambda _: stop.end())
    api.faults.append(Fault(status=429, retry_after="60"))
    sink = to_sink(api.base_url)
    done = insert_all(sink, CHUNKS, stop, EXACT)
    sink.close()
    assert done == Inserted()
    assert api.count("insert") == 1


def test_the_stop_event_itself_ends_a_wait(api: VectorApi) -> None:
    stop = Waiting()
    api.faults.append(Fault(status=429, retry_after="100"))
    sink = to_sink(api.base_url)
    threading.Timer(0.1, stop.end).start()
    assert insert_all(sink, CHUNKS, stop) == Inserted()
    sink.close()


@pytest.mark.slow
@settings(max_examples=40)
@given(
    faults=st.lists(
        st.builds(
            Fault,
            status=st.sampled_from([400, 413, 422, 429, 500, 502, 503, 504]),
            times=st.integers(1, 3),
            stored=st.just("nothing"),
            answer=st.sampled_from(["status", "reset"]),
        )
        | st.builds(
            Fault,
            status=st.sampled_from([500, 502, 503, 504]),
            times=st.integers(1, 2),
            stored=st.sampled_from(["half", "all"]),
            answer=st.sampled_from(["status", "reset", "cut"]),
        ),
        max_size=3,
    ),
    size=st.integers(1, 12),
    form=st.sampled_from(["underscore", "dash"]),
)
def test_the_report_matches_the_store_whatever_fails(
    faults: list[Fault], size: int, form: Any
) -> None:
    """No chunk is stored twice, and those reported as stored are exactly those that are."""
    with VectorApi(form=form) as api:
        sink = to_sink(api.base_url)
        api.faults += faults
        chunks = [to_chunk(n, f"Chunk number {n} of the batch") for n in range(size)]
        done = insert_all(sink, chunks, Recorded(), EXACT)
        sink.close()
        assert api.documents("confluence").keys() == done.handles.keys()
        assert done.handles.keys() | done.failed.keys() == {chunk.id for chunk in chunks}
        assert not done.handles.keys() & done.failed.keys()
        assert api.duplicates("confluence") == []
