"""A store that is as the ledger has it is not read again, and whatever is not so is noticed."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite
from pipeline.upsert import InsertUnclearError
from pipeline.upsert.files.listed import left_over, store_list
from pipeline.upsert.files.store_api import StoreApi
from tests.support.program import Ended, environment, sync_now
from tests.support.recovery import new_state
from tests.support.vector_api import Fault, VectorApi

pytestmark = pytest.mark.slow
PAGES = 24  # a file each
NAME, LEDGER = "confluence", "sync.sqlite3"


class Nights:
    """A site, a server with vector stores, and a folder that keeps the ledger."""

    def __init__(self, pages: int, version: str, folder: Path) -> None:
        self.site, self.api = ConfluenceSite(new_state(pages)), VectorApi("files", version=version)
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def run(self) -> Ended:
        """Run once; the log of requests is that of this run alone."""
        self.api.log.clear()
        return sync_now(environment(self.site, self.api.base_url, self.folder))

    def edit(self, *pages: int) -> None:
        for page in pages:
            self.site.state.edit(
                list(self.site.state.page_ids())[page], f"<p>New words on {page}.</p>"
            )

    def texts(self, api: VectorApi) -> Counter[str]:
        return Counter(one.text.rstrip("\u200b") for one in api.documents(NAME).values())

    def check(self) -> None:
        """Assert that one clean run leaves what a first run stores, and that the next is cheap."""
        assert self.run().code == 0
        with VectorApi("underscore") as fresh:
            folder = self.folder / "fresh"
            folder.mkdir()
            assert sync_now(environment(self.site, fresh.base_url, folder)).code == 0
            assert self.texts(self.api) == self.texts(fresh)
        last = self.run()
        assert (last.code, last["chunks"]["inserted"], last["chunks"]["deleted"]) == (0, 0, 0)


@pytest.fixture(autouse=True)
def a_page_is_short_and_a_rest_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_list, "ONE_PAGE", PAGES // 2)
    monkeypatch.setattr(left_over, "REST_SECONDS", 0.0)


@pytest.fixture(params=["1.5.0", "0.7.3"])
def nights(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nights]:
    nights = Nights(PAGES, request.param, tmp_path / "state")
    with nights.site, nights.api:
        assert nights.run().code == 0
        yield nights


def test_a_night_without_a_change_asks_as_much_whatever_the_store_has(
    nights: Nights, tmp_path: Path
) -> None:
    many = Nights(4 * PAGES, "1.5.0", tmp_path / "many")
    with many.site, many.api:
        many.run()
        assert many.run()["pages"]["unchanged"] == 4 * PAGES
    assert nights.run()["pages"]["unchanged"] == PAGES
    assert len(nights.api.log) == len(many.api.log) <= 15
    nights.edit(1, 15)
    assert nights.run()["chunks"]["inserted"] == 2
    assert nights.api.count("list") < 10, "nor does a night with little work read the list"
    nights.check()
    assert nights.api.count("list") == 1


def test_a_file_that_the_server_has_lost_is_noticed(nights: Nights) -> None:
    nights.api.stores.lose(NAME, nights.api.stores.files(NAME)[14])
    nights.check()


def test_a_file_and_its_upload_that_are_gone_are_noticed(nights: Nights) -> None:
    nights.api.stores.lose(NAME, nights.api.stores.files(NAME)[14], has_upload=False)
    nights.check()


def test_an_upload_that_a_killed_run_has_left_is_noticed_and_removed(nights: Nights) -> None:
    [store] = nights.api.stores.indexes
    left = nights.api.stores.add(NAME, f"conf-1-0123456789abcdef.{store}.md")
    nights.api.stores.lose(NAME, left)
    nights.check()
    assert left not in nights.api.stores.uploads


def test_a_file_of_somebody_is_left_alone_and_the_list_read(nights: Nights) -> None:
    theirs = nights.api.stores.add(NAME)
    assert nights.run().code == 0
    assert nights.api.count("list") > PAGES
    assert theirs in nights.api.stores.files(NAME)


def test_a_ledger_of_before_the_last_changes_is_noticed(nights: Nights) -> None:
    """As after a kill before the ledger's commit, or with a ledger from a backup."""
    ledger, kept = nights.folder / LEDGER, nights.folder / "kept"
    shutil.copy(ledger, kept)
    nights.edit(*range(0, PAGES, 4))
    nights.site.state.trash(list(nights.site.state.page_ids())[-1])
    assert nights.run().code == 0
    shutil.copy(kept, ledger)
    nights.check()


def test_a_night_that_the_server_broke_off_is_made_up_for(nights: Nights) -> None:
    nights.edit(*range(0, PAGES, 4))
    is_exact = nights.api.stores.version == "1.5.0"
    path = "/files/" if is_exact else "/files"  # the last request for a chunk
    nights.api.faults.append(Fault(on="insert", status=403, times=None, path=path))
    assert nights.run().code == 5
    nights.api.faults.clear()
    nights.check()


def test_a_server_that_alters_texts_since_an_update_gets_them_again(nights: Nights) -> None:
    was_exact = nights.api.stores.version == "1.5.0"
    nights.api.stores.version = "1.5.0"
    assert nights.run().code == 0
    assert nights.api.count("list") == 1 if was_exact else nights.api.count("list") > PAGES


@pytest.mark.parametrize("is_early", [True, False], ids=["before the run", "during the run"])
def test_a_lost_file_that_was_attached_again_and_not_removed_is_noticed(
    nights: Nights, is_early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store has the files of the last complete run then, one of them with another text."""
    lost, attach, count = nights.api.stores.files(NAME)[14], StoreApi.attach, StoreApi.count_files

    def break_off(api: StoreApi, store: str, *about: Any) -> None:
        attach(api, store, *about)
        raise InsertUnclearError("the connection broke")

    def lose_and_count(api: StoreApi, store: str) -> int:
        if lost in nights.api.stores.files(NAME):
            nights.api.stores.lose(NAME, lost)
        return count(api, store)

    with monkeypatch.context() as breaking:
        breaking.setattr(StoreApi, "attach", break_off)
        if is_early:
            nights.api.stores.lose(NAME, lost)
        else:
            breaking.setattr(StoreApi, "count_files", lose_and_count)
        assert nights.run().code == 5
    assert lost in nights.api.stores.files(NAME)
    nights.check()
