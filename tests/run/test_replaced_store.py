"""A store that takes the place of a damaged one is filled in full, with or without a ledger."""

from pathlib import Path

import pytest

from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.state import open_memory_ledger
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.files.collection import FileSink
from pipeline.upsert.files.store_api import DamagedListError
from tests.support.sinks import to_api, to_settings

NO_SERVER = "http://127.0.0.1:1"


class Stores(FileSink):
    """A server that has one store of our name, or none, and cannot list damaged ones."""

    variant = "vector_stores"
    can_delete = can_list = True
    _routes = None

    def __init__(self, store: str) -> None:
        super().__init__(to_api(NO_SERVER), to_settings(NO_SERVER), "confluence")
        self._store = store

    def _list_candidates(self, known):
        return [self._store] if self._store else []

    def _make_store(self):
        return "fresh"

    def _open_files(self, identifier):
        if identifier == "damaged":
            raise DamagedListError("the list cannot be read")
        self._identifier = identifier

    def list_stored(self):
        return iter(())

    def _put(self, chunks):
        return {}


@pytest.mark.parametrize(
    ("store", "identifier", "left_out"),
    [("damaged", "fresh", {}), ("healthy", "healthy", None), ("", "fresh", None)],
    ids=["damaged", "healthy", "none"],
)
def test_only_the_place_of_a_damaged_store_is_filled_in_full(
    store: str, identifier: str, left_out: dict[str, str] | None, tmp_path: Path
) -> None:
    ledger, sink = open_memory_ledger(), Stores(store)
    everything = lambda page_id: True  # noqa: E731 - named for the call below
    Collection("confluence", NO_SERVER, sink, ledger, Report(), tmp_path, everything).open()
    assert ledger.get_about("identifier") == identifier
    assert ledger.left_out() == left_out


class FailingRoutes:
    """A server that answers no question about another store."""

    def get_store(self, identifier):
        raise VectorApiError(f"GET {identifier}: HTTP 500")


def test_another_store_of_the_name_that_fails_is_kept_and_fails_no_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sink = Stores("other")
    sink._routes = FailingRoutes()
    sink.remove_damaged()
    assert "the store other of the same name is kept" in caplog.text
