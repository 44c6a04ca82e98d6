"""Which store the vector_stores sink uses, and what it removes when it opens it."""

from contextlib import ExitStack

import pytest

from demo.servers.llama_stack import LlamaStack
from pipeline.records import Chunk
from pipeline.upsert import VectorApiError
from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.vector_stores import VectorStores
from tests.support.proxy import Proxy
from tests.support.sinks import to_api
from tests.support.store_files import PROVIDERS, WORDS, stored, to_chunk, to_chunks
from tests.support.store_places import VectorStoresPlace

pytestmark = pytest.mark.real_server


def test_what_a_killed_run_left_half_done_is_removed(place: VectorStoresPlace) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    look = place.look
    upload = look.upload(f"{chunks[0].id}.{place.identifier}.md")
    failed = look.upload(f"{chunks[1].id}.{place.identifier}.nothing-reads-this")
    row = next(r for r in look.files() if r["attributes"]["conf_chunk_id"] == chunks[1].id)
    assert look.attach(failed, row["attributes"]) == "failed"
    # Inserted again, killed before the old one was deleted.
    sink.insert([to_chunk(3, chunks[2].text, labels="new")])
    someone_elses = look.upload(f"notes on {place.identifier}.md.txt")
    theirs = look.upload(f"{chunks[0].id}.vs_another.md")

    again = place.open()

    assert stored(again).keys() == {chunk.id for chunk in chunks}
    assert again.find(chunks).keys() == {chunk.id for chunk in chunks}
    assert again.query("all about gardens?", 1)[0].metadata["labels"] == "new"
    assert {row["status"] for row in look.files()} == {"completed"}
    left = look.uploads()
    assert upload not in left
    assert failed not in left
    assert left - {someone_elses} == {row["id"] for row in look.files()}
    assert look.get(f"{place.prefix}/files/{theirs}")["id"] == theirs


def test_other_shards_uploads_are_not_taken_for_left_over_ones(faiss: VectorStoresPlace) -> None:
    faiss.open()
    upload = faiss.look.upload(f"conf-1-0.{faiss.identifier}.md")
    faiss.open(SHARD_INDEX="0", SHARD_COUNT="2")
    assert upload in faiss.look.uploads()


def test_looking_up_changes_nothing_and_can_be_read_from(faiss: VectorStoresPlace) -> None:
    chunks = to_chunks(*WORDS)
    faiss.open().insert(chunks)
    orphan = faiss.look.upload(f"{chunks[0].id}.{faiss.identifier}.md")
    sink = faiss.make()
    assert sink.look_up() == faiss.identifier
    assert stored(sink).keys() == {chunk.id for chunk in chunks}
    assert len(sink.find(chunks)) == len(chunks)
    assert orphan in faiss.look.uploads()
    assert faiss.make(COLLECTION_ID="none").look_up() == ""


def test_a_vanished_store_is_found_by_name_or_created_again(faiss: VectorStoresPlace) -> None:
    faiss.open()
    first = faiss.identifier
    assert faiss.open(known="vs_nothing-of-that-name").opened_new is False
    assert faiss.identifier == first
    stores = StoreApi(to_api(faiss.base_url), faiss.prefix)
    stores.delete_store(first)
    stores.delete_store(first)
    assert faiss.open(known=first).opened_new
    assert faiss.identifier != first


def test_the_fullest_of_the_stores_with_the_same_name_is_used(
    faiss: VectorStoresPlace, caplog: pytest.LogCaptureFixture
) -> None:
    faiss.open().insert(to_chunks(*WORDS))
    full = faiss.identifier
    body = {"name": faiss.name, "embedding_model": "all-MiniLM-L6-v2", "embedding_dimension": 384}
    faiss.look.post(f"{faiss.prefix}/vector_stores", body)
    faiss.open()
    assert faiss.identifier == full
    assert f"2 stores have the name {faiss.name}" in caplog.text


def test_an_unknown_model_is_reported_and_leaves_no_store(place: VectorStoresPlace) -> None:
    with pytest.raises(VectorApiError, match="all-MiniLM-L6-v2"):
        place.open(EMBEDDING_MODEL_ID="no-such-model")
    rows = StoreApi(to_api(place.base_url), place.prefix).list_stores()
    assert place.name not in {row["name"] for row in rows}


@pytest.mark.parametrize("times", [1, 1000])
def test_a_server_that_fails_has_not_lost_a_store(
    times: int, llama_stack: LlamaStack, proxy: Proxy, places: ExitStack
) -> None:
    place = VectorStoresPlace(llama_stack.base_url, "sqlite-vec", OLD_PREFIX, places)
    place.open().insert(to_chunks(*WORDS))
    first, left = place.identifier, [times]

    def fail(method: str, path: str) -> tuple[int, dict[str, str]] | None:
        if path != "/v1/vector-io/query" or not left[0]:
            return None
        left[0] -= 1
        return 500, {"detail": "Internal server error: An unexpected error occurred."}

    proxy.fault = fail
    if times == 1:
        assert not place.open(known=first, base_url=proxy.base_url).opened_new
    else:
        with pytest.raises(VectorApiError, match="neither does a new one"):
            place.open(known=first, base_url=proxy.base_url)
    rows = StoreApi(to_api(place.base_url), OLD_PREFIX).list_stores()
    assert [row["id"] for row in rows if row["name"] == place.name] == [first]
    assert stored(place.open()).keys() == {chunk.id for chunk in to_chunks(*WORDS)}


def test_a_restart_of_the_server_changes_nothing(
    llama_stack: LlamaStack, places: ExitStack
) -> None:
    chunks = to_chunks(*WORDS)
    faiss, sqlite_vec = (
        VectorStoresPlace(llama_stack.base_url, provider, OLD_PREFIX, places)
        for provider in PROVIDERS
    )
    for place in (faiss, sqlite_vec):
        place.open().insert(chunks)
    kept, lost = faiss.identifier, sqlite_vec.identifier
    llama_stack.restart()

    sink = faiss.open(known=kept)
    assert faiss.identifier == kept
    check_that_a_store_is_whole(faiss, sink, chunks)

    sink = sqlite_vec.open(known=lost)  # 0.2 loses such a store's vectors: it is created again
    assert sink.opened_new
    assert sqlite_vec.look.uploads() == set()
    sink.insert(chunks[:2])
    left = sqlite_vec.identifier  # a run without a ledger goes on with it, and makes no third
    sink = sqlite_vec.open()
    assert (sqlite_vec.identifier, sink.replaces_another) == (left, True)
    sink.insert(chunks[2:])
    assert list_stores(sqlite_vec) == {lost, left}
    sink.remove_damaged()
    sqlite_vec.assert_nothing_is_left_over()
    check_that_a_store_is_whole(sqlite_vec, sink, chunks)


def check_that_a_store_is_whole(
    place: VectorStoresPlace, sink: VectorStores, chunks: list[Chunk]
) -> None:
    assert sink.find(chunks).keys() == {chunk.id for chunk in chunks}
    assert [hit.chunk_id for hit in sink.query("all about music?", 1)] == [chunks[3].id]
    assert list_stores(place) == {place.identifier}


def list_stores(place: VectorStoresPlace) -> set[str]:
    """Return the identifiers of the stores that have the name of the place."""
    rows = StoreApi(to_api(place.base_url), OLD_PREFIX).list_stores()
    return {str(row["id"]) for row in rows if row["name"] == place.name}
