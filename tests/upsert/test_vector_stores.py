"""The vector_stores sink on real servers: Llama Stack 0.2.23 and 0.7.3, OGX 1.5.0."""

import threading
from contextlib import ExitStack
from typing import Any

import pytest

from pipeline.http import Waiting
from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.files.store_api import NEW_PREFIX, StoreApi
from pipeline.upsert.insertion.insert import insert_all
from tests.support.fast_retries import FAST
from tests.support.real_servers import LlamaStack07
from tests.support.store_files import PROVIDERS, WORDS, stored, to_chunk, to_chunks, to_plain
from tests.support.store_places import VectorStoresPlace

pytestmark = pytest.mark.real_server


def test_chunks_come_back_as_they_were_with_their_metadata(place: VectorStoresPlace) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    assert sink.opened_new
    handles = sink.insert(chunks)
    assert handles.keys() == {chunk.id for chunk in chunks}
    assert sink.find(chunks) == handles
    hit = sink.query("which page is about gardens?", 1)[0]
    assert hit.chunk_id == chunks[2].id
    assert to_plain(hit.text) == to_plain(chunks[2].text)
    del (expected := dict(chunks[2].metadata))["document_id"]  # servers put the file's id there
    assert hit.metadata == expected
    assert isinstance(hit.metadata["version"], int)


def test_another_run_reads_what_is_there_without_a_ledger(place: VectorStoresPlace) -> None:
    first, chunks = place.open(), to_chunks(*WORDS)
    handles = first.insert(chunks)
    again = place.open()
    assert not again.opened_new
    assert place.identifier == again.look_up(place.identifier)
    expected = {c.id: StoredChunk(c.id, c.page_id, handles[c.id]) for c in chunks}
    assert stored(again) == expected
    assert stored(again) == expected


@pytest.mark.parametrize("provider", PROVIDERS)
def test_llama_stack_0_7_keeps_replaces_and_deletes_too(
    llama_stack_07: LlamaStack07, provider: str, places: ExitStack
) -> None:
    chunks = [to_chunk(7, "Same words"), to_chunk(8, "Same words"), *to_chunks(*WORDS)]
    place = VectorStoresPlace(llama_stack_07.base_url, provider, NEW_PREFIX, places)
    handles = place.open().insert(chunks)
    again = place.open()
    held = stored(again)
    assert {chunk.id: chunk.handle for chunk in held.values()} == handles
    again.insert([to_chunk(1, chunks[2].text, labels="new")])
    again.delete([held[chunk.id] for chunk in (chunks[0], chunks[2], *chunks[6:])])
    last = place.open()
    assert last.find(chunks).keys() == {chunk.id for chunk in chunks[1:6]}
    assert last.query("all about cats?", 1)[0].metadata["labels"] == "new"
    place.assert_nothing_is_left_over()


@pytest.mark.parametrize(
    "text",
    [
        "á",
        "Zürich",
        "€ 5",
        "emoji 🎉",
        "data: these are no data",
        "https://site.example/ is where to look",
        "the model ends with <|endoftext|> always",
        "word " * 4000,
    ],
    ids=lambda text: text[:12],
)
def test_texts_that_servers_misread_are_kept(place: VectorStoresPlace, text: str) -> None:
    sink, chunk = place.open(), to_chunk(1, text)
    sink.insert([chunk])
    assert sink.find([chunk])
    assert {to_plain(hit.text) for hit in sink.query("something", 9)} == {to_plain(text)}


def test_long_attributes_are_cut_and_links_stay_whole(place: VectorStoresPlace) -> None:
    url = "https://site.example/wiki/" + "a" * 300
    long = to_chunk(1, "Text", url=f"{url}#{'b' * 300}", labels="label," * 200, title="t" * 600)
    sink = place.open()
    sink.insert([long])
    metadata = sink.query("text?", 1)[0].metadata
    assert metadata["url"] == url
    assert metadata["title"] == "t" * 512
    assert len(str(metadata["labels"])) == 512


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Chunk:
    """Return a chunk that the server refuses."""
    chunk, attach = to_chunk(99, "A bad text"), StoreApi.attach

    def refuse(api: StoreApi, store: str, file_id: str, text: str, *rest: Any) -> None:
        attach(api, store, file_id, text, *rest)
        if chunk.text in text:
            raise InsertRejectedError("refused")

    monkeypatch.setattr(StoreApi, "attach", refuse)
    return chunk


def test_a_rejected_chunk_leaves_nothing_behind(place: VectorStoresPlace, bad: Chunk) -> None:
    sink = place.open()
    with pytest.raises(InsertRejectedError, match="refused"):
        sink.insert([bad])
    assert place.look.files() == []
    assert place.look.uploads() == set()


def test_the_rest_of_a_batch_with_one_bad_chunk_is_stored(
    place: VectorStoresPlace, bad: Chunk
) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    with pytest.raises(InsertUnclearError, match="6 of 7 are stored"):
        sink.insert([*chunks[:3], bad, *chunks[3:]])
    assert sink.find(chunks).keys() == {chunk.id for chunk in chunks}
    place.assert_nothing_is_left_over()


def test_insert_all_stores_everything_but_the_bad_chunk_once(faiss: VectorStoresPlace) -> None:
    sink, chunks = faiss.open(), to_chunks(*WORDS)
    batch = [*chunks[:3], to_chunk(99, ""), *chunks[3:]]
    done = insert_all(sink, batch, Waiting(), FAST)
    assert done.handles.keys() == {chunk.id for chunk in chunks}
    assert list(done.failed) == [to_chunk(99, "").id]
    assert len(faiss.look.files()) == len(chunks)
    faiss.assert_nothing_is_left_over()


def test_a_closed_sink_ends_the_batch_in_progress(faiss: VectorStoresPlace) -> None:
    sink = faiss.open()
    chunks = [to_chunk(n, f"Number {n} of the long list") for n in range(200)]
    ended: list[Exception] = []

    def insert() -> None:
        try:
            sink.insert(chunks)
        except VectorApiError as error:
            ended.append(error)

    thread = threading.Thread(target=insert)
    thread.start()
    while not faiss.look.files():
        thread.join(0.05)
    sink.close()
    thread.join()
    assert [str(error) for error in ended] == ["the run has ended"]
    assert len(faiss.look.files()) < len(chunks)


def test_parallel_inserts_of_a_large_batch_are_all_there(place: VectorStoresPlace) -> None:
    sink = place.open()
    chunks: list[Chunk] = [to_chunk(n // 3, f"Number {n} of the long list") for n in range(60)]
    handles = sink.insert(chunks)
    assert len(set(handles.values())) == 60
    again = place.open()
    assert {chunk.id: chunk.handle for chunk in again.list_stored()} == handles
    assert again.find(chunks[::7]).keys() == {chunk.id for chunk in chunks[::7]}


def test_a_server_that_cuts_texts_itself_has_no_limit(place: VectorStoresPlace) -> None:
    route = place.open().find_embedding_route()
    assert route is not None
    assert route.measure_limit(1280) == 0
