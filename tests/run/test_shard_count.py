"""SHARD_COUNT changed and back: pages move between ledgers, and nothing is doubled or left over."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite
from pipeline.state import Ledger, Shard, open_ledger, take_over
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.recovery import pages_in, small_site
from tests.support.vector_api import VectorApi

PAGES = 8
SERVERS: list[dict[str, Any]] = [
    {"form": "dash"},
    {"form": "underscore", "delete_route": "document"},
]


class Place:
    """A site of eight pages and a server; every edit has a text of its own."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        self.pages, self.edits = list(site.state.page_ids()), 0

    def sync(self, count: int, *shards: int, **more: str) -> list[Ended]:
        """Run these shards, or all."""
        environ = environment(self.site, self.api.base_url, self.folder, **more)
        environ |= {"UPDATE_STRATEGY": "append", "MAX_DELETE_PERCENT": "100"}
        return [
            sync_now(environ | {"SHARD_INDEX": str(index), "SHARD_COUNT": str(count)})
            for index in shards or range(count)
        ]

    def edit_all(self) -> None:
        self.edits += 1
        for page in self.pages:
            self.site.state.edit(page, f"<p>Edit {self.edits} of {page}. {DETAILS}</p>")

    def check(self, stale: set[str]) -> None:
        """Assert that what is there is current, but for what is reported as stale."""
        assert self.api.duplicates("confluence") == []
        rows = self.api.documents("confluence")
        current = [row for name, row in rows.items() if name not in stale]
        assert len(current) == len(self.pages)
        assert all(f"Edit {self.edits} of " in row.text for row in current)


@pytest.fixture(params=SERVERS, ids=lambda server: server["form"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with small_site(PAGES) as site, VectorApi(**request.param) as api:
        yield Place(site, api, tmp_path)


def to_stale(ended: list[Ended]) -> set[str]:
    return {row["chunk_id"] for each in ended for row in each["stale"]}


@pytest.mark.slow
def test_a_page_that_is_edited_under_every_count_leaves_nothing_behind(place: Place) -> None:
    for count in (1, 2, 2, 3, 1, 1):
        place.edit_all()
        ended = place.sync(count)
        assert {each.code for each in ended} == {0}
        place.check(to_stale(ended))


def test_another_count_alone_fetches_no_page_again(place: Place) -> None:
    place.edit_all()
    place.sync(1)
    for count in (2, 1, 3):
        ended = place.sync(count)
        assert sum(each["pages"]["unchanged"] for each in ended) == PAGES
        assert sum(each["chunks"]["inserted"] for each in ended) == 0


def test_a_shard_that_has_not_run_yet_takes_nothing_back(place: Place) -> None:
    place.edit_all()
    place.sync(2)
    place.sync(1)
    place.edit_all()
    place.sync(2, 0)
    ended = place.sync(1)
    assert ended[0].code == 0
    place.check(to_stale(ended))


def test_a_page_deleted_under_another_count_is_not_known_any_more(place: Place) -> None:
    place.edit_all()
    place.sync(1)
    gone = place.pages.pop()
    place.site.state.trash(gone)
    place.sync(2)
    assert place.sync(1)[0]["pages"]["deleted"] == 0
    place.site.state.restore(gone)
    place.pages.append(gone)
    place.check(to_stale(place.sync(1)))


def test_what_the_first_run_left_out_stays_left_out_under_another_count(place: Place) -> None:
    place.sync(1, SINCE_HOURS="0.000001")
    held = pages_in(place.api)
    place.sync(2, SINCE_HOURS="1")
    place.sync(1, SINCE_HOURS="1")
    assert pages_in(place.api) == held


def test_a_dry_run_with_another_count_writes_nothing(place: Place) -> None:
    place.edit_all()
    place.sync(1)
    before = {path.name: path.read_bytes() for path in place.folder.glob("*.sqlite3")}
    ended = place.sync(2, 0, DRY_RUN="1")
    assert ended[0]["pages"]["new"] == 0
    assert {path.name: path.read_bytes() for path in place.folder.glob("*.sqlite3")} == before


def test_a_ledger_that_a_killed_run_left_in_the_middle_of_a_change_is_repaired(
    place: Place,
) -> None:
    place.edit_all()
    place.sync(1)
    path = place.folder / "sync.sqlite3"
    leave_a_hot_journal(path)
    ended = place.sync(2)
    assert {each.code for each in ended} == {0}
    assert sum(each["pages"]["unchanged"] for each in ended) == PAGES


def leave_a_hot_journal(path: Path) -> None:
    """Change the database as a process does that is killed before it commits."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM chunks")
        database.executemany(
            "INSERT INTO about VALUES (?, ?)", ((f"filler {n}", "x" * 900) for n in range(99))
        )
        changed, journal = path.read_bytes(), Path(f"{path}-journal").read_bytes()
        database.execute("ROLLBACK")
    path.write_bytes(changed)
    Path(f"{path}-journal").write_bytes(journal)


def test_a_ledger_that_was_reset_takes_nothing_back(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "sync-0-of-2.sqlite3") as other:
        other.record_page("1", "Title", "digest", "face")
    with open_ledger(tmp_path / "sync.sqlite3") as ledger:
        assert take_over_all(ledger, tmp_path) == 1
        ledger.forget_everything()
        assert take_over_all(ledger, tmp_path) == 0
        assert not ledger.pages()


def take_over_all(ledger: Ledger, folder: Path) -> int:
    return take_over(ledger, folder, "sync", Shard(0, 1), lambda *_: True, may_repair=True)
