"""The proof that a server shows what is put into it, on real servers."""

from pathlib import Path

import pytest

from pipeline.http import Waiting
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.verify import Canaries
from pipeline.state import open_memory_ledger
from pipeline.upsert.dash import Dash
from tests.support.fast_retries import FAST
from tests.support.sinks import to_sink
from tests.support.store_files import new_name

pytestmark = pytest.mark.real_server


@pytest.mark.parametrize("server", ["llama_stack", "ogx"])
def test_an_emptied_dash_store_is_told_from_an_index_at_work(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    base_url, name = request.getfixturevalue(server).base_url, new_name()
    sink = to_sink(base_url, VECTOR_API_VARIANT="dash", COLLECTION_ID=name)
    assert isinstance(sink, Dash)
    active, ledger, report = sink.identifier, open_memory_ledger(), Report()
    ledger.record_page("1", "Page 1", "digest", "metadata")
    ledger.confirm({"conf-1-0": "1"}, {"conf-1-0": "conf-1-0"})
    everything = lambda page_id: True  # noqa: E731 - named for the call below
    collection = Collection(name, base_url, sink, ledger, report, tmp_path, everything)
    Canaries(collection).check(report, Waiting(), FAST)
    assert collection.look_first
    assert (sink.identifier, sink.older_stores()) == (active, [])
    sink.close()
