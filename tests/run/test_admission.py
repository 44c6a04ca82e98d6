"""Which pages come in, and when: the date decides in the first run only."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site.faults import server_error
from pipeline.state import open_ledger
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import Fault, VectorApi

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGED = 300 * DAY  # long before any window


class Place:
    """A space with two pages of today, Home and its child Runbook, beside a Vector API."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.state, self.api, self.folder = site, site.state, api, folder
        self.home = self.add("Home")
        self.add("Runbook")

    def add(self, title: str, age: timedelta = HOUR) -> str:
        """Add a labelled page below Home that was last modified so long ago."""
        modified = datetime.now(UTC) - age
        parent = getattr(self, "home", None)
        return self.state.add_page(
            title, "KI", f"<p>{title}.</p>", labels=["keep"], parent=parent, modified=modified
        )

    def sync(self, since_hours: str = "24", **more: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder, SPACE_NAME="Known Issues")
        return sync_now(environ | {"SINCE_HOURS": since_hours} | more)

    def titles(self) -> set[str]:
        rows = self.api.documents("confluence").values()
        return {str(row.metadata["title"]) for row in rows}

    @contextlib.contextmanager
    def failing(self, page: str) -> Iterator[None]:
        """Let no request for the page's body succeed."""
        self.site.fail(rf"\b{page}\b", server_error(500), times=None)
        yield
        self.site.clear_faults()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", "Operations")
    with ConfluenceSite(state) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


RECENT = {"Home", "Runbook"}


class Way(NamedTuple):
    """How a page leaves the scope and comes back, without a new date."""

    leave: Callable[[Place, str], None]
    come: Callable[[Place, str], None]
    scope: Callable[[Place], dict[str, str]] = lambda place: {}


WAYS = {
    "restored from the trash": Way(
        lambda place, page: place.state.trash(page), lambda place, page: place.state.restore(page)
    ),
    "unarchived": Way(
        lambda place, page: place.state.archive(page), lambda place, page: place.state.restore(page)
    ),
    "made visible": Way(
        lambda place, page: place.state.hide(page), lambda place, page: place.state.unhide(page)
    ),
    "moved into the space": Way(
        lambda place, page: place.state.move(page, space="OPS"),
        lambda place, page: place.state.move(page, space="KI", parent=place.home),
    ),
    "moved below the page": Way(
        lambda place, page: place.state.move(page),
        lambda place, page: place.state.move(page, parent=place.home),
        lambda place: {"FILTER_FOLDER_ID": place.home},
    ),
    "labelled": Way(
        lambda place, page: place.state.set_labels(page, []),
        lambda place, page: place.state.set_labels(page, ["keep"]),
        lambda place: {"LABELS": "keep"},
    ),
    "freed of a restriction": Way(
        lambda place, page: place.state.restrict(page, users=["boss"]),
        lambda place, page: place.state.restrict(page),
        lambda place: {"RESTRICTED_PAGES": "skip"},
    ),
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))


@every_way
def test_an_old_page_that_joins_the_scope_comes_in(way: Way, place: Place) -> None:
    page, scope = place.add("Aged", AGED), way.scope(place)
    way.leave(place, page)
    assert place.sync(**scope).code == 0
    assert "Aged" not in place.titles()
    way.come(place, page)
    assert place.sync(**scope).code == 0
    assert "Aged" in place.titles()


@every_way
def test_an_old_page_that_was_away_for_a_night_comes_back(way: Way, place: Place) -> None:
    page, scope = place.add("Aged", AGED), way.scope(place)
    assert place.sync("0", **scope).code == 0
    way.leave(place, page)
    away = place.sync(**scope)
    assert (away.code, away["pages"]["deleted"]) == (0, 1)
    way.come(place, page)
    assert place.sync(**scope).code == 0
    assert "Aged" in place.titles()


def test_what_one_bad_night_took_out_comes_back(place: Place) -> None:
    pages = [place.add(f"Aged {number}", AGED) for number in range(6)]
    assert place.sync("0").code == 0
    everything = place.titles()
    for page in pages:
        place.state.hide(page)  # as a lost permission does
    assert place.sync().code == 0
    assert place.titles() == RECENT
    for page in pages:
        place.state.unhide(page)
    assert place.sync().code == 0
    assert place.titles() == everything


def test_a_page_that_fails_for_ever_loses_no_page_of_a_missed_night(place: Place) -> None:
    place.add("Aged", AGED)
    with place.failing(place.add("Broken")):
        assert place.sync().code == 1
        place.add("Written in the night that was missed", 30 * HOUR)
        assert place.sync().code == 1
        assert place.titles() == RECENT | {"Written in the night that was missed"}
    assert place.sync().code == 0
    assert place.titles() == RECENT | {"Written in the night that was missed", "Broken"}


@pytest.mark.parametrize("more", [{}, {"SINCE_HOURS": ""}], ids=["unset", "empty"])
def test_without_since_hours_everything_comes_in(more: dict[str, str], place: Place) -> None:
    place.add("Aged", AGED)
    ended = sync_now(environment(place.site, place.api.base_url, place.folder, **more))
    assert (ended.code, ended["warnings"]) == (0, [])
    assert place.titles() == RECENT | {"Aged"}


def test_what_the_first_run_left_out_comes_in_when_it_is_edited(place: Place) -> None:
    edited, _ = place.add("Aged", AGED), place.add("Older", AGED)
    first = place.sync()
    assert any("2 pages older than SINCE_HOURS=24" in warning for warning in first["warnings"])
    assert place.sync("100000").code == 0  # hours: the date has decided already
    assert place.titles() == RECENT
    place.state.edit(edited, "<p>Aged, but edited.</p>", modified=datetime.now(UTC) - 200 * DAY)
    assert place.sync().code == 0
    assert place.titles() == RECENT | {"Aged"}


def test_since_hours_0_once_takes_in_what_was_left_out(place: Place) -> None:
    place.add("Aged", AGED)
    with place.failing(place.add("Older", AGED)):
        place.sync()
        assert place.sync("0").code == 1
        assert place.titles() == RECENT | {"Aged"}
    ended = place.sync()
    assert (ended.code, ended["warnings"]) == (0, [])
    assert place.titles() == RECENT | {"Aged", "Older"}


def test_a_first_run_that_was_interrupted_is_still_the_first(place: Place) -> None:
    place.add("Aged", AGED)
    place.api.faults = [Fault(status=401, times=None)]
    assert place.sync().code == 5
    place.api.faults = []
    place.api.drop("confluence")
    assert place.sync().code == 0
    assert place.titles() == RECENT


def test_a_store_that_vanished_is_filled_in_full_in_as_many_runs_as_it_takes(place: Place) -> None:
    place.add("Aged", AGED)
    assert place.sync().code == 0
    place.api.drop("confluence")
    place.api.faults = [Fault(status=401, on="insert", times=None)]
    assert place.sync().code == 5
    place.api.faults = []
    assert place.sync().code == 0
    assert place.titles() == RECENT | {"Aged"}


def test_after_the_loss_of_the_ledger_old_pages_are_known_again(place: Place) -> None:
    page = place.add("Aged", AGED)
    assert place.sync("0").code == 0
    (place.folder / "sync.sqlite3").unlink()
    assert place.sync().code == 0
    place.state.trash(page)
    assert place.sync().code == 0
    assert place.titles() == RECENT


def test_a_ledger_of_an_earlier_release_lets_its_window_decide_once_more(place: Place) -> None:
    freed, restored = place.add("Freed", AGED), place.add("Restored", AGED)
    place.state.trash(restored)
    assert place.sync().code == 0
    with contextlib.closing(sqlite3.connect(place.folder / "sync.sqlite3")) as ledger, ledger:
        ledger.execute("DROP TABLE left_out")
        ledger.execute("DELETE FROM about WHERE name = 'has_listed'")
        last = (datetime.now(UTC) - 3 * DAY).isoformat()
        facts = [("complete_run_began", last), ("restricted", freed)]
        ledger.executemany("INSERT INTO about VALUES (?, ?)", facts)
    place.add("Written since the last run", 2 * DAY)
    place.add("Written before", 5 * DAY)
    assert place.sync().code == 0
    assert place.titles() == RECENT | {"Written since the last run", "Freed"}
    place.state.restore(restored)
    assert place.sync().code == 0
    assert place.titles() == RECENT | {"Written since the last run", "Freed", "Restored"}


def test_a_shard_remembers_its_own_pages_only(place: Place) -> None:
    aged = {place.add(f"Aged {number}", AGED) for number in range(12)}
    remembered: list[str] = []
    for index in range(2):
        assert place.sync(SHARD_INDEX=str(index), SHARD_COUNT="2").code == 0
        with open_ledger(place.folder / f"sync-{index}-of-2.sqlite3") as ledger:
            remembered += ledger.left_out() or {}
    assert sorted(remembered) == sorted(aged)


def test_a_rotation_is_not_a_first_run(tmp_path: Path) -> None:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    with ConfluenceSite(state) as site, VectorApi("dash") as api:
        place = Place(site, api, tmp_path)
        for _ in range(2):  # the store of the second is built beside the first
            assert place.sync(UPDATE_STRATEGY="rotate").code == 0
            place.state.edit(place.home, "<p>Home, edited.</p>")
        place.add("Written in the night that was missed", 30 * HOUR)
        assert place.sync(UPDATE_STRATEGY="append").code == 0
        with open_ledger(tmp_path / "sync.sqlite3") as ledger:
            assert "Written in the night that was missed" in {
                page.title for page in ledger.pages().values()
            }
