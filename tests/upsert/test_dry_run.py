"""A dry run reads the real collection and leaves it as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from pipeline.records import StoredChunk
from pipeline.upsert import Rotating
from pipeline.upsert.discovery import open_sink
from pipeline.upsert.dry_run import DryRun
from tests.support.program import environment, sync_now
from tests.support.sinks import to_chunks, to_settings, to_sink
from tests.support.vector_api import Fault, VectorApi

CHUNKS = to_chunks([f"Chunk {n}" for n in range(4)])
WRITES = {"insert", "delete", "create"}


@pytest.fixture(params=["underscore", "dash"])
def api(request: pytest.FixtureRequest) -> Iterator[VectorApi]:
    with VectorApi(form=request.param, delete_route="document") as api:
        yield api


def open_dry(base_url: str) -> DryRun:
    sink = open_sink(to_settings(base_url, DRY_RUN="1"))
    assert isinstance(sink, DryRun)
    return sink


def assert_nothing_was_written(api: VectorApi) -> None:
    assert not {request.kind for request in api.log} & WRITES


def test_a_dry_run_makes_no_collection(api: VectorApi) -> None:
    sink = open_dry(api.base_url)
    assert sink.open_collection() == "(not created in a dry run)"
    assert sink.opened_new
    assert sink.find(CHUNKS) == {}
    assert sink.query("Chunk", 3) == []
    assert list(sink.list_stored()) == []
    sink.close()
    assert_nothing_was_written(api)


def test_a_dry_run_reads_the_collection_and_writes_nothing(api: VectorApi) -> None:
    real = to_sink(api.base_url)
    real.insert(CHUNKS[:2])
    api.log.clear()
    sink = open_dry(api.base_url)
    assert sink.open_collection() == real.open_collection()
    assert not sink.opened_new
    assert set(sink.find(CHUNKS)) == {chunk.id for chunk in CHUNKS[:2]}
    assert len(sink.query("Chunk", 3)) == 2
    assert set(sink.insert(CHUNKS)) == {chunk.id for chunk in CHUNKS}
    sink.delete([StoredChunk(CHUNKS[0].id, CHUNKS[0].page_id)])
    assert sink.requests > 0
    assert sink.can_delete == real.can_delete
    sink.close()
    real.close()
    assert api.documents("confluence").keys() == {chunk.id for chunk in CHUNKS[:2]}
    assert_nothing_was_written(api)


def test_a_dry_run_reports_what_a_run_would_change(
    api: VectorApi, site: ConfluenceSite, tmp_path: Path
) -> None:
    settings = environment(site, api.base_url, tmp_path)
    assert sync_now(settings).code == 0
    first, second, *_ = site.state.page_ids()
    site.state.edit(first, "<p>Edited since.</p>")
    site.state.trash(second)
    api.log.clear()
    dry = sync_now(settings | {"DRY_RUN": "1"})
    assert_nothing_was_written(api)
    real = sync_now(settings)
    pages, chunks = dry["pages"], dry["chunks"]
    assert (pages["new"], pages["changed"], pages["unchanged"]) == (0, 1, 10)
    assert chunks["inserted"] == 1
    assert chunks["deleted"] + chunks["stale"] == 2
    assert (pages, chunks) == (real["pages"], real["chunks"])


def test_a_dry_run_never_rotates(api: VectorApi) -> None:
    sink = open_dry(api.base_url)
    assert not isinstance(sink, Rotating)
    sink.close()


def test_a_dry_run_continues_without_a_server(caplog: pytest.LogCaptureFixture) -> None:
    sink = open_sink(to_settings("http://nowhere.invalid", DRY_RUN="1"))
    assert "http://nowhere.invalid/openapi.json: unknown host" in caplog.text
    assert sink.open_collection("kept-from-before") == "kept-from-before"
    assert not sink.opened_new
    assert set(sink.insert(CHUNKS)) == {chunk.id for chunk in CHUNKS}
    assert sink.find(CHUNKS) == {}
    sink.close()


def test_a_dry_run_continues_when_the_collection_cannot_be_looked_up(
    api: VectorApi, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_dry(api.base_url)
    api.faults += [Fault(status=401, on=kind, times=None) for kind in ("describe", "query")]
    assert sink.open_collection("kept-from-before") == "kept-from-before"
    assert "dry run without the vector server" in caplog.text
    sink.close()
