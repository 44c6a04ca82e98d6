"""The rag-tool sink against a real Llama Stack 0.2.23."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from demo.servers.llama_stack import LlamaStack
from pipeline.records import Chunk, StoredChunk
from pipeline.settings import INGEST, Settings, load_settings
from pipeline.upsert import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.files.store_api import OLD_PREFIX
from pipeline.upsert.insert import insert_all
from pipeline.upsert.rag_tool import RAG_TOOL, RagTool
from tests.support.proxy import Proxy, proxy_to
from tests.support.real_servers import Ogx
from tests.support.server_fixtures import real_server
from tests.support.sinks import to_api
from tests.support.store_files import PROVIDERS, Looker, new_name, stored, to_chunk

pytestmark = pytest.mark.real_server

pytest_plugins = ["tests.support.server_fixtures"]

WORDS = ("cats", "engines", "gardens", "music", "bread", "ships")


def to_document(page: int, word: str, paragraphs: int = 30, **metadata: str | int) -> Chunk:
    """A page of several of the server's chunks."""
    lines = [f"Paragraph {n} tells more about {word} and their place." for n in range(paragraphs)]
    text = "\n\n".join([f"# About {word}", f"KI > About {word}", *lines])
    return to_chunk(page, text, **metadata)


DOCUMENTS = [to_document(page, word) for page, word in enumerate(WORDS, 1)]


def to_settings(base_url: str, **given: str) -> Settings:
    environ = {
        "CONF_BASE_URL": "http://127.0.0.1:1",
        "CONF_USER": "somebody@site.example",
        "CONF_API_TOKEN": "secret-of-confluence",
        "SPACE_NAME": "Known Issues",
        "LLAMA_BASE_URL": base_url,
        "CHUNK_TOKENS": "100",
        "CHUNK_OVERLAP": "0",
    }
    return load_settings(INGEST, environ | given)


class Place:
    """One store on one server, and the sinks that tests open on it."""

    def __init__(self, base_url: str, provider: str, stack: ExitStack) -> None:
        self.base_url, self.provider, self._stack = base_url, provider, stack
        self.name, self.identifier = new_name(), ""

    def make(self, base_url: str = "", **given: str) -> RagTool:
        """A sink that is not open yet."""
        url = base_url or self.base_url
        given = {"VECTOR_DB_ID": self.name, "VECTOR_DB_PROVIDER": self.provider} | given
        return self._stack.enter_context(closing(RagTool(to_settings(url, **given), to_api(url))))

    def open(self, known: str = "", base_url: str = "", **given: str) -> RagTool:
        """A sink as another run opens it: by name alone unless `known` is given."""
        sink = self.make(base_url, **given)
        self.identifier = sink.open_collection(known)
        return sink

    @property
    def look(self) -> Looker:
        return Looker(self.base_url, self.identifier, OLD_PREFIX)

    def assert_nothing_is_left_over(self) -> None:
        files = self.look.files()
        assert self.look.uploads() == {row["id"] for row in files}
        assert {row["status"] for row in files} <= {"completed"}

    def words(self) -> set[str]:
        """What the store has texts about."""
        texts = self.look.texts("tell me something")
        return {word for word in WORDS if any(f"about {word}" in text.lower() for text in texts)}


@pytest.fixture(params=PROVIDERS)
def place(llama_stack: LlamaStack, request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(llama_stack.base_url, request.param, stack)


@pytest.fixture
def faiss(llama_stack: LlamaStack) -> Iterator[Place]:
    """One kind is enough for what is not the servers' doing."""
    with ExitStack() as stack:
        yield Place(llama_stack.base_url, "faiss", stack)


@pytest.fixture
def proxy(llama_stack: LlamaStack) -> Iterator[Proxy]:
    with proxy_to(llama_stack.base_url) as proxy:
        yield proxy


def test_documents_are_cut_by_the_server_and_found_with_their_metadata(place: Place) -> None:
    sink = place.open()
    assert sink.opened_new
    assert sink.can_delete
    assert sink.can_list
    handles = sink.insert(DOCUMENTS)
    assert sink.find(DOCUMENTS) == handles
    hits = sink.query("which page is about gardens?", 3)
    assert {hit.chunk_id for hit in hits} == {DOCUMENTS[2].id}
    assert len({hit.text for hit in hits}) == 3
    del (expected := dict(DOCUMENTS[2].metadata))["document_id"]  # the server puts the file's there
    assert hits[0].metadata == expected


def test_another_run_reads_what_is_there_and_changes_nothing(place: Place) -> None:
    handles = place.open().insert(DOCUMENTS)
    files = place.look.files()
    again = place.open()
    assert not again.opened_new
    expected = {d.id: StoredChunk(d.id, d.page_id, handles[d.id]) for d in DOCUMENTS}
    assert stored(again) == expected
    assert place.look.files() == files
    assert files[0]["attributes"]["content_hash"]
    assert files[0]["attributes"]["version"] == 3
    place.assert_nothing_is_left_over()


def test_an_edited_page_replaces_the_old_one(place: Place) -> None:
    place.open().insert(DOCUMENTS[:3])
    again = place.open()
    old = stored(again)[DOCUMENTS[1].id]
    again.insert([to_document(2, "music", version=4)])
    again.delete([old])
    assert place.words() == {"cats", "gardens", "music"}
    assert again.query("all about music?", 1)[0].metadata["version"] == 4
    assert len(place.look.files()) == 3
    place.assert_nothing_is_left_over()


def test_the_same_text_with_new_metadata_replaces_the_old(place: Place) -> None:
    place.open().insert(DOCUMENTS[:3])
    for label in ("new", "newer"):
        again = place.open()
        old = stored(again)[DOCUMENTS[1].id]
        again.insert([to_document(2, "engines", labels=label)])
        again.delete([old])
        assert {h.metadata["labels"] for h in again.query("all about engines?", 3)} == {label}
        assert place.words() == {"cats", "engines", "gardens"}
    assert len(place.look.files()) == 3
    place.assert_nothing_is_left_over()


def test_deleted_pages_are_gone_and_the_others_are_still_right(place: Place) -> None:
    place.open().insert(DOCUMENTS)
    again = place.open()
    held = stored(again)
    again.delete([held[document.id] for document in DOCUMENTS[3:]])  # the last one among them
    again.delete([held[document.id] for document in DOCUMENTS[3:]])
    assert place.words() == set(WORDS[:3])
    late = place.open()
    late.insert([DOCUMENTS[5]])
    assert place.words() == {*WORDS[:3], WORDS[5]}
    for number in (0, 1, 2, 5):
        hit = late.query(f"all about {WORDS[number]}?", 1)[0]
        assert hit.chunk_id == DOCUMENTS[number].id
        assert WORDS[number] in hit.text
    place.assert_nothing_is_left_over()


@pytest.mark.parametrize("text", ["á", "data: no data", "https://site.example/ is where", "€ 5"])
def test_texts_that_the_server_misreads_are_kept(place: Place, text: str) -> None:
    sink = place.open()
    sink.insert([to_chunk(1, text)])
    assert [hit.text for hit in sink.query("something", 5)] == [text]


def test_a_long_page_goes_in_whole(faiss: Place) -> None:
    sink = faiss.open(CHUNK_TOKENS="1000")
    text = "\n".join(f"Line {number} of a very long page." for number in range(2_000))
    page = to_chunk(1, text)
    sink.insert([page])
    assert sink.find([page])
    row = faiss.look.files()[0]
    path = f"{OLD_PREFIX}/vector_stores/{faiss.identifier}/files/{row['id']}/content"
    pieces = [part["text"] for part in faiss.look.get(path)["content"]]  # in no order
    assert sum(piece.startswith("Line 0 of") for piece in pieces) == 1
    assert any(piece.endswith("Line 1999 of a very long page.") for piece in pieces)


def test_a_document_that_the_server_cannot_take_is_rejected(place: Place) -> None:
    sink = place.open()
    with pytest.raises(InsertRejectedError, match="200, but the store does not hold"):
        sink.insert([to_chunk(9, "")])
    assert place.look.files() == []
    assert place.look.uploads() == set()


def test_the_others_of_a_batch_are_stored_once(place: Place) -> None:
    sink = place.open()
    batch = [*DOCUMENTS[:2], to_chunk(9, ""), *DOCUMENTS[2:]]
    with pytest.raises(InsertUnclearError, match=to_chunk(9, "").id):
        sink.insert(batch)
    assert sink.find(DOCUMENTS).keys() == {document.id for document in DOCUMENTS}
    assert len(place.look.files()) == len(DOCUMENTS)
    place.assert_nothing_is_left_over()


def test_an_insert_that_silently_stored_nothing_is_noticed_and_repeated(
    faiss: Place, proxy: Proxy
) -> None:
    sink = faiss.open(base_url=proxy.base_url)
    lies = iter([(200, None)])
    proxy.fault = lambda method, path: next(lies, None) if path == RAG_TOOL else None
    done = insert_all(sink, DOCUMENTS[:2], threading.Event(), lambda _: False)
    assert done.handles.keys() == {document.id for document in DOCUMENTS[:2]}
    assert len(faiss.look.files()) == 2
    proxy.fault = lambda method, path: (200, None) if path == RAG_TOOL else None
    done = insert_all(sink, DOCUMENTS[2:4], threading.Event(), lambda _: False)
    assert done.failed.keys() == {document.id for document in DOCUMENTS[2:4]}
    assert "200, but the store does not hold" in done.failed[DOCUMENTS[2].id]


def test_an_insert_whose_answer_was_lost_is_not_repeated(faiss: Place, proxy: Proxy) -> None:
    sink = faiss.open(base_url=proxy.base_url)
    drops = iter(["drop"])
    proxy.fault = lambda method, path: next(drops, None) if path == RAG_TOOL else None
    done = insert_all(sink, DOCUMENTS, threading.Event(), lambda _: False)
    assert done.handles.keys() == {document.id for document in DOCUMENTS}
    assert proxy.requests.count(("POST", RAG_TOOL)) == 1
    assert len(faiss.look.files()) == len(DOCUMENTS)
    # What was found that way can be replaced like anything else.
    sink.delete([StoredChunk(d.id, d.page_id, done.handles[d.id]) for d in DOCUMENTS[1:]])
    assert faiss.words() == {WORDS[0]}


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InsertRejectedError), (500, InsertUnclearError), (404, InsertRejectedError),
     (401, VectorApiError), (403, VectorApiError), (501, VectorApiError)],
)  # fmt: skip
def test_each_refusal_says_what_it_means(
    faiss: Place, proxy: Proxy, status: int, error: type[Exception]
) -> None:
    sink = faiss.open(base_url=proxy.base_url)
    answer = (status, {"detail": "the reason"})
    proxy.fault = lambda method, path: answer if path == RAG_TOOL else None
    with pytest.raises(error, match=f"HTTP {status}: the reason"):
        sink.insert(DOCUMENTS[:1])


def test_a_newer_clients_refusal_names_the_cure(faiss: Place, proxy: Proxy) -> None:
    sink = faiss.make(base_url=proxy.base_url)
    assert sink.can_delete  # our own requests name no client, and are served
    proxy.headers = {"X-LlamaStack-Client-Version": "0.3.5"}
    version = (200, {"version": "0.2.23"})
    proxy.fault = lambda method, path: version if path == "/v1/version" else None
    with pytest.raises(VectorApiError, match="HTTP 426") as caught:
        sink.look_up()
    assert "the server is version 0.2.23, llama-stack-client is version 0.2.23" in str(caught.value)
    assert "`pip install llama-stack-client==0.2.23`" in str(caught.value)


def test_a_server_without_rag_tool_points_at_the_other_program(ogx: Ogx) -> None:
    sink = RagTool(to_settings(ogx.base_url))
    with closing(sink), pytest.raises(VectorApiError, match="no rag-tool") as caught:
        sink.open_collection()
    assert "sync.py with VECTOR_API_VARIANT=vector_stores" in str(caught.value)


def test_without_files_routes_documents_are_only_added(
    faiss: Place, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.hidden = "/files"
    sink = faiss.open(base_url=proxy.base_url)
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
    assert faiss.open(base_url=proxy.base_url).reset() == [faiss.identifier]


def test_a_reset_deletes_every_store_of_the_name_and_its_files_only(place: Place) -> None:
    place.open().insert(DOCUMENTS[:2])
    first = place.identifier
    body = {
        "vector_db_id": place.name,
        "embedding_model": "all-MiniLM-L6-v2",
        "provider_id": place.provider,
    }
    second = place.look.post("/v1/vector-dbs", body)["identifier"]
    uploads = place.look.uploads()
    other = place.open(VECTOR_DB_ID=new_name())
    other.insert(DOCUMENTS[:2])
    others = place.look
    assert set(place.make().reset()) == {first, second}
    everything = others.get(f"{OLD_PREFIX}/files?limit=10000")["data"]
    assert not uploads & {row["id"] for row in everything}
    assert stored(other).keys() == {document.id for document in DOCUMENTS[:2]}
    assert place.make().reset() == []
    sink = place.open()
    assert sink.opened_new
    sink.insert(DOCUMENTS[:1])
    assert place.words() == {WORDS[0]}


def test_the_store_is_found_by_identifier_else_by_name(
    faiss: Place, caplog: pytest.LogCaptureFixture
) -> None:
    sink = faiss.open()
    first = faiss.identifier
    assert first != faiss.name
    sink.insert(DOCUMENTS[:1])
    body = {"vector_db_id": faiss.name, "embedding_model": "all-MiniLM-L6-v2"}
    second = faiss.look.post("/v1/vector-dbs", body)["identifier"]
    faiss.open()
    assert faiss.identifier == first, "the fullest of that name"
    faiss.open(known=second)
    assert faiss.identifier == second
    faiss.open(known="vs_vanished")
    assert faiss.identifier == first
    assert "the store vs_vanished is gone" in caplog.text


def test_looking_up_makes_nothing(faiss: Place) -> None:
    assert faiss.make().look_up() == ""
    assert faiss.open().opened_new


@pytest.mark.parametrize("size", ["64", "5000"])
def test_chunk_sizes_that_the_server_would_drop_silently_are_kept_from_it(
    faiss: Place, size: str
) -> None:
    sink = faiss.open(CHUNK_TOKENS=size)
    page = to_document(1, "cats", paragraphs=100)
    sink.insert([page])
    assert sink.find([page])


def test_short_documents_stay_whole_and_long_ones_are_cut(place: Place) -> None:
    sink = place.open(CHUNK_TOKENS="1000")
    nearly = to_document(1, "cats", paragraphs=70)
    longer = to_document(2, "engines", paragraphs=200)
    assert 800 < nearly.tokens <= 1000 < longer.tokens
    handles = sink.insert([longer, nearly])
    assert handles.keys() == {nearly.id, longer.id}
    texts = {hit.text for hit in sink.query("all about cats?", 20) if hit.chunk_id == nearly.id}
    assert texts == {nearly.text}
    pieces = [hit for hit in sink.query("all about engines?", 20) if hit.chunk_id == longer.id]
    assert len(pieces) > 1


def test_a_refusal_of_the_second_request_is_unclear(faiss: Place, proxy: Proxy) -> None:
    sink = faiss.open(base_url=proxy.base_url)
    answers = iter([None, (400, {"detail": "too long"})])
    proxy.fault = lambda method, path: next(answers, None) if path == RAG_TOOL else None
    short = to_chunk(8, "Short")
    with pytest.raises(InsertUnclearError, match="too long"):
        sink.insert([DOCUMENTS[0], short])
    assert sink.find([DOCUMENTS[0], short]).keys() == {short.id}


def test_what_a_killed_run_left_half_done_is_cleared_away(place: Place) -> None:
    place.open().insert(DOCUMENTS[:2])
    orphan = place.look.upload(f"{DOCUMENTS[0].id}.{place.identifier}.md")
    place.open().insert([to_document(2, "engines", labels="new")])  # and not deleted the old one
    again = place.open()
    assert stored(again).keys() == {document.id for document in DOCUMENTS[:2]}
    assert again.query("all about engines?", 1)[0].metadata["labels"] == "new"
    assert orphan not in place.look.uploads()
    place.assert_nothing_is_left_over()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_restart_of_the_server_changes_nothing(provider: Any, tmp_path: Path) -> None:
    with real_server(LlamaStack(tmp_path, provider)) as server, ExitStack() as stack:
        place = Place(server.base_url, provider, stack)
        place.open().insert(DOCUMENTS)
        first = place.identifier
        server.restart()
        sink = place.open(known=first)
        if provider == "sqlite-vec":  # 0.2 loses such a store's vectors: it is made anew
            assert sink.opened_new
            sink.insert(DOCUMENTS)
        else:
            assert place.identifier == first
        assert sink.find(DOCUMENTS).keys() == {document.id for document in DOCUMENTS}
        sink.delete([stored(sink)[DOCUMENTS[0].id]])
        assert place.words() == set(WORDS[1:])
        place.assert_nothing_is_left_over()
