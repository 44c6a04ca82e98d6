"""The underscore sink on the stand-in Vector API, over real sockets."""

from collections.abc import Iterator

import pytest

from pipeline.records import StoredChunk
from pipeline.upsert import InsertRejectedError, InsertUnclearError, Sink, VectorApiError
from tests.support.sinks import TEXTS, check_that_the_best_hit_is, to_chunks, to_sink
from tests.support.vector_api import DeleteRoute, Fault, VectorApi

CHUNKS = to_chunks(TEXTS)
STORED = [StoredChunk(chunk.id, chunk.page_id, chunk.id) for chunk in CHUNKS]


@pytest.fixture
def api() -> Iterator[VectorApi]:
    with VectorApi() as api:
        yield api


@pytest.fixture
def sink(api: VectorApi) -> Iterator[Sink]:
    sink = to_sink(api.base_url)
    yield sink
    sink.close()


@pytest.mark.parametrize("status", [200, 201])
def test_a_missing_collection_is_made(status: int) -> None:
    with VectorApi(create_status=status) as api:
        sink = to_sink(api.base_url, COLLECTION_ID="my docs")
        assert sink.opened_new
        assert sink.open_collection() == "my docs"
        assert not sink.opened_new
        assert api.count("create") == 1
        sink.close()


def test_a_collection_that_another_run_makes_at_the_same_moment_is_used(api: VectorApi) -> None:
    api.faults.append(Fault(status=409, on="create"))
    sink = to_sink(api.base_url)
    assert not sink.opened_new
    sink.close()


def test_looking_up_makes_nothing(api: VectorApi, sink: Sink) -> None:
    api.drop("confluence")
    before = api.count("create")
    assert sink.look_up("confluence") == ""
    assert api.count("create") == before


def test_a_document_carries_the_chunk_as_it_is(api: VectorApi, sink: Sink) -> None:
    assert sink.insert(CHUNKS) == {chunk.id: chunk.id for chunk in CHUNKS}
    stored = api.documents("confluence")
    assert {i: (d.text, d.metadata) for i, d in stored.items()} == {
        chunk.id: (chunk.text, chunk.metadata) for chunk in CHUNKS
    }


def test_every_kind_of_text_is_found_again(sink: Sink) -> None:
    sink.insert(CHUNKS[::2])
    assert set(sink.find(CHUNKS)) == {chunk.id for chunk in CHUNKS[::2]}


def test_a_question_gets_the_best_hits_with_their_metadata(sink: Sink) -> None:
    sink.insert(CHUNKS)
    check_that_the_best_hit_is(CHUNKS[0], "when does the payment gateway time out", sink)


@pytest.mark.parametrize("route", ["document", "collection", "post"])
def test_chunks_are_deleted_by_whatever_route_the_server_describes(route: DeleteRoute) -> None:
    with VectorApi(delete_route=route) as api:
        sink = to_sink(api.base_url, COLLECTION_ID="a?b ü")
        sink.insert(CHUNKS)
        sink.delete(STORED[3:])
        assert sink.can_delete
        assert api.documents("a?b ü").keys() == {chunk.id for chunk in CHUNKS[:3]}
        sink.delete(STORED)  # some are gone already
        assert api.documents("a?b ü") == {}
        sink.close()


def test_a_server_that_describes_no_delete_route_cannot_delete(sink: Sink) -> None:
    assert not sink.can_delete


def test_a_delete_that_the_server_refuses_is_an_error() -> None:
    with VectorApi(delete_route="document") as api:
        api.faults.append(Fault(status=422, on="delete", times=None))
        sink = to_sink(api.base_url)
        sink.insert(CHUNKS)
        with pytest.raises(InsertRejectedError):
            sink.delete(STORED[:1])
        sink.close()


def test_a_delete_that_always_fails_is_the_failure_of_its_page() -> None:
    with VectorApi(delete_route="document") as api:
        sink = to_sink(api.base_url)
        sink.insert(CHUNKS)
        api.faults.append(Fault(status=500, on="delete", times=None))
        with pytest.raises(InsertUnclearError):
            sink.delete(STORED[:1])
        sink.close()


def test_a_delete_is_repeated_after_a_failure_that_passes() -> None:
    with VectorApi(delete_route="document") as api:
        sink = to_sink(api.base_url)
        sink.insert(CHUNKS)
        api.faults.append(Fault(status=503, on="delete"))
        sink.delete(STORED[:1])
        assert CHUNKS[0].id not in api.documents("confluence")
        sink.close()


def test_an_insert_is_sent_once_whatever_happens(api: VectorApi, sink: Sink) -> None:
    api.faults.append(Fault(status=503))
    with pytest.raises(InsertUnclearError):
        sink.insert(CHUNKS)
    assert api.count("insert") == 1


def test_an_answer_without_hits_is_an_error_not_an_empty_list(api: VectorApi, sink: Sink) -> None:
    api.faults.append(Fault(status=200, on="query", text="hello"))
    with pytest.raises(VectorApiError, match="no list of hits"):
        sink.query("anything", 3)
