"""Chunks byte for byte on OGX, which strips the indentation of files, on real servers."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Chunk
from pipeline.upsert import UnusableSettingError
from pipeline.upsert.errors import TooLongError
from pipeline.upsert.files.entry import BLANK, PENDING, to_exact_hash, to_file_text, to_tail
from pipeline.upsert.files.exact_text import FILLER_ID
from pipeline.upsert.files.store_api import NEW_PREFIX, StoreApi
from tests.support.ogx_on_postgres import PROVIDER
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
        earlier.setattr(StoreApi, "alters_text", False)
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


def test_a_chunk_that_a_half_done_file_shares_is_stored_again(
    exact_place: VectorStoresPlace,
) -> None:
    """The server was still attaching a killed run's file when the next run had read the list."""
    chunk, other = to_chunk(1, YAML), to_chunk(2, "Other apps\n\n    and news")
    exact_place.open().insert([chunk, other])
    api = StoreApi(to_api(exact_place.base_url), NEW_PREFIX)
    left = api.upload(f"{chunk.id}.{exact_place.identifier}.md", chunk.text)
    place = {**PENDING, "conf_text": to_exact_hash(chunk.text), "conf_copy": 0}
    api.attach(exact_place.identifier, left, chunk.text, place)
    sink = exact_place.open()
    held = stored(sink)
    assert chunk.id not in held
    sink.insert([chunk])
    sink.delete([held[name] for name in held if name != other.id])
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


@pytest.mark.parametrize("server", ["ogx_postgres"])
def test_a_chunk_longer_than_the_model_reads_is_refused_and_the_others_are_stored(
    server: str, request: pytest.FixtureRequest, places: ExitStack
) -> None:
    base_url = request.getfixturevalue(server).base_url
    place = VectorStoresPlace(base_url, PROVIDER, NEW_PREFIX, places)
    start = "\n".join(f"    apps_{n} = compute({n})  # of the same kind" for n in range(150))
    long, chinese, short = to_chunk(1, start), to_chunk(2, "备份" * 85), to_chunk(3, "About cats")
    with pytest.raises(TooLongError, match="context length") as raised:
        place.open().insert([long, chinese, short])
    assert raised.value.stored.keys() == {chinese.id, short.id}
    assert read(place) == texts(chinese, short)
    # With a few characters before it, also the text that is just short enough is over the limit.
    assert place.open().find([long, chinese, short]).keys() == {chinese.id, short.id}
    place.assert_nothing_is_left_over()


@given(st.lists(st.integers(0, 100_000), unique=True))
def test_numbers_of_copies_are_short_and_differ(copies: list[int]) -> None:
    tails = [to_tail(copy) for copy in copies]
    assert len(set(tails)) == len(tails)
    assert all(len(tail) < 20 and to_file_text(tail) == "" for tail in tails)
    earlier = {BLANK * copy for copy in range(20)}
    assert not earlier & set(tails)
