"""The rag_tool sink on a real Llama Stack 0.2.23."""

import re

import pytest

from pipeline.http import Waiting
from pipeline.records import StoredChunk
from pipeline.upsert import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.files.store_api import OLD_PREFIX
from pipeline.upsert.insertion.insert import insert_all
from pipeline.upsert.rag_tool import RAG_TOOL
from tests.support.fast_retries import FAST
from tests.support.proxy import Proxy
from tests.support.store_files import (
    WORDS,
    stored,
    to_chunk,
    to_document,
)
from tests.support.store_places import RagToolPlace

pytestmark = pytest.mark.real_server

DOCUMENTS = [to_document(page, word) for page, word in enumerate(WORDS, 1)]


def test_documents_are_found_whole_with_their_metadata(
    rag_place: RagToolPlace,
) -> None:
    sink = rag_place.open()
    assert sink.opened_new
    assert sink.can_delete
    assert sink.can_list
    handles = sink.insert(DOCUMENTS)
    assert sink.find(DOCUMENTS) == handles
    hits = sink.query("which page is about gardens?", 3)
    assert len({hit.chunk_id for hit in hits}) == 3
    assert (hits[0].chunk_id, hits[0].text) == (DOCUMENTS[2].id, DOCUMENTS[2].text)
    del (expected := dict(DOCUMENTS[2].metadata))["document_id"]  # the server puts the file's there
    assert hits[0].metadata == expected


def test_another_run_reads_what_is_there_and_changes_nothing(rag_place: RagToolPlace) -> None:
    handles = rag_place.open().insert(DOCUMENTS)
    files = rag_place.look.files()
    again = rag_place.open()
    assert not again.opened_new
    expected = {d.id: StoredChunk(d.id, d.page_id, handles[d.id]) for d in DOCUMENTS}
    assert stored(again) == expected
    assert rag_place.look.files() == files
    assert files[0]["attributes"]["content_hash"]
    assert files[0]["attributes"]["version"] == 3
    rag_place.assert_nothing_is_left_over()


def test_an_edited_page_replaces_the_old_one(rag_place: RagToolPlace) -> None:
    rag_place.open().insert(DOCUMENTS[:3])
    again = rag_place.open()
    old = stored(again)[DOCUMENTS[1].id]
    again.insert([to_document(2, "music", version=4)])
    again.delete([old])
    assert rag_place.words() == {"cats", "gardens", "music"}
    assert again.query("all about music?", 1)[0].metadata["version"] == 4
    assert len(rag_place.look.files()) == 3
    rag_place.assert_nothing_is_left_over()


def test_the_same_text_with_new_metadata_replaces_the_old(rag_place: RagToolPlace) -> None:
    rag_place.open().insert(DOCUMENTS[:3])
    for label in ("new", "newer"):
        again = rag_place.open()
        old = stored(again)[DOCUMENTS[1].id]
        again.insert([to_document(2, "engines", labels=label)])
        again.delete([old])
        assert {h.metadata["labels"] for h in again.query("all about engines?", 1)} == {label}
        assert rag_place.words() == {"cats", "engines", "gardens"}
    assert len(rag_place.look.files()) == 3
    rag_place.assert_nothing_is_left_over()


def test_deleted_pages_are_gone_and_the_others_are_still_right(rag_place: RagToolPlace) -> None:
    rag_place.open().insert(DOCUMENTS)
    again = rag_place.open()
    held = stored(again)
    again.delete([held[document.id] for document in DOCUMENTS[3:]])  # the last one among them
    again.delete([held[document.id] for document in DOCUMENTS[3:]])
    assert rag_place.words() == set(WORDS[:3])
    late = rag_place.open()
    late.insert([DOCUMENTS[5]])
    assert rag_place.words() == {*WORDS[:3], WORDS[5]}
    for number in (0, 1, 2, 5):
        hit = late.query(f"all about {WORDS[number]}?", 1)[0]
        assert hit.chunk_id == DOCUMENTS[number].id
        assert WORDS[number] in hit.text
    rag_place.assert_nothing_is_left_over()


@pytest.mark.parametrize("text", ["á", "data: no data", "https://site.example/ is where", "€ 5"])
def test_texts_that_the_server_misreads_are_kept(rag_place: RagToolPlace, text: str) -> None:
    sink = rag_place.open()
    sink.insert([to_chunk(1, text)])
    assert [hit.text for hit in sink.query("something", 5)] == [text]


def test_a_long_page_is_stored_whole(rag_faiss: RagToolPlace) -> None:
    sink = rag_faiss.open(CHUNK_TOKENS="1000")
    text = "\n".join(f"Line {number} of a very long page." for number in range(2_000))
    page = to_chunk(1, text)
    sink.insert([page])
    assert sink.find([page])
    row = rag_faiss.look.files()[0]
    path = f"{OLD_PREFIX}/vector_stores/{rag_faiss.identifier}/files/{row['id']}/content"
    pieces = [part["text"] for part in rag_faiss.look.get(path)["content"]]  # in no order
    assert sum(piece.startswith("Line 0 of") for piece in pieces) == 1
    assert any(piece.endswith("Line 1999 of a very long page.") for piece in pieces)


def test_a_document_that_the_server_cannot_take_is_rejected(rag_place: RagToolPlace) -> None:
    sink = rag_place.open()
    with pytest.raises(InsertRejectedError, match="200, but the store does not hold"):
        sink.insert([to_chunk(9, "")])
    assert rag_place.look.files() == []
    assert rag_place.look.uploads() == set()


def test_a_document_that_is_too_long_for_the_model_is_named(
    rag_faiss: RagToolPlace, proxy: Proxy
) -> None:
    """The server answers 200 to it; its route for embeddings shows the reason."""
    refusal = {"detail": "This model's maximum context length is 512 tokens."}
    answers = {RAG_TOOL: (200, None), f"{OLD_PREFIX}/embeddings": (400, refusal)}
    sink = rag_faiss.open(base_url=proxy.base_url)
    proxy.fault = lambda method, path: answers.get(path)
    done = insert_all(sink, DOCUMENTS[:2], Waiting(), FAST)
    assert done.too_long.keys() == {document.id for document in DOCUMENTS[:2]}
    assert done.failed == {}


def test_the_others_of_a_batch_are_stored_once(rag_place: RagToolPlace) -> None:
    sink = rag_place.open()
    batch = [*DOCUMENTS[:2], to_chunk(9, ""), *DOCUMENTS[2:]]
    with pytest.raises(InsertUnclearError, match=to_chunk(9, "").id):
        sink.insert(batch)
    assert sink.find(DOCUMENTS).keys() == {document.id for document in DOCUMENTS}
    assert len(rag_place.look.files()) == len(DOCUMENTS)
    rag_place.assert_nothing_is_left_over()


def test_an_insert_that_silently_stored_nothing_is_noticed_and_repeated(
    rag_faiss: RagToolPlace, proxy: Proxy
) -> None:
    sink = rag_faiss.open(base_url=proxy.base_url)
    lies = iter([(200, None)])
    proxy.fault = lambda method, path: next(lies, None) if path == RAG_TOOL else None
    done = insert_all(sink, DOCUMENTS[:2], Waiting(), FAST)
    assert done.handles.keys() == {document.id for document in DOCUMENTS[:2]}
    assert len(rag_faiss.look.files()) == 2
    proxy.fault = lambda method, path: (200, None) if path == RAG_TOOL else None
    done = insert_all(sink, DOCUMENTS[2:4], Waiting(), FAST)
    assert done.failed.keys() == {document.id for document in DOCUMENTS[2:4]}
    assert "200, but the store does not hold" in done.failed[DOCUMENTS[2].id]


def test_an_insert_whose_answer_was_lost_is_not_repeated(
    rag_faiss: RagToolPlace, proxy: Proxy
) -> None:
    sink = rag_faiss.open(base_url=proxy.base_url)
    drops = iter(["drop"])
    proxy.fault = lambda method, path: next(drops, None) if path == RAG_TOOL else None
    done = insert_all(sink, DOCUMENTS, Waiting(), FAST)
    assert done.handles.keys() == {document.id for document in DOCUMENTS}
    assert proxy.requests.count(("POST", RAG_TOOL)) == 1
    assert len(rag_faiss.look.files()) == len(DOCUMENTS)
    # What was found that way can be replaced like anything else.
    sink.delete([StoredChunk(d.id, d.page_id, done.handles[d.id]) for d in DOCUMENTS[1:]])
    assert rag_faiss.words() == {WORDS[0]}


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InsertRejectedError), (500, InsertUnclearError), (404, InsertRejectedError),
     (401, VectorApiError), (403, VectorApiError), (501, VectorApiError)],
)  # fmt: skip
def test_each_refusal_raises_the_error_that_it_means(
    rag_faiss: RagToolPlace, proxy: Proxy, status: int, error: type[Exception]
) -> None:
    sink = rag_faiss.open(base_url=proxy.base_url)
    answer = (status, {"detail": "the reason"})
    proxy.fault = lambda method, path: answer if path == RAG_TOOL else None
    advice = "authentication required (VECTOR_API_TOKEN): " if status in (401, 403) else ""
    with pytest.raises(error, match=re.escape(f"HTTP {status}: {advice}the reason")):
        sink.insert(DOCUMENTS[:1])


@pytest.mark.parametrize("size", ["64", "5000"])
def test_chunk_sizes_that_the_server_would_drop_silently_are_not_sent(
    rag_faiss: RagToolPlace, size: str
) -> None:
    sink = rag_faiss.open(CHUNK_TOKENS=size)
    page = to_document(1, "cats", paragraphs=100)
    sink.insert([page])
    assert sink.find([page])


@pytest.mark.parametrize("size", ["100", "auto"])
def test_documents_of_any_length_stay_whole(rag_place: RagToolPlace, size: str) -> None:
    sink = rag_place.open(CHUNK_TOKENS=size)
    long = to_document(1, "cats", paragraphs=200)
    assert long.tokens > 2000
    assert sink.insert([long, DOCUMENTS[1]]).keys() == {long.id, DOCUMENTS[1].id}
    texts = {hit.text for hit in sink.query("all about cats?", 20)}
    assert texts == {long.text, DOCUMENTS[1].text}
