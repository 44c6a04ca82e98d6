"""The dash sink on real servers: Llama Stack 0.2.23 and 0.7.3, OGX; faiss and sqlite-vec."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from demo.servers.llama_stack import LlamaStack
from pipeline.upsert import InsertRejectedError, Rotating, UnusableSettingError, VectorApiError
from pipeline.upsert.dash import Dash
from pipeline.upsert.dash_stores import ClientEmbeds, DashStores, ServerEmbeds
from pipeline.upsert.dash_stores.server_embeds import to_identifier
from pipeline.upsert.discovery import choose_sink
from tests.support.sinks import (
    TEXTS,
    check_that_the_best_hit_is,
    to_api,
    to_chunk,
    to_chunks,
    to_settings,
    to_sink,
)
from tests.support.vector_api import Fault, VectorApi

CHUNKS = to_chunks(TEXTS)
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_numbers = itertools.count()


@dataclass(frozen=True)
class Server:
    """A real server, one of its providers, and a collection name that no other test has."""

    base_url: str
    provider: str
    name: str
    is_classic: bool

    def open(self) -> Any:
        own = {"COLLECTION_ID": self.name, "VECTOR_DB_PROVIDER": self.provider}
        sink = to_sink(self.base_url, VECTOR_API_VARIANT="dash", **own)
        assert sink.variant == "dash"
        return sink

    def stores(self) -> DashStores:
        own = {"VECTOR_API_VARIANT": "dash", "VECTOR_DB_PROVIDER": self.provider}
        settings = to_settings(self.base_url, **own)
        api = to_api(self.base_url)
        return ServerEmbeds(api, settings) if self.is_classic else ClientEmbeds(api, settings)

    def make_foreign_store(self) -> str:
        """Make a store of the same name without the mark of this tool."""
        body: dict[str, object] = {
            "embedding_model": MODEL,
            "embedding_dimension": 384,
            "provider_id": self.provider,
        }
        if self.is_classic:
            body |= {"vector_db_id": self.name}
            path, key = "/v1/vector-dbs", "identifier"
        else:
            body |= {"name": self.name}
            path, key = "/v1/vector_stores", "id"
        return str(requests.post(self.base_url + path, json=body, timeout=60).json()[key])


@pytest.fixture(
    params=["llama_stack faiss", "llama_stack sqlite-vec", "ogx faiss", "ogx sqlite-vec"]
)
def server(request: pytest.FixtureRequest) -> Server:
    fixture, _, provider = request.param.partition(" ")
    real = request.getfixturevalue(fixture)
    return Server(real.base_url, provider, f"Dash test {next(_numbers)}", fixture == "llama_stack")


@pytest.fixture
def sink(server: Server) -> Iterator[Dash]:
    sink = server.open()
    yield sink
    for identifier in filter(None, [*sink.older_stores(), sink.identifier]):
        sink.delete_store(identifier)
    sink.close()


@pytest.fixture
def dash_api() -> Iterator[VectorApi]:
    with VectorApi("dash") as api:
        yield api


@pytest.mark.real_server
def test_the_collection_is_made_once_and_found_by_name_and_by_identifier(
    server: Server, sink: Dash
) -> None:
    assert sink.opened_new
    for known in ("", sink.identifier, "a-store-that-is-gone"):
        other = server.open()
        assert other.open_collection(known) == sink.identifier
        assert not other.opened_new
        other.close()


@pytest.mark.real_server
def test_looking_up_makes_nothing(server: Server, sink: Dash) -> None:
    sink.delete_store(sink.identifier)
    assert sink.look_up() == ""
    assert sink.look_up() == ""


@pytest.mark.real_server
def test_every_kind_of_text_is_found_again_and_nothing_else(sink: Dash) -> None:
    assert set(sink.insert(CHUNKS[::2])) == {chunk.id for chunk in CHUNKS[::2]}
    assert set(sink.find(CHUNKS)) == {chunk.id for chunk in CHUNKS[::2]}


@pytest.mark.real_server
def test_a_chunk_is_found_among_many_that_begin_alike(llama_stack: LlamaStack) -> None:
    """The model reads the beginning only: for it these are all one text."""
    sink = to_sink(llama_stack.base_url, COLLECTION_ID="crowd")
    beginning = "Runbook > Restart\n\n" + "wait for the pods to come back and " * 60
    chunks = [to_chunk(n, f"{beginning} go to {n}") for n in range(105)]
    sink.insert(chunks)
    assert set(sink.find(chunks[::35])) == {chunk.id for chunk in chunks[::35]}
    sink.close()


@pytest.mark.real_server
def test_a_question_gets_the_best_hits_with_their_metadata(sink: Dash) -> None:
    sink.insert(CHUNKS)
    check_that_the_best_hit_is(CHUNKS[0], "When does the payment gateway time out?", sink)


@pytest.mark.real_server
def test_a_question_equal_to_a_stored_text_is_answered(sink: Dash) -> None:
    sink.insert(CHUNKS)
    assert [hit.chunk_id for hit in sink.query("N/A", 1)] == [CHUNKS[TEXTS.index("N/A")].id]


@pytest.mark.real_server
def test_a_server_that_cuts_texts_itself_has_no_limit(sink: Dash) -> None:
    route = sink.find_embedding_route()
    assert route is not None
    assert route.measure_limit(1280) == 0
    assert not route.refuses("word " * 2000)


@pytest.mark.real_server
def test_a_chunk_that_the_server_refuses_is_rejected(sink: Dash) -> None:
    chunk = to_chunk(1, "text")
    broken = type(chunk)("", chunk.page_id, None, 1, chunk.metadata)  # type: ignore[arg-type]
    with pytest.raises(InsertRejectedError, match="HTTP 4"):
        sink.insert([broken])
    assert sink.find([chunk]) == {}


@pytest.mark.real_server
def test_a_store_that_is_deleted_during_the_run_ends_it(sink: Dash) -> None:
    sink.delete_store(sink.identifier)
    with pytest.raises(VectorApiError, match="deleted on the server during the run"):
        sink.insert(CHUNKS[:1])


@pytest.mark.real_server
def test_runs_that_start_together_make_one_store(server: Server, sink: Dash) -> None:
    assert server.stores().make(server.name, fresh=False) == sink.identifier
    assert sink.older_stores() == []


@pytest.mark.real_server
def test_a_store_made_again_after_its_deletion_is_empty(server: Server, sink: Dash) -> None:
    sink.insert(CHUNKS[:3])
    sink.delete_store(sink.identifier)
    sink.open_collection(sink.identifier)
    assert sink.opened_new
    assert sink.find(CHUNKS[:3]) == {}
    sink.insert(CHUNKS[:1])
    assert set(sink.find(CHUNKS[:3])) == {CHUNKS[0].id}


@pytest.mark.real_server
def test_rotation_builds_beside_the_old_store_and_removes_only_ours(server: Server) -> None:
    foreign = server.make_foreign_store()
    sink = server.open()
    can_rotate = isinstance(sink, Rotating)
    assert can_rotate
    assert sink.identifier == foreign
    first = sink.make_fresh()
    sink.insert(CHUNKS[:2])
    sink.mark_published()
    second = sink.make_fresh()
    assert sink.identifier == second
    assert sink.unfinished_stores() == []
    assert sink.find(CHUNKS[:2]) == {}
    assert sink.older_stores() == [first]
    reader = server.open()
    assert set(reader.find(CHUNKS[:2])) == {chunk.id for chunk in CHUNKS[:2]}, "the old one answers"
    assert sink.use_store(first)
    assert sink.unfinished_stores() == [second]
    assert sink.use_store(second)
    sink.mark_published()
    assert reader.look_up() == second, "the one that was published last"
    sink.delete_store(first)
    sink.delete_store(first)  # gone already: no error
    assert not sink.use_store(first)
    assert sink.older_stores() == []
    assert reader.open_collection() == second
    for identifier in (second, foreign):
        sink.delete_store(identifier)
    sink.close()
    reader.close()


@pytest.mark.real_server
@pytest.mark.parametrize(
    ("setting", "value"), [("EMBEDDING_MODEL_ID", "nope"), ("VECTOR_DB_PROVIDER", "nope")]
)
def test_a_missing_model_or_provider_is_an_error_that_names_what_the_server_has(
    server: Server, setting: str, value: str
) -> None:
    own = {"COLLECTION_ID": server.name, "VECTOR_DB_PROVIDER": server.provider, setting: value}
    settings = to_settings(server.base_url, **own)
    message = rf"'nope' \({setting}\); it has .*(MiniLM|faiss)"
    with pytest.raises(UnusableSettingError, match=message):
        choose_sink(to_api(server.base_url), settings).open_collection()


@pytest.mark.real_server
def test_the_servers_own_rag_query_reads_our_chunks(llama_stack: LlamaStack) -> None:
    own = {"COLLECTION_ID": "rag reads dash", "VECTOR_API_VARIANT": "dash"}
    sink = to_sink(llama_stack.base_url, **own)
    sink.insert(CHUNKS)
    assert isinstance(sink, Dash)
    body = {
        "content": "When does the payment gateway time out?",
        "vector_db_ids": [sink.identifier],
    }
    answer = requests.post(
        f"{llama_stack.base_url}/v1/tool-runtime/rag-tool/query", json=body, timeout=60
    )
    assert answer.status_code == 200
    assert CHUNKS[0].text in answer.json()["metadata"]["chunks"]
    sink.delete_store(sink.identifier)
    sink.close()


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("confluence", "conf-confluence"),
        ("known-issues", "conf-known-issues"),
        ("Known Issues", "conf-known-issues-874e210e"),
        ("known_issues", "conf-known-issues-08f4534b"),
        ("知识", "conf-2ce2847c"),
    ],
)
def test_identifiers_are_readable_and_never_shared(name: str, identifier: str) -> None:
    assert to_identifier(name) == identifier


def open_stand_in(api: VectorApi) -> Dash:
    settings = to_settings(api.base_url, VECTOR_API_VARIANT="dash")
    sink = choose_sink(to_api(api.base_url), settings)
    assert isinstance(sink, Dash)
    return sink


def test_without_a_ledger_the_store_published_last_is_found(dash_api: VectorApi) -> None:
    sink = open_stand_in(dash_api)
    sink.open_collection()
    published = sink.make_fresh()
    sink.mark_published()
    unfinished = sink.make_fresh()
    assert open_stand_in(dash_api).look_up() == published, "the oldest is still there"
    assert open_stand_in(dash_api).look_up("gone") == published
    assert sink.use_store(published)
    assert sink.unfinished_stores() == [unfinished]


def test_without_a_ledger_an_unfinished_store_is_never_taken(dash_api: VectorApi) -> None:
    sink = open_stand_in(dash_api)
    unfinished = sink.make_fresh()
    assert open_stand_in(dash_api).look_up() == ""
    other = open_stand_in(dash_api)
    assert other.open_collection() not in ("", unfinished)
    assert other.opened_new


def test_where_a_server_keeps_no_metadata_the_oldest_store_is_taken(dash_api: VectorApi) -> None:
    dash_api.keep_no_metadata()
    sink = open_stand_in(dash_api)
    oldest = sink.open_collection()
    sink.make_fresh()
    assert open_stand_in(dash_api).look_up() == oldest
    assert sink.unfinished_stores() == []


def test_marks_that_the_server_fails_to_show_do_not_count_as_none(dash_api: VectorApi) -> None:
    sink = open_stand_in(dash_api)
    sink.open_collection()
    sink.make_fresh()
    marked = dash_api.count("mark")
    dash_api.faults.append(Fault(503, on="describe", path="/vector_stores/", times=None))
    for call in (open_stand_in(dash_api).look_up, sink.unfinished_stores, sink.mark_published):
        with pytest.raises(VectorApiError, match="503"):
            call()
    assert dash_api.count("mark") == marked, "metadata that were not read are not replaced"
