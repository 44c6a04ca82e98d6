"""How chunks are written to a server that alters the text of files, on a stand-in."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from pipeline.records import Chunk
from pipeline.upsert import InsertUnclearError
from pipeline.upsert.files.store_api import NEW_PREFIX, StoreApi
from pipeline.upsert.files.version import (
    ATTACHMENTS_WITH_QUEUE,
    choose_attachments_at_once,
    read_version,
)
from pipeline.upsert.vector_stores import VectorStores
from tests.support.sinks import to_api, to_settings
from tests.support.store_files import stored, to_chunk
from tests.support.vector_api import VectorApi
from tests.support.vector_api_faults import Fault

STORE = "confluence"
CHUNKS = [to_chunk(number, f"Page {number}\n\n    indented") for number in range(64)]


@pytest.fixture
def server() -> Iterator[VectorApi]:
    with VectorApi("files") as server:
        yield server


def open_sink(server: VectorApi) -> VectorStores:
    sink = VectorStores(to_api(server.base_url), to_settings(server.base_url, COLLECTION_ID=STORE))
    sink.open_collection()
    return sink


def texts(server: VectorApi) -> list[str]:
    return sorted(document.text for document in server.documents(STORE).values())


def assert_holds(server: VectorApi, *chunks: Chunk) -> None:
    """The store answers just these texts, and lists just these files, as the next run sees it."""
    with closing(open_sink(server)) as sink:
        assert stored(sink).keys() == {chunk.id for chunk in chunks}
    assert texts(server) == sorted(chunk.text for chunk in chunks)
    assert server.stores.uploads.keys() == set(server.stores.files(STORE))


def watch_attachments(monkeypatch: pytest.MonkeyPatch, watch: Any) -> None:
    """Call `watch` with the file's id around each attachment."""
    attach = StoreApi.attach

    def watched(
        api: StoreApi, store: str, file_id: str, text: str, attributes: Mapping[str, Any]
    ) -> None:
        watch(file_id, lambda: attach(api, store, file_id, text, attributes))

    monkeypatch.setattr(StoreApi, "attach", watched)


def test_many_files_wait_together_for_a_server_with_a_queue(
    server: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_wait = threading.Barrier(ATTACHMENTS_WITH_QUEUE)

    def meet(_: str, attach: Any) -> None:
        all_wait.wait(20)  # breaks unless so many are on their way
        attach()

    watch_attachments(monkeypatch, meet)
    with closing(open_sink(server)) as sink:
        assert sink.insert(CHUNKS).keys() == {chunk.id for chunk in CHUNKS}
    assert_holds(server, *CHUNKS)


def test_a_server_without_a_queue_gets_eight_files_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_work, most, lock = set[str](), list[int](), threading.Lock()

    def count(file_id: str, attach: Any) -> None:
        with lock:
            at_work.add(file_id)
            most.append(len(at_work))
        attach()
        with lock:
            at_work.remove(file_id)

    with VectorApi("files", version="1.2.2") as server:
        watch_attachments(monkeypatch, count)
        with closing(open_sink(server)) as sink:
            sink.insert(CHUNKS)
    assert len(most) == len(CHUNKS)
    assert max(most) <= 8


@pytest.mark.parametrize(
    ("shown", "at_once"),
    [
        ("1.5.0", 32),
        ("1.3.0", 32),
        ("2.0", 32),
        ("1.10.0rc1", 32),
        ("v1.2.2", 8),
        ("1", 8),
        ("", 8),
    ],
)
def test_the_version_decides_how_many_files_are_attached_at_a_time(
    shown: str, at_once: int
) -> None:
    with VectorApi("files", version=shown) as server:
        api = StoreApi(to_api(server.base_url), NEW_PREFIX)
        assert choose_attachments_at_once(api, read_version(api)) == at_once


def test_a_chunk_takes_four_requests(server: VectorApi) -> None:
    """Upload, attach, read, mark; and two for the batch: embed, insert."""
    with closing(open_sink(server)) as sink:
        before = sink.requests
        sink.insert(CHUNKS)
        assert sink.requests - before == 4 * len(CHUNKS) + 2


def lose_often(monkeypatch: pytest.MonkeyPatch, server: VectorApi, times: int) -> list[str]:
    """Let the list lose the file that is attached first, as often; return the ids that it lost."""
    lost, lock = list[str](), threading.Lock()

    def lose(file_id: str, attach: Any) -> None:
        attach()
        with lock:
            if len(lost) < times and set(lost) <= {file_id}:
                lost.append(file_id)
                server.stores.lose(STORE, file_id)

    watch_attachments(monkeypatch, lose)
    return lost


def test_a_file_that_the_list_has_lost_is_attached_again(
    server: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = lose_often(monkeypatch, server, 1)
    with closing(open_sink(server)) as sink:
        assert sink.insert(CHUNKS).keys() == {chunk.id for chunk in CHUNKS}
    assert len(lost) == 1
    assert_holds(server, *CHUNKS)


def test_a_file_that_the_list_never_keeps_is_not_confirmed_and_the_next_run_removes_it(
    server: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_sink(server)) as sink, monkeypatch.context() as losing:
        lost = lose_often(losing, server, 100)
        with pytest.raises(InsertUnclearError, match="does not keep a file"):
            sink.insert(CHUNKS)
        kept = [chunk for chunk in CHUNKS if chunk.id in sink.find(CHUNKS)]
    assert len(kept) == len(CHUNKS) - 1
    assert lost[0] in server.stores.uploads, "by which the next run finds what is left"
    assert_holds(server, *kept)


@pytest.mark.parametrize("path", ["/v1/vector-io/insert", "/files/"])
def test_a_batch_that_fails_after_a_file_was_lost_leaves_what_the_next_run_removes(
    server: VectorApi, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with closing(open_sink(server)) as sink, monkeypatch.context() as losing:
        lost = lose_often(losing, server, 1)
        server.faults.append(Fault(500, path=path))
        with pytest.raises(InsertUnclearError):
            sink.insert(CHUNKS)
    assert len(lost) == 1
    assert_holds(server)


def test_a_file_whose_second_attachment_may_still_be_at_work_is_not_touched_again(
    server: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = list[str]()

    def lose_then_time_out(file_id: str, attach: Any) -> None:
        calls.append(file_id)
        if calls == [file_id] * 2:
            raise InsertUnclearError("timed out", still_at_work=True)
        attach()
        if len(calls) == 1:
            server.stores.lose(STORE, file_id)

    with closing(open_sink(server)) as sink, monkeypatch.context() as losing:
        watch_attachments(losing, lose_then_time_out)
        with pytest.raises(InsertUnclearError, match="timed out"):
            sink.insert(CHUNKS[:1])
    assert len(calls) == 2, "a late answer to the second would undo what a third has stored"
    assert server.count("delete") == 0
    assert_holds(server)


def test_what_is_deleted_after_the_list_has_lost_it_leaves_what_the_next_run_removes(
    server: VectorApi,
) -> None:
    with closing(open_sink(server)) as sink:
        sink.insert(CHUNKS[:4])
        lost = stored(sink)[CHUNKS[0].id]
        server.stores.lose(STORE, lost.handle)
        sink.delete([lost])
        assert lost.handle in server.stores.uploads, "by which the next run finds its chunk"
    assert_holds(server, *CHUNKS[1:4])
