"""What the store may hold without the ledger's knowing is looked up before it is sent."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from demo.confluence_site.faults import server_error
from tests.support.fast_retries import FAST
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.recovery import SINGLE, small_site
from tests.support.vector_api import Fault, Form, VectorApi

PAGES = 6


class Place:
    """A site of six pages beside a dash server, where a chunk that is sent twice is there twice."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        self.pages = list(site.state.page_ids())
        self.ledger = folder / "sync.sqlite3"

    def sync(self, **more: str) -> Ended:
        return sync_now(environment(self.site, self.api.base_url, self.folder, **more))

    def edit(self, page: str, word: str) -> None:
        self.site.state.edit(page, f"<h2>What</h2><p>This is {word}. {DETAILS}</p>")

    def texts(self) -> list[str]:
        return [row.text for row in self.api.documents("confluence").values()]

    def check_that_nothing_is_there_twice(self) -> None:
        assert self.api.duplicates("confluence") == []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with small_site(PAGES) as site, VectorApi("dash") as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        yield place


def test_a_first_run_asks_for_no_chunk_before_it_sends_it(place: Place) -> None:
    assert place.api.count("query") <= PAGES  # those of the sample, afterwards


def test_a_recovery_that_needs_two_runs_sends_nothing_twice(place: Place) -> None:
    place.ledger.unlink()
    place.site.fail(rf"{SINGLE}|search", server_error(500), times=None)
    assert place.sync().code in (1, 4)
    place.site.clear_faults()
    ended = place.sync()
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 0)
    place.check_that_nothing_is_there_twice()


def test_a_recovery_with_one_failed_page_is_not_over(place: Place) -> None:
    place.ledger.unlink()
    place.site.fail(rf"\b{place.pages[0]}\b", server_error(500), times=None)
    assert place.sync().code == 1
    place.site.clear_faults()
    assert place.sync().code == 0
    place.check_that_nothing_is_there_twice()


def test_a_ledger_restored_from_an_older_copy_sends_nothing_twice(place: Place) -> None:
    shutil.copy(place.ledger, place.folder / "copy")
    place.edit(place.pages[0], "edited")
    place.site.state.add_page("Added", "KI", f"<p>An added page. {DETAILS}</p>")
    assert place.sync().code == 7
    shutil.copy(place.folder / "copy", place.ledger)
    place.edit(place.pages[1], "edited later")
    assert place.sync().code == 7
    place.check_that_nothing_is_there_twice()
    assert sum("edited later" in text for text in place.texts()) == 1


def test_what_a_lagging_index_does_not_show_at_once_is_not_lost(tmp_path: Path) -> None:
    with small_site(PAGES) as site, VectorApi("dash") as api:
        api.lag_seconds = 0.5
        environ = environment(site, api.base_url, tmp_path)
        assert sync_now(environ, replace(FAST, settling_seconds=(0.1, 0.5))).code == 0


def test_what_an_index_shows_only_after_the_run_is_looked_up_and_not_sent_again(
    tmp_path: Path,
) -> None:
    with small_site(PAGES) as site, VectorApi("dash") as api:
        api.lag_seconds = 3600
        place = Place(site, api, tmp_path)
        ended = place.sync()
        assert (ended.code, ended["failures"][0]["stage"]) == (1, "verify")
        api.lag_seconds = 0
        assert place.sync().code == 0
        place.check_that_nothing_is_there_twice()


def test_what_the_server_has_really_lost_is_sent_again(tmp_path: Path) -> None:
    with small_site(PAGES) as site, VectorApi("dash") as api:
        api.faults = [Fault(status=200, stored="nothing")]
        place = Place(site, api, tmp_path)
        assert place.sync(BATCH_SIZE="2").code == 1
        assert place.sync(BATCH_SIZE="2").code == 0
        assert len(place.texts()) == PAGES
        place.check_that_nothing_is_there_twice()


@pytest.mark.parametrize("loss", ["lost", "restored"])
@pytest.mark.parametrize("form", ["dash", "underscore"])
def test_the_text_of_an_edit_that_the_ledger_never_saw_is_found_beside_the_new_one(
    form: Form, loss: str, tmp_path: Path
) -> None:
    with small_site(PAGES) as site, VectorApi(form, "document") as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        shutil.copy(place.ledger, place.folder / "copy")
        place.edit(place.pages[0], "an edit that is forgotten")
        place.sync()
        place.ledger.unlink()
        if loss == "restored":
            shutil.copy(place.folder / "copy", place.ledger)
        place.edit(place.pages[0], "the edit of now")
        ended = place.sync()
        place.check_that_nothing_is_there_twice()
        stale = {row["chunk_id"] for row in ended["stale"]}
        rows = api.documents("confluence").values()
        current = [row.text for row in rows if row.id not in stale]
        assert (ended.code, len(stale)) == ((7, 2) if form == "dash" else (0, 0))
        assert len(current) == PAGES
        assert not any("forgotten" in text for text in current)
