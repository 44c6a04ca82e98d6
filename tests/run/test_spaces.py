"""One space's trouble is that space's: the others are synced, its own pages stay as they are."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site.faults import Fault, error, server_error, text
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import VectorApi

NOW = datetime.now(UTC)
AGED = NOW - timedelta(days=300)  # long before any window
RECENT = {"SINCE_HOURS": "24"}
KEYS = ("KI", "OPS", "HR")


class Place:
    """Three spaces of four pages each, one of them old, beside a Vector API that deletes."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.state, self.api, self.folder = site, site.state, api, folder

    def sync(self, **more: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder)
        return sync_now(environ | {"FILTER_SPACE_KEYS": ",".join(KEYS)} | more)

    def titles(self) -> set[str]:
        rows = self.api.documents("confluence").values()
        return {str(row.metadata["title"]) for row in rows}

    def ids(self, key: str) -> list[str]:
        return list(self.state.page_ids(key))

    def empty(self, key: str) -> None:
        for page in self.ids(key):
            self.state.trash(page)

    def fail(self, key: str, fault: Fault) -> None:
        """Let no listing of the space succeed, nor one that it shares with others."""
        space_id = self.state.spaces[key].id
        self.site.fail(rf"space-id=|/spaces/{space_id}/pages", fault, times=None)

    def refuse(self, key: str) -> None:
        """Answer 403 to the space's listing, and 404 to its pages."""
        self.fail(key, error(403))
        for page in self.ids(key):
            self.state.hide(page)

    def heal(self) -> None:
        self.site.clear_faults()
        for page in self.ids("OPS"):
            self.state.unhide(page)


TITLES = {f"{key} {what}" for key in KEYS for what in (0, 1, 2, "aged")}
AGED_TITLES = {f"{key} aged" for key in KEYS}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    state = SiteState()
    for key in KEYS:
        state.add_space(key, f"Space {key}")
        for number in range(3):
            state.add_page(f"{key} {number}", key, f"<p>{key} {number}.</p>", modified=NOW)
        state.add_page(f"{key} aged", key, f"<p>{key} aged.</p>", modified=AGED)
    with ConfluenceSite(state) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


TROUBLES = {
    "emptied": lambda place: place.empty("OPS"),
    "refused": lambda place: place.refuse("OPS"),
    "not found": lambda place: place.fail("OPS", error(404)),
    "failing": lambda place: place.fail("OPS", server_error(500)),
    "unreadable": lambda place: place.fail("OPS", text('{"results": [{"id": "1"}]}')),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=list(TROUBLES))
def test_the_other_spaces_are_synced_and_its_own_pages_stay(
    trouble: Callable[[Place], None], place: Place
) -> None:
    assert place.sync().code == 0
    assert place.titles() == TITLES
    trouble(place)
    place.state.add_page("KI new", "KI", "<p>New.</p>")
    place.state.trash(place.ids("HR")[0])
    ended = place.sync()
    assert (ended.code, ended["pages"]["deleted"], ended["pages"]["new"]) == (1, 1, 1)
    assert [(row["title"], row["stage"]) for row in ended["failures"]] == [("space OPS", "list")]
    assert place.titles() == TITLES - {"HR 0"} | {"KI new"}


@pytest.mark.parametrize("trouble", ["refused", "failing", "unreadable"])
def test_once_it_can_be_listed_again_its_pages_are_judged_again(trouble: str, place: Place) -> None:
    assert place.sync().code == 0
    gone, *_ = place.ids("OPS")
    TROUBLES[trouble](place)
    assert place.sync().code == 1
    place.heal()
    place.state.trash(gone)
    assert place.sync().code == 0
    assert place.titles() == TITLES - {"OPS 0"}


@pytest.mark.parametrize("trouble", ["emptied", "refused", "failing"])
def test_what_the_first_run_left_out_stays_out_while_it_cannot_be_listed(
    trouble: str, place: Place
) -> None:
    assert place.sync(**RECENT).code == 0
    TROUBLES[trouble](place)
    assert place.sync(**RECENT).code == 1
    place.heal()
    for page in place.ids("OPS"):
        place.state.restore(page)
    assert place.sync(**RECENT).code == 0
    assert place.titles() == TITLES - AGED_TITLES


def test_the_date_decides_in_the_first_run_that_can_list_a_space(place: Place) -> None:
    place.refuse("OPS")
    assert place.sync(**RECENT).code == 1
    assert place.sync(**RECENT).code == 1
    place.heal()
    assert place.sync(**RECENT).code == 0
    assert place.titles() == TITLES - AGED_TITLES
    place.state.add_page("OPS moved in", "OPS", "<p>Moved in.</p>", modified=AGED)
    assert place.sync(**RECENT).code == 0
    assert place.titles() == TITLES - AGED_TITLES | {"OPS moved in"}


def test_a_ledger_that_does_not_know_the_spaces_of_its_pages_keeps_all_of_them(
    place: Place,
) -> None:
    assert place.sync(FILTER_SPACE_KEYS="KI").code == 0
    place.state.trash(place.ids("KI")[0])
    place.refuse("OPS")
    assert place.sync()["pages"]["deleted"] == 0
    place.heal()
    assert place.sync()["pages"]["deleted"] == 1


def test_where_every_space_fails_the_run_ends_as_with_one(place: Place) -> None:
    assert place.sync().code == 0
    for key in KEYS:
        place.refuse(key)
    assert place.sync().code == 3
    assert place.titles() == TITLES
