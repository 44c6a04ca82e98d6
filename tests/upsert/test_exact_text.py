"""Chunks byte for byte on OGX, which strips the indentation of files, on real servers."""

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.http import Cause
from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import (
    InsertRejectedError,
    InsertUnclearError,
    UnusableSettingError,
    VectorApiError,
)
from pipeline.upsert.errors import TooLongError
from pipeline.upsert.files import store_files
from pipeline.upsert.files.entry import PENDING, to_file_text
from pipeline.upsert.files.exact_text import FILLER_ID, to_tail
from pipeline.upsert.files.store_api import NEW_PREFIX, StoreApi
from pipeline.upsert.server.answer import Fields, to_answer
from pipeline.upsert.server.api import AnswerError, Api, NoAnswerError
from tests.support.ogx_on_postgres import PROVIDER, OgxOnPostgres
from tests.support.sinks import to_api
from tests.support.store_files import stored, to_chunk
from tests.support.store_places import VectorStoresPlace

pytestmark = pytest.mark.real_server

SERVERS = [
    ("ogx", "faiss"),
    ("ogx", "sqlite-vec"),
    ("ogx_tables", "sqlite-vec"),
    ("ogx_postgres", PROVIDER),
]
IDS = ["-".join(server) for server in SERVERS]
YAML = "Apps > Config\n\n```yaml\napps:\n  web:\n    port:   80\n\n\n    hosts:\n\t- a\n```\n"


@pytest.fixture(params=SERVERS, ids=IDS)
def exact_place(request: pytest.FixtureRequest, places: ExitStack) -> VectorStoresPlace:
    fixture, provider = request.param
    base_url = request.getfixturevalue(fixture).base_url
    return VectorStoresPlace(base_url, provider, NEW_PREFIX, places)


def read(place: VectorStoresPlace) -> dict[str, str]:
    """Return chunk id → text of everything that the store answers, without the sink.

    A store on sqlite-vec answers a chunk twice where it is asked for more than it has.
    """
    body = {"vector_store_id": place.identifier, "query": "apps", "params": {"max_chunks": 50}}
    rows = place.look.post("/v1/vector-io/query", body)["chunks"]
    found = {row["metadata"]["conf_chunk_id"]: row["content"] for row in rows}
    assert len(found) == len({(row["chunk_id"], row["content"]) for row in rows})
    found.pop(FILLER_ID, None)
    return found


def texts(*chunks: Chunk) -> dict[str, str]:
    return {chunk.id: chunk.text for chunk in chunks}


def test_every_byte_of_a_chunk_comes_back(exact_place: VectorStoresPlace) -> None:
    chunks = [
        to_chunk(1, YAML),
        to_chunk(2, "  leading, inner\u00a0 \u2003spaces and a trailing one "),
        to_chunk(3, "<|endoftext|> names a token of the model\n\n\n\nafter blank lines"),
        to_chunk(4, "in\u200bvisible\u2060"),
        to_chunk(5, "invisible"),
        to_chunk(6, "invisible\u2060\u2060"),
    ]
    sink = exact_place.open()
    handles = sink.insert(chunks)
    assert handles.keys() == {chunk.id for chunk in chunks}
    assert read(exact_place) == texts(*chunks)
    assert stored(exact_place.open()).keys() == handles.keys()
    assert exact_place.open().find(chunks).keys() == handles.keys()
    assert read(exact_place) == texts(*chunks)
    exact_place.assert_nothing_is_left_over()


def test_an_edit_of_the_indentation_alone_replaces_the_chunk(
    exact_place: VectorStoresPlace,
) -> None:
    other = to_chunk(2, "About apps of others")
    old, new = to_chunk(1, YAML), to_chunk(1, YAML.replace("  web", "      web"))
    exact_place.open().insert([other, old])
    sink = exact_place.open()
    held = stored(sink)
    sink.insert([new])
    assert read(exact_place) == texts(other, old, new)
    sink.delete([held[old.id]])
    assert read(exact_place) == texts(other, new)
    assert stored(exact_place.open()).keys() == {other.id, new.id}
    exact_place.assert_nothing_is_left_over()


def test_a_page_survives_the_deletion_of_another_with_the_same_words(
    exact_place: VectorStoresPlace,
) -> None:
    twins = [to_chunk(1, "The same words"), to_chunk(2, "The same words")]
    twins.append(to_chunk(3, "The same\n\n    words"))
    exact_place.open().insert(twins)
    assert read(exact_place) == texts(*twins)
    for gone, left in ((twins[0], twins[1:]), (twins[2], twins[1:2])):
        sink = exact_place.open()
        sink.delete([stored(sink)[gone.id]])
        assert read(exact_place) == texts(*left)


def test_a_chunk_can_be_deleted_by_the_run_that_stored_it(exact_place: VectorStoresPlace) -> None:
    sink, chunk, other = exact_place.open(), to_chunk(1, YAML), to_chunk(2, "Other apps")
    handles = sink.insert([chunk, other])
    sink.delete([StoredChunk(chunk.id, chunk.page_id, handles[chunk.id])])
    assert read(exact_place) == texts(other)
    exact_place.assert_nothing_is_left_over()


def test_an_emptied_store_takes_new_chunks_byte_for_byte(exact_place: VectorStoresPlace) -> None:
    sink, first = exact_place.open(), to_chunk(1, YAML)
    sink.insert([first])
    sink.delete(list(stored(sink).values()))
    assert read(exact_place) == {}
    again, second = exact_place.open(), to_chunk(2, YAML)
    again.insert([second])
    assert read(exact_place) == texts(second)


def test_what_an_earlier_release_left_altered_is_not_found_and_can_be_replaced(
    exact_place: VectorStoresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [to_chunk(1, YAML), to_chunk(2, YAML), to_chunk(3, "About apps\n\n    of others")]
    with monkeypatch.context() as earlier:
        earlier.setattr(store_files, "alters_text", lambda *_, may_try: False)
        exact_place.open().insert(chunks)
    sink = exact_place.open()
    altered = stored(sink)
    assert len(altered) == len(chunks)
    assert not altered.keys() & texts(*chunks).keys()
    sink.insert(chunks)
    sink.delete(list(altered.values()))
    assert read(exact_place) == texts(*chunks)
    assert stored(exact_place.open()).keys() == texts(*chunks).keys()
    exact_place.assert_nothing_is_left_over()


def test_a_file_that_a_killed_run_left_half_done_is_removed(
    exact_place: VectorStoresPlace,
) -> None:
    chunk = to_chunk(1, YAML)
    exact_place.open().insert([chunk])
    left = exact_place.look.upload(f"conf-2-0123456789abcdef.{exact_place.identifier}.md")
    assert exact_place.look.attach(left, dict(PENDING)) == "completed"
    sink, late = exact_place.open(), to_chunk(2, "Late apps\n\n    and news")
    assert stored(sink).keys() == {chunk.id}
    assert read(exact_place) == texts(chunk)
    sink.insert([late])
    assert read(exact_place) == texts(chunk, late)
    exact_place.assert_nothing_is_left_over()


def test_a_half_done_file_of_the_same_text_takes_nothing_with_it(
    exact_place: VectorStoresPlace,
) -> None:
    """The server was still attaching a killed run's file when the next run had read the list."""
    chunk, other = to_chunk(1, YAML), to_chunk(2, "Other apps\n\n    and news")
    exact_place.open().insert([chunk, other])
    api = StoreApi(to_api(exact_place.base_url), NEW_PREFIX)
    left = api.upload(f"{chunk.id}.{exact_place.identifier}.md", chunk.text)
    api.attach(exact_place.identifier, left, chunk.text, PENDING)
    assert exact_place.open().list_stored()
    assert read(exact_place) == texts(chunk, other)
    assert stored(exact_place.open()).keys() == {chunk.id, other.id}
    exact_place.assert_nothing_is_left_over()


def test_an_existing_store_keeps_its_model_whatever_the_setting_names(
    exact_place: VectorStoresPlace,
) -> None:
    first, second = to_chunk(1, YAML), to_chunk(2, "Other apps\n\n    and news")
    exact_place.open().insert([first])
    exact_place.open(EMBEDDING_MODEL_ID="of-another-server").insert([second])
    assert read(exact_place) == texts(first, second)


@pytest.mark.parametrize("exact_place", SERVERS[:3], ids=IDS[:3], indirect=True)
def test_a_chunk_longer_than_the_server_makes_them_is_stored_whole(
    exact_place: VectorStoresPlace,
) -> None:
    chunk = to_chunk(1, "\n".join(f"    apps_{n} = compute({n})" for n in range(900)))
    other = to_chunk(2, "Other apps\n\n    and news")
    exact_place.open().insert([chunk, other])
    assert read(exact_place) == texts(chunk, other)
    exact_place.assert_nothing_is_left_over()


def test_shards_are_refused_because_the_server_would_lose_files(
    exact_place: VectorStoresPlace,
) -> None:
    with pytest.raises(UnusableSettingError, match="SHARD_COUNT=2"):
        exact_place.open(SHARD_COUNT="2", SHARD_INDEX="0")
    assert exact_place.make().look_up() == "", "no store is left behind"


@pytest.mark.parametrize("server", ["ogx_postgres"])
def test_a_chunk_longer_than_the_model_reads_is_refused_before_anything_is_stored(
    server: str, request: pytest.FixtureRequest, places: ExitStack
) -> None:
    base_url = request.getfixturevalue(server).base_url
    place = VectorStoresPlace(base_url, PROVIDER, NEW_PREFIX, places)
    start = "\n".join(f"    apps_{n} = compute({n})  # of the same kind" for n in range(150))
    long, chinese, short = to_chunk(1, start), to_chunk(2, "备份" * 85), to_chunk(3, "About cats")
    sink = place.open()
    with pytest.raises(TooLongError, match="context length") as raised:
        sink.insert([long, chinese, short])
    assert raised.value.stored == {}
    sink.insert([chinese, short])
    assert read(place) == texts(chinese, short)
    # With a few characters before it, also the text that is just short enough is over the limit.
    assert place.open().find([long, chinese, short]).keys() == {chinese.id, short.id}
    place.assert_nothing_is_left_over()


@given(st.lists(st.text("0123456789abcdef", min_size=16, max_size=16), unique_by=lambda m: m[-6:]))
def test_marks_of_files_are_invisible_and_differ(marks: list[str]) -> None:
    tails = [to_tail(mark) for mark in marks]
    assert len(set(tails)) == len(tails)
    assert all(len(tail) == 25 and to_file_text(tail) == "" for tail in tails)


def test_runs_at_the_same_time_share_no_chunk(exact_place: VectorStoresPlace) -> None:
    """Both store the same text; the next run removes one of the files, and not its chunk's text."""
    chunks = [to_chunk(1, YAML), to_chunk(2, "Other apps\n\n    and news")]
    one, other = exact_place.open(), exact_place.open()
    one.insert(chunks)
    other.insert(chunks)
    assert stored(exact_place.open()).keys() == texts(*chunks).keys()
    assert read(exact_place) == texts(*chunks)
    exact_place.assert_nothing_is_left_over()


def test_an_older_file_of_a_chunk_does_not_pass_for_the_new_one(
    exact_place: VectorStoresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The metadata has changed, and the insert is unclear: the old file is about to be deleted."""

    def fail(*_: object) -> str:
        raise InsertUnclearError("no answer")

    chunk, other = to_chunk(1, YAML), to_chunk(2, "Other apps\n\n    and news")
    exact_place.open().insert([chunk])
    sink = exact_place.open()
    assert sink.find([chunk, other]).keys() == {chunk.id}
    with monkeypatch.context() as failing:
        failing.setattr(StoreApi, "upload", fail)
        with pytest.raises(InsertUnclearError):
            sink.insert([chunk])
    assert sink.find([chunk, other]) == {}
    handles = sink.insert([chunk])
    assert sink.find([chunk, other]) == handles
    assert sink.look_up_stored([chunk, other]) == {chunk.id}


NOT_JSON = NoAnswerError("something that is not JSON", Cause("something that is not JSON"))


def answer_version(patch: pytest.MonkeyPatch, answer: Fields | NoAnswerError) -> None:
    """Let every server answer this when it is asked for its version."""
    get = Api.get

    def get_version(api: Api, path: str, *rest: Any) -> Fields:
        if path != "/v1/version":
            return get(api, path, *rest)
        if isinstance(answer, NoAnswerError):
            raise answer
        return answer

    patch.setattr(Api, "get", get_version)


@pytest.mark.parametrize(
    "answer",
    [NOT_JSON, *map(to_answer, [None, [], {"version": "dev"}, {"version": "v1.2.2"}])],
)
def test_a_server_that_hides_its_version_is_tried(
    ogx_postgres: OgxOnPostgres,
    places: ExitStack,
    answer: Fields | NoAnswerError,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer_version(monkeypatch, answer)
    place, chunk = (
        VectorStoresPlace(ogx_postgres.base_url, PROVIDER, NEW_PREFIX, places),
        to_chunk(1, YAML),
    )
    place.open().insert([chunk])
    assert read(place) == texts(chunk)
    names = {row["name"] for row in place.look.get("/v1/vector_stores?limit=100")["data"]}
    assert "conf-try-text" not in names


def test_a_database_that_cannot_filter_is_searched_without_a_filter(
    ogx_postgres: OgxOnPostgres, places: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Api.post

    def refuse_filters(api: Api, path: str, body: dict[str, Any]) -> Any:
        if "filters" in body:
            raise AnswerError("no native filtering", 501)
        return post(api, path, body)

    monkeypatch.setattr(Api, "post", refuse_filters)
    place = VectorStoresPlace(ogx_postgres.base_url, PROVIDER, NEW_PREFIX, places)
    chunk, other = to_chunk(1, YAML), to_chunk(2, "Other apps\n\n    and news")
    place.open().insert([chunk])
    assert place.open().find([chunk, other]).keys() == {chunk.id}


@pytest.mark.parametrize("error", [InsertUnclearError("no answer"), InsertRejectedError("no")])
def test_a_server_that_cannot_be_tried_ends_the_run_and_keeps_no_store(
    ogx_postgres: OgxOnPostgres,
    places: ExitStack,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: object) -> str:
        raise error

    answer_version(monkeypatch, NOT_JSON)
    place = VectorStoresPlace(ogx_postgres.base_url, PROVIDER, NEW_PREFIX, places)
    with monkeypatch.context() as failing:
        failing.setattr(StoreApi, "upload", fail)
        with pytest.raises(VectorApiError, match="keeps a text as it is"):
            place.open()
    names = {row["name"] for row in place.look.get("/v1/vector_stores?limit=100")["data"]}
    assert "conf-try-text" not in names


def test_a_dry_run_tries_no_server(
    ogx_postgres: OgxOnPostgres, places: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = VectorStoresPlace(ogx_postgres.base_url, PROVIDER, NEW_PREFIX, places)
    chunk = to_chunk(1, YAML)
    place.open().insert([chunk])
    answer_version(monkeypatch, NOT_JSON)
    monkeypatch.setattr(Api, "post_once", pytest.fail)
    sink = place.make(DRY_RUN="1")
    assert sink.look_up() == place.identifier
    assert stored(sink).keys() == {chunk.id}
