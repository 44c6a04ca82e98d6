"""Which store the rag_tool sink uses, what it removes, and servers that lack something."""

from contextlib import ExitStack, closing

import pytest

from demo.servers.llama_stack import LlamaStack
from pipeline.upsert import VectorApiError
from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.rag_tool import RagTool
from tests.support.proxy import Proxy
from tests.support.real_servers import Ogx
from tests.support.sinks import to_api, to_ingest_settings
from tests.support.store_files import PROVIDERS, WORDS, new_name, stored, to_document
from tests.support.store_places import RagToolPlace

pytestmark = pytest.mark.real_server

DOCUMENTS = [to_document(page, word) for page, word in enumerate(WORDS, 1)]


def test_the_store_is_found_by_identifier_else_by_name(
    rag_faiss: RagToolPlace, caplog: pytest.LogCaptureFixture
) -> None:
    sink = rag_faiss.open()
    first = rag_faiss.identifier
    assert first != rag_faiss.name
    sink.insert(DOCUMENTS[:1])
    second = rag_faiss.make_another_store()
    rag_faiss.open()
    assert rag_faiss.identifier == first, "the fullest of that name"
    rag_faiss.open(known=second)
    assert rag_faiss.identifier == second
    rag_faiss.open(known="vs_vanished")
    assert rag_faiss.identifier == first
    assert "the store vs_vanished is gone" in caplog.text


def test_looking_up_makes_nothing(rag_faiss: RagToolPlace) -> None:
    assert rag_faiss.make().look_up() == ""
    assert rag_faiss.open().opened_new


def test_what_a_killed_run_left_half_done_is_removed(rag_place: RagToolPlace) -> None:
    rag_place.open().insert(DOCUMENTS[:2])
    orphan = rag_place.look.upload(f"{DOCUMENTS[0].id}.{rag_place.identifier}.md")
    rag_place.open().insert([to_document(2, "engines", labels="new")])
    again = rag_place.open()
    assert stored(again).keys() == {document.id for document in DOCUMENTS[:2]}
    assert again.query("all about engines?", 1)[0].metadata["labels"] == "new"
    assert orphan not in rag_place.look.uploads()
    rag_place.assert_nothing_is_left_over()


def test_a_reset_deletes_every_store_of_the_name_and_its_files_only(
    rag_place: RagToolPlace,
) -> None:
    rag_place.open().insert(DOCUMENTS[:2])
    first = rag_place.identifier
    second = rag_place.make_another_store()
    uploads = rag_place.look.uploads()
    other = rag_place.open(VECTOR_DB_ID=new_name())
    other.insert(DOCUMENTS[:2])
    others = rag_place.look
    assert set(rag_place.make().reset()) == {first, second}
    everything = others.get(f"{OLD_PREFIX}/files?limit=10000")["data"]
    assert not uploads & {row["id"] for row in everything}
    assert stored(other).keys() == {document.id for document in DOCUMENTS[:2]}
    assert rag_place.make().reset() == []
    sink = rag_place.open()
    assert sink.opened_new
    sink.insert(DOCUMENTS[:1])
    assert rag_place.words() == {WORDS[0]}


def test_a_restart_of_the_server_changes_nothing(
    llama_stack: LlamaStack, places: ExitStack
) -> None:
    faiss, sqlite_vec = (
        RagToolPlace(llama_stack.base_url, provider, places) for provider in PROVIDERS
    )
    for place in (faiss, sqlite_vec):
        place.open().insert(DOCUMENTS)
    kept, lost = faiss.identifier, sqlite_vec.identifier
    llama_stack.restart()

    sink = faiss.open(known=kept)
    assert faiss.identifier == kept
    check_that_a_store_is_whole(faiss, sink)

    sink = sqlite_vec.open(known=lost)  # 0.2 loses such a store's vectors: it is created again
    assert sink.opened_new
    sink.insert(DOCUMENTS)
    sink.remove_damaged()
    rows = StoreApi(to_api(llama_stack.base_url), OLD_PREFIX).list_stores()
    named = [row["id"] for row in rows if row["name"] == sqlite_vec.name]
    assert named == [sqlite_vec.identifier]
    check_that_a_store_is_whole(sqlite_vec, sink)


def check_that_a_store_is_whole(place: RagToolPlace, sink: RagTool) -> None:
    assert sink.find(DOCUMENTS).keys() == {document.id for document in DOCUMENTS}
    sink.delete([stored(sink)[DOCUMENTS[0].id]])
    assert place.words() == set(WORDS[1:])
    place.assert_nothing_is_left_over()


def test_without_files_routes_documents_are_only_added(
    rag_faiss: RagToolPlace, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.hidden = "/files"
    sink = rag_faiss.open(base_url=proxy.base_url)
    assert not sink.can_delete
    assert not sink.can_list
    assert "RESET=1" in caplog.text
    sink.insert(DOCUMENTS[:3])
    assert sink.find(DOCUMENTS).keys() == {document.id for document in DOCUMENTS[:3]}
    hit = sink.query("all about gardens?", 1)[0]
    assert (hit.chunk_id, hit.metadata["title"]) == (DOCUMENTS[2].id, "Page 3")
    with pytest.raises(VectorApiError, match="cannot list"):
        sink.list_stored()
    with pytest.raises(VectorApiError, match="cannot delete"):
        sink.delete([])
    assert rag_faiss.open(base_url=proxy.base_url).reset() == [rag_faiss.identifier]


def test_a_server_without_rag_tool_points_at_the_other_program(ogx: Ogx) -> None:
    sink = RagTool(to_api(ogx.base_url), to_ingest_settings(ogx.base_url))
    with closing(sink), pytest.raises(VectorApiError, match="no rag-tool") as caught:
        sink.open_collection()
    assert "sync.py with VECTOR_API_VARIANT=vector_stores" in str(caught.value)


def test_a_newer_clients_refusal_names_the_cure(rag_faiss: RagToolPlace, proxy: Proxy) -> None:
    sink = rag_faiss.make(base_url=proxy.base_url)
    assert sink.can_delete  # our own requests name no client, and are served
    proxy.headers = {"X-LlamaStack-Client-Version": "0.3.5"}
    version = (200, {"version": "0.2.23"})
    proxy.fault = lambda method, path: version if path == "/v1/version" else None
    with pytest.raises(VectorApiError, match="HTTP 426") as caught:
        sink.look_up()
    assert "the server is version 0.2.23, llama-stack-client is version 0.2.23" in str(caught.value)
    assert "`pip install llama-stack-client==0.2.23`" in str(caught.value)
