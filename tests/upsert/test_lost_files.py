"""Stores whose list of files was damaged by the server, on OGX with its lists in a table."""

from contextlib import ExitStack, suppress

import pytest

from pipeline.upsert import VectorApiError
from pipeline.upsert.files.listed import store_list
from pipeline.upsert.files.store_api import NEW_PREFIX
from tests.support.file_lists import FileLists
from tests.support.ogx_on_postgres import PROVIDER, OgxOnPostgres
from tests.support.store_files import stored, to_chunk
from tests.support.store_places import VectorStoresPlace

pytestmark = pytest.mark.real_server

SERVERS = [("ogx_tables", "sqlite-vec"), ("ogx_postgres", PROVIDER)]
ONE = to_chunk(1, "About apps\n\n    and their ports")
OTHER = to_chunk(2, "About apps\n\n    and their news")


class DamagedPlace(VectorStoresPlace):
    """A store with two chunks."""

    lists: FileLists

    def lose(self, file_id: str) -> None:
        self.lists.lose(self.identifier, file_id)

    def texts(self) -> list[str]:
        """Return every text that the store answers; a second answer is a second entry."""
        body = {"vector_store_id": self.identifier, "query": "apps", "params": {"max_chunks": 2}}
        return sorted(
            row["content"] for row in self.look.post("/v1/vector-io/query", body)["chunks"]
        )


@pytest.fixture(params=SERVERS, ids=["-".join(server) for server in SERVERS])
def damaged(request: pytest.FixtureRequest, places: ExitStack) -> DamagedPlace:
    fixture, provider = request.param
    server = request.getfixturevalue(fixture)
    place = DamagedPlace(server.base_url, provider, NEW_PREFIX, places)
    place.lists = FileLists(server)
    return place


def test_a_chunk_whose_file_is_lost_is_removed_and_can_be_stored_again(
    damaged: DamagedPlace,
) -> None:
    handles = damaged.open().insert([ONE, OTHER])
    damaged.lose(handles[ONE.id])
    sink = damaged.open()
    assert stored(sink).keys() == {OTHER.id}
    assert ONE.text not in damaged.texts()
    sink.insert([ONE])
    assert damaged.texts() == sorted([ONE.text, OTHER.text])
    damaged.assert_nothing_is_left_over()


def test_a_chunk_that_shares_the_words_of_a_lost_one_is_stored_again(damaged: DamagedPlace) -> None:
    twin = to_chunk(3, ONE.text.replace("    ", " "))
    handles = damaged.open().insert([ONE])
    damaged.lose(handles[ONE.id])
    sink = damaged.open()
    assert stored(sink).keys() == set()
    sink.insert([twin, OTHER])
    assert damaged.texts() == sorted([twin.text, OTHER.text])


def test_a_file_that_is_lost_during_the_run_is_noticed_and_taken_back(
    damaged: DamagedPlace,
) -> None:
    sink = damaged.open()
    handles = sink.insert([ONE, OTHER])
    assert sink.recount() == []
    damaged.lose(handles[ONE.id])
    assert [chunk.id for chunk in sink.recount()] == [ONE.id]
    assert ONE.text not in damaged.texts()
    assert sink.recount() == []
    assert stored(damaged.open()).keys() == {OTHER.id}
    damaged.assert_nothing_is_left_over()


def test_a_file_that_the_list_does_not_keep_is_attached_again(
    damaged: DamagedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = damaged.open()
    api = sink._files._api
    attach, lost = api.attach, list[str]()

    def lose_once(store: str, file_id: str, *rest: object) -> None:
        attach(store, file_id, *rest)  # type: ignore[arg-type]
        if not lost:
            lost.append(file_id)
            damaged.lose(file_id)

    monkeypatch.setattr(api, "attach", lose_once)
    sink.insert([ONE, OTHER])
    assert len(lost) == 1
    assert damaged.texts() == sorted([ONE.text, OTHER.text])
    assert stored(damaged.open()).keys() == {ONE.id, OTHER.id}
    damaged.assert_nothing_is_left_over()


@pytest.mark.parametrize("is_known", [True, False])
def test_a_store_whose_list_cannot_be_read_is_replaced_once_another_is_complete(
    damaged: DamagedPlace, is_known: bool
) -> None:
    damaged.open().insert([ONE, OTHER])
    first = damaged.identifier
    damaged.lists.add_ghost(first)
    sink = damaged.open(first if is_known else "")
    assert sink.opened_new
    assert damaged.identifier != first
    sink.insert([ONE])
    again = damaged.open()  # the run was killed, and its ledger is lost
    assert not again.opened_new
    assert stored(again).keys() == {ONE.id}
    again.insert([OTHER])
    again.remove_damaged()
    names = {row["id"] for row in damaged.look.get("/v1/vector_stores?limit=100")["data"]}
    assert damaged.identifier in names
    assert first not in names
    uploads = damaged.look.get("/v1/files?limit=10000")["data"]
    assert not [row for row in uploads if first in row["filename"]]
    assert damaged.texts() == sorted([ONE.text, OTHER.text])


@pytest.mark.parametrize("has_foreign_file", [False, True])
def test_a_long_list_is_read_file_by_file(
    damaged: DamagedPlace, has_foreign_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_list, "ONE_PAGE", 1)
    damaged.open().insert([ONE, OTHER])
    if has_foreign_file:
        foreign = damaged.look.upload("of-somebody.md")
        assert damaged.look.attach(foreign, {}) == "completed"
    damaged.lose(next(iter(stored(damaged.open()).values())).handle)
    sink = damaged.open()
    assert len(stored(sink)) == 1
    sink.insert([ONE, OTHER])
    assert stored(damaged.open()).keys() == {ONE.id, OTHER.id}


@pytest.mark.parametrize("status", [400, 503])
def test_a_lost_chunk_is_removed_by_a_later_run_if_its_file_is_refused_now(
    ogx_postgres: OgxOnPostgres,
    places: ExitStack,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    place = DamagedPlace(ogx_postgres.base_url, PROVIDER, NEW_PREFIX, places)
    place.lists = FileLists(ogx_postgres)
    handles = place.open().insert([ONE, OTHER])
    place.lose(handles[ONE.id])
    with monkeypatch.context() as away:
        away.setattr(ogx_postgres.embeddings, "refusal", status)
        with suppress(VectorApiError):
            place.open()
    assert stored(place.open()).keys() == {OTHER.id}
    assert place.texts() == [OTHER.text]
    place.assert_nothing_is_left_over()
