"""The writer: as many inserts at once as the server takes, and the ledger in order."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.records import Chunk, Page, PageRef
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.stop import Stop
from pipeline.run.write import Writer
from pipeline.run.write.writer import PAGES_AHEAD
from pipeline.state import Ledger, open_memory_ledger
from pipeline.upsert import Sink, VectorApiError
from tests.support.sinks import to_chunk, to_sink
from tests.support.vector_api import Fault, VectorApi

PAGES = 12


@pytest.fixture(params=["underscore", "dash"])
def api(request: pytest.FixtureRequest) -> Iterator[VectorApi]:
    with VectorApi(request.param) as api:
        yield api


def write(
    sink: Sink, folder: Path, pages: int = PAGES, on_put: Callable[[], object] = lambda: None
) -> tuple[Ledger, BaseException | None]:
    """Hand over pages of one chunk each, two in a batch; the ledger, and what ended the writer.

    `on_put` is called once all are handed over.
    """
    ledger, report, stop = open_memory_ledger(), Report(), Stop()
    collection = Collection("confluence", "server", sink, ledger, report, folder, lambda _: True)
    writer = Writer(collection, report, 2, stop)
    try:
        for number in range(pages):
            page = Page(PageRef(str(number), 1, f"Page {number}", "KI"), "", "")
            writer.put(page, "digest", [to_chunk(number, f"Chunk of page {number}")])
        on_put()
        writer.finish()
    except VectorApiError as error:
        writer.abandon()
        return ledger, error
    return ledger, None


def test_the_next_insert_is_sent_before_the_last_is_answered(
    api: VectorApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = to_sink(api.base_url)
    insert, pair = sink.insert, threading.Barrier(2)

    def meet(chunks: Sequence[Chunk]) -> Mapping[str, str]:
        pair.wait(60)  # breaks unless another insert is on its way
        return insert(chunks)

    monkeypatch.setattr(sink, "insert", meet)
    ledger, error = write(sink, tmp_path)
    assert error is None
    assert len(ledger.pages()) == PAGES
    assert len(api.documents("confluence")) == PAGES


def test_the_next_batch_is_prepared_while_two_inserts_are_on_their_way(
    api: VectorApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = to_sink(api.base_url)
    insert, are_put, was_late = sink.insert, threading.Event(), list[bool]()

    def wait(chunks: Sequence[Chunk]) -> Mapping[str, str]:
        was_late.append(not are_put.wait(10))
        return insert(chunks)

    monkeypatch.setattr(sink, "insert", wait)
    three_batches = 3 * 2  # the third is not sent yet
    ledger, error = write(sink, tmp_path, three_batches + PAGES_AHEAD, are_put.set)
    assert error is None
    assert not any(was_late)
    assert len(ledger.pages()) == three_batches + PAGES_AHEAD


def test_a_server_that_takes_one_insert_at_a_time_gets_one(
    api: VectorApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = to_sink(api.base_url)
    insert, at_work = sink.insert, threading.Lock()

    def check(chunks: Sequence[Chunk]) -> Mapping[str, str]:
        assert at_work.acquire(blocking=False)
        try:
            return insert(chunks)
        finally:
            at_work.release()

    monkeypatch.setattr(sink, "insert", check)
    monkeypatch.setattr(type(sink), "inserts_at_once", 1)
    ledger, error = write(sink, tmp_path)
    assert error is None
    assert len(ledger.pages()) == PAGES


def test_an_insert_beside_one_that_ends_the_run_is_recorded(
    api: VectorApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.faults = [Fault(status=401, saying="page 0", times=None)]
    sink = to_sink(api.base_url)
    insert, pair = sink.insert, threading.Barrier(2)

    def meet(chunks: Sequence[Chunk]) -> Mapping[str, str]:
        pair.wait(60)  # both are on their way before one is refused
        return insert(chunks)

    monkeypatch.setattr(sink, "insert", meet)
    ledger, error = write(sink, tmp_path)
    assert "401" in str(error)
    held = {document.metadata["page_id"] for document in api.documents("confluence").values()}
    assert held  # the other one went in
    for page in held:
        assert [chunk.state for chunk in ledger.chunks(str(page))] == ["stored"]
    assert [chunk.state for chunk in ledger.chunks("0")] == ["sent"]
