"""The vector stores sink against real servers: Llama Stack 0.2.23 and OGX 1.5.0."""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from demo.servers.llama_stack import LlamaStack
from demo.servers.local_server import LocalServer
from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.api import Api
from pipeline.upsert.files.store_api import NEW_PREFIX, OLD_PREFIX, StoreApi, to_prefix
from pipeline.upsert.insert import insert_all
from pipeline.upsert.vector_stores import VectorStores
from tests.support.real_servers import LlamaStack07
from tests.support.server_fixtures import real_server
from tests.support.sinks import to_api, to_settings
from tests.support.store_files import (
    PROVIDERS,
    Looker,
    new_name,
    stored,
    to_chunk,
    to_chunks,
    to_plain,
)

WORDS = ("cats", "engines", "gardens", "music", "bread", "ships")


class Place:
    """One store on one server, and the sinks that tests open on it."""

    def __init__(self, server: LocalServer, provider: str, stack: ExitStack) -> None:
        self.server, self.provider, self._stack = server, provider, stack
        self.name = new_name()
        self.prefix = OLD_PREFIX if isinstance(server, LlamaStack) else NEW_PREFIX
        self.identifier = ""

    def open(self, known: str = "", **given: str) -> VectorStores:
        """A sink as another run opens it: by name alone unless `known` is given."""
        given = {"COLLECTION_ID": self.name, "VECTOR_DB_PROVIDER": self.provider} | given
        settings = to_settings(self.server.base_url, **given)
        sink = self._stack.enter_context(
            closing(VectorStores(settings, to_api(self.server.base_url)))
        )
        self.identifier = sink.open_collection(known)
        return sink

    @property
    def look(self) -> Looker:
        return Looker(self.server.base_url, self.identifier, self.prefix)

    def assert_nothing_is_left_over(self) -> None:
        assert self.look.uploads() == {row["id"] for row in self.look.files()}


@pytest.fixture(params=["llama_stack", "ogx"])
def server(request: pytest.FixtureRequest) -> LocalServer:
    server: LocalServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(params=PROVIDERS)
def place(server: LocalServer, request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(server, request.param, stack)


@pytest.fixture
def faiss(llama_stack: LlamaStack) -> Iterator[Place]:
    """One kind is enough for what is not the servers' doing."""
    with ExitStack() as stack:
        yield Place(llama_stack, "faiss", stack)


@pytest.mark.real_server
def test_chunks_come_back_as_they_were_with_their_metadata(place: Place) -> None:
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


@pytest.mark.real_server
def test_another_run_reads_what_is_there_without_a_ledger(place: Place) -> None:
    first, chunks = place.open(), to_chunks(*WORDS)
    handles = first.insert(chunks)
    again = place.open()
    assert not again.opened_new
    assert place.identifier == again.look_up(place.identifier)
    expected = {c.id: StoredChunk(c.id, c.page_id, handles[c.id]) for c in chunks}
    assert stored(again) == expected
    assert stored(again) == expected


@pytest.mark.real_server
def test_deleted_texts_are_gone_from_every_route(place: Place) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    again = place.open()
    held = stored(again)
    # The last one that came in is among them: the hardest one for faiss.
    again.delete([held[chunk.id] for chunk in chunks[3:]])
    assert place.look.texts("something") == {to_plain(chunk.text) for chunk in chunks[:3]}
    assert stored(again).keys() == {chunk.id for chunk in chunks[:3]}
    place.assert_nothing_is_left_over()
    late = to_chunk(9, "Late news about the volcano")
    again.insert([late])
    assert again.query("volcano?", 1)[0].chunk_id == late.id
    for chunk, word in zip(chunks[:3], WORDS, strict=False):
        assert again.query(f"all about {word}?", 1)[0].chunk_id == chunk.id


@pytest.mark.real_server
def test_deleting_twice_is_no_error(place: Place) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    one = stored(sink)[chunks[0].id]
    sink.delete([one])
    sink.delete([one])
    place.open().delete([one])
    assert len(place.look.files()) == len(chunks) - 1


@pytest.mark.real_server
def test_a_page_survives_the_deletion_of_another_with_the_same_text(place: Place) -> None:
    sink = place.open()
    twins = [to_chunk(1, "Same words"), to_chunk(2, "Same words"), to_chunk(3, "Same words")]
    sink.insert(twins[:1])
    sink.insert(twins[1:])
    sink.insert(to_chunks(*WORDS)[3:])
    again = place.open()
    held = stored(again)
    again.delete([held[twins[0].id], held[twins[2].id]])
    assert again.find(twins).keys() == {twins[1].id}
    assert again.query("the same words?", 1)[0].metadata["page_id"] == "2"


@pytest.mark.real_server
def test_the_same_text_with_new_metadata_replaces_the_old(place: Place) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    for label in ("new", "newer", "newest"):
        again = place.open()
        old = stored(again)[chunks[1].id]
        again.insert([to_chunk(2, chunks[1].text, labels=label)])
        again.delete([old])
        assert [hit.metadata["labels"] for hit in again.query("all about engines?", 1)] == [label]
        assert len(place.look.files()) == len(chunks)
    place.assert_nothing_is_left_over()


@pytest.mark.real_server
@pytest.mark.parametrize("provider", PROVIDERS)
def test_llama_stack_0_7_keeps_replaces_and_deletes_too(
    llama_stack_07: LlamaStack07, provider: str
) -> None:
    chunks = [to_chunk(7, "Same words"), to_chunk(8, "Same words"), *to_chunks(*WORDS)]
    with ExitStack() as stack:
        place = Place(llama_stack_07, provider, stack)
        handles = place.open().insert(chunks)
        again = place.open()
        held = stored(again)
        assert {one.id: one.handle for one in held.values()} == handles
        again.insert([to_chunk(1, chunks[2].text, labels="new")])
        again.delete([held[chunk.id] for chunk in (chunks[0], chunks[2], *chunks[6:])])
        last = place.open()
        assert last.find(chunks).keys() == {chunk.id for chunk in chunks[1:6]}
        assert last.query("all about cats?", 1)[0].metadata["labels"] == "new"
        place.assert_nothing_is_left_over()


@pytest.mark.real_server
def test_an_emptied_store_takes_new_chunks(place: Place) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks[:3])
    sink.delete(list(stored(sink).values()))
    assert stored(place.open()) == {}
    again = place.open()
    again.insert(chunks[3:])
    assert place.look.texts("something") == {to_plain(chunk.text) for chunk in chunks[3:]}
    for chunk, word in zip(chunks[3:], WORDS[3:], strict=True):
        assert again.query(f"all about {word}?", 1)[0].chunk_id == chunk.id


@pytest.mark.real_server
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
def test_texts_that_servers_misread_are_kept(place: Place, text: str) -> None:
    sink, chunk = place.open(), to_chunk(1, text)
    sink.insert([chunk])
    assert sink.find([chunk])
    assert {to_plain(hit.text) for hit in sink.query("something", 9)} == {to_plain(text)}


@pytest.mark.real_server
def test_long_attributes_are_cut_and_links_stay_whole(place: Place) -> None:
    url = "https://site.example/wiki/" + "a" * 300
    long = to_chunk(1, "Text", url=f"{url}#{'b' * 300}", labels="label," * 200, title="t" * 600)
    sink = place.open()
    sink.insert([long])
    metadata = sink.query("text?", 1)[0].metadata
    assert metadata["url"] == url
    assert metadata["title"] == "t" * 512
    assert len(str(metadata["labels"])) == 512


@pytest.mark.real_server
def test_a_rejected_chunk_leaves_nothing_behind(place: Place) -> None:
    sink = place.open()
    with pytest.raises(InsertRejectedError, match="No chunks were generated"):
        sink.insert([to_chunk(1, "")])
    assert place.look.files() == []
    assert place.look.uploads() == set()


@pytest.mark.real_server
def test_one_bad_chunk_in_a_batch_does_not_keep_the_others_out(place: Place) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    with pytest.raises(InsertUnclearError, match="6 of 7 are stored"):
        sink.insert([*chunks, to_chunk(99, "")])
    assert sink.find(chunks).keys() == {chunk.id for chunk in chunks}
    place.assert_nothing_is_left_over()


@pytest.mark.real_server
def test_insert_all_stores_everything_but_the_bad_chunk_once(faiss: Place) -> None:
    sink, chunks = faiss.open(), to_chunks(*WORDS)
    batch = [*chunks[:3], to_chunk(99, ""), *chunks[3:]]
    done = insert_all(sink, batch, threading.Event(), lambda _: False)
    assert done.handles.keys() == {chunk.id for chunk in chunks}
    assert list(done.failed) == [to_chunk(99, "").id]
    assert len(faiss.look.files()) == len(chunks)
    faiss.assert_nothing_is_left_over()


@pytest.mark.real_server
def test_what_a_killed_run_left_half_done_is_cleared_away(place: Place) -> None:
    sink, chunks = place.open(), to_chunks(*WORDS)
    sink.insert(chunks)
    look = place.look
    upload = look.upload(f"{chunks[0].id}.{place.identifier}.md")
    failed = look.upload(f"{chunks[1].id}.{place.identifier}.nothing-reads-this")
    row = next(r for r in look.files() if r["attributes"]["conf_chunk_id"] == chunks[1].id)
    assert look.attach(failed, row["attributes"]) == "failed"
    # Inserted anew, killed before the old one was deleted.
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


@pytest.mark.real_server
def test_files_of_others_in_the_store_are_left_alone(place: Place) -> None:
    sink = place.open()
    theirs = place.look.upload("somebody's notes.md")
    assert place.look.attach(theirs, {"title": "notes"}) == "completed"
    sink.insert(to_chunks(*WORDS))
    again = place.open()
    assert len(stored(again)) == len(WORDS)
    again.delete(list(stored(again).values()))
    assert theirs in {row["id"] for row in place.look.files()}


@pytest.mark.real_server
def test_looking_up_changes_nothing_and_can_be_read_from(faiss: Place) -> None:
    chunks = to_chunks(*WORDS)
    faiss.open().insert(chunks)
    orphan = faiss.look.upload(f"{chunks[0].id}.{faiss.identifier}.md")
    settings = to_settings(faiss.server.base_url, COLLECTION_ID=faiss.name)
    with closing(VectorStores(settings)) as sink:
        assert sink.look_up() == faiss.identifier
        assert stored(sink).keys() == {chunk.id for chunk in chunks}
        assert len(sink.find(chunks)) == len(chunks)
    assert orphan in faiss.look.uploads()
    with closing(VectorStores(to_settings(faiss.server.base_url, COLLECTION_ID="none"))) as sink:
        assert sink.look_up() == ""


@pytest.mark.real_server
def test_other_shards_uploads_are_not_taken_for_left_over_ones(faiss: Place) -> None:
    faiss.open()
    upload = faiss.look.upload(f"conf-1-0.{faiss.identifier}.md")
    faiss.open(SHARD_INDEX="0", SHARD_COUNT="2")
    assert upload in faiss.look.uploads()


@pytest.mark.real_server
def test_a_vanished_store_is_found_by_name_or_made_anew(faiss: Place) -> None:
    faiss.open()
    first = faiss.identifier
    assert faiss.open(known="vs_nothing-of-that-name").opened_new is False
    assert faiss.identifier == first
    stores = StoreApi(to_api(faiss.server.base_url), faiss.prefix)
    stores.delete_store(first)
    stores.delete_store(first)
    assert faiss.open(known=first).opened_new
    assert faiss.identifier != first


@pytest.mark.real_server
def test_of_stores_with_the_same_name_the_fullest_is_taken(
    faiss: Place, caplog: pytest.LogCaptureFixture
) -> None:
    faiss.open().insert(to_chunks(*WORDS))
    full = faiss.identifier
    body = {"name": faiss.name, "embedding_model": "all-MiniLM-L6-v2", "embedding_dimension": 384}
    faiss.look.post(f"{faiss.prefix}/vector_stores", body)
    faiss.open()
    assert faiss.identifier == full
    assert f"2 stores have the name {faiss.name}" in caplog.text


@pytest.mark.real_server
def test_an_unknown_model_is_told_and_leaves_no_store(place: Place) -> None:
    with pytest.raises(VectorApiError, match="all-MiniLM-L6-v2"):
        place.open(EMBEDDING_MODEL_ID="no-such-model")
    assert StoreApi(to_api(place.server.base_url), place.prefix).list_stores(place.name) == []


@pytest.mark.real_server
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_restart_of_the_server_changes_nothing(provider: Any, tmp_path: Path) -> None:
    chunks = to_chunks(*WORDS)
    with real_server(LlamaStack(tmp_path, provider)) as server, ExitStack() as stack:
        place = Place(server, provider, stack)
        place.open().insert(chunks)
        first = place.identifier
        server.restart()
        sink = place.open(known=first)
        if provider == "sqlite-vec":  # 0.2 loses such a store's vectors: it is made anew
            assert sink.opened_new
            assert place.look.uploads() == set()
            sink.insert(chunks)
        else:
            assert place.identifier == first
        assert sink.find(chunks).keys() == {chunk.id for chunk in chunks}
        assert [one.chunk_id for one in sink.query("all about music?", 1)] == [chunks[3].id]
        assert len(StoreApi(to_api(server.base_url), OLD_PREFIX).list_stores(place.name)) == 1


@pytest.mark.real_server
def test_a_closed_sink_ends_the_batch_in_hand(faiss: Place) -> None:
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


def test_a_server_without_vector_stores_is_told() -> None:
    assert to_prefix({"/v1/vector-io/insert": {}}) == ""


class Pages:
    """A server that lists by pages, its own way."""

    def __init__(self, pages: dict[str, tuple[list[str], bool]]) -> None:
        self.base_url, self._pages = "http://server", pages

    def get(self, path: str, params: dict[str, Any]) -> Any:
        ids, has_more = self._pages[params.get("after", "")]
        rows = [{"id": i} for i in ids]
        return {"data": rows, "has_more": has_more, "last_id": "the last of all"}


def _listed(pages: dict[str, tuple[list[str], bool]]) -> list[str]:
    api: Api = Pages(pages)  # type: ignore[assignment]
    return [row["id"] for row in StoreApi(api, OLD_PREFIX).list_files("vs_1")]


def test_a_listing_goes_on_from_the_last_row_of_the_page() -> None:
    assert _listed({"": (["a", "b"], True), "b": (["c"], False)}) == ["a", "b", "c"]


def test_a_listing_that_begins_anew_is_an_error_and_not_endless() -> None:
    with pytest.raises(VectorApiError, match="does not end"):
        _listed({"": (["a", "b"], True), "b": (["a", "b"], True)})


@pytest.mark.real_server
def test_parallel_inserts_of_a_large_batch_are_all_there(place: Place) -> None:
    sink = place.open()
    chunks: list[Chunk] = [to_chunk(n // 3, f"Number {n} of the long list") for n in range(60)]
    handles = sink.insert(chunks)
    assert len(set(handles.values())) == 60
    again = place.open()
    assert {one.id: one.handle for one in again.list_stored()} == handles
    assert again.find(chunks[::7]).keys() == {chunk.id for chunk in chunks[::7]}


@pytest.mark.real_server
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_changes_the_store_answers_exactly_what_it_should(
    llama_stack: LlamaStack, provider: str, seed: int
) -> None:
    """Inserts, renewals and deletions of few pages and few texts, in few runs, at random."""
    chance = random.Random(seed)
    expected: dict[str, Chunk] = {}
    with ExitStack() as stack:
        place = Place(llama_stack, provider, stack)
        for step in range(6):
            sink = place.open()
            held = stored(sink)
            assert held.keys() == expected.keys()
            picked = [(chance.randint(1, 4), chance.choice(WORDS)) for _ in range(3)]
            new = {
                chunk.id: chunk
                for page, word in picked
                for chunk in [to_chunk(page, f"The words about {word}", labels=str(step))]
            }
            gone = {i for i in held if i not in new and chance.random() < 0.4}
            sink.insert(list(new.values()))
            sink.delete([one for one in held.values() if one.id in {*new, *gone}])
            expected = {i: c for i, c in (expected | new).items() if i not in gone}

            hits = sink.query("which words?", 50)
            answered = sorted((hit.chunk_id, hit.metadata["labels"], hit.text) for hit in hits)
            assert answered == sorted(
                (c.id, c.metadata["labels"], c.text) for c in expected.values()
            )
            for chunk in expected.values():  # the vectors still belong to the texts
                assert sink.query(f"{chunk.text}?", 1)[0].text == chunk.text
        place.assert_nothing_is_left_over()
