"""A rotation takes as many nights as it needs: the next one goes on with the unfinished store."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.killing import sync_and_stop
from tests.support.rotating import PAGES, Rotating, open_rotating
from tests.support.vector_api import Fault


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Rotating]:
    with open_rotating(tmp_path) as place:
        yield place


def test_nothing_happens_where_nothing_has_changed(place: Rotating) -> None:
    before, requests = place.active, len(place.api.log)
    assert place.sync().code == 0
    assert place.active == before
    assert {one.kind for one in place.api.log[requests:]} == {"describe", "query"}


def test_the_next_night_goes_on_with_the_unfinished_store(place: Rotating) -> None:
    before, unfinished = place.active, place.begin()
    assert place.active == before
    done = len(place.api.documents(unfinished))
    ended = place.sync()
    assert ended.code == 0
    assert place.active == unfinished
    assert ended["chunks"]["inserted"] == 2 * PAGES - done
    assert place.held() == set(place.ids)
    assert place.answers(1, "was")
    assert not place.answers(1, "is")
    assert place.api.identifiers() == [unfinished]
    assert not place.api.duplicates(unfinished)
    assert place.sync()["chunks"]["inserted"] == 0


@pytest.mark.slow
def test_the_deadline_of_a_night_keeps_what_it_has_done(place: Rotating) -> None:
    place.edit(1, "was")
    place.api.faults = [Fault(saying="Page 8 is", answer="hang", times=None)]
    assert place.sync(RUN_DEADLINE_SECONDS="1").code == 1
    place.api.faults = []
    [unfinished] = set(place.api.identifiers()) - {place.active}
    assert place.sync().code == 0
    assert place.active == unfinished


def test_an_edit_between_two_nights_is_in_the_published_store(place: Rotating) -> None:
    place.begin()
    place.edit(11, "became")  # the first night has not written it
    place.state.trash(place.ids[10])
    assert place.sync().code == 0
    assert place.answers(11, "became")
    assert place.held() == set(place.ids) - {place.ids[10]}


def test_what_the_first_night_wrote_and_is_outdated_is_counted_and_rotated_out(
    place: Rotating,
) -> None:
    place.begin()
    place.edit(2, "became")
    place.state.trash(place.ids[3])
    ended = place.sync()
    assert (ended.code, ended["chunks"]["stale"]) == (7, 3)
    assert place.answers(2, "became")
    assert (place.sync().code, place.held()) == (0, set(place.ids) - {place.ids[3]})
    assert not place.answers(2, "is")


def drop_store(place: Rotating, unfinished: str) -> dict[str, str]:
    place.api.drop(unfinished)
    return {}


def empty_store(place: Rotating, unfinished: str) -> dict[str, str]:
    for chunk in place.api.documents(unfinished):
        place.api.take_out(unfinished, chunk)
    return {}


CHANGES: dict[str, Callable[[Rotating, str], dict[str, str]]] = {
    "the unfinished store is gone": drop_store,
    "the unfinished store is empty": empty_store,
    "another chunk size": lambda *_: {"CHUNK_TOKENS": "500"},
    "another model": lambda *_: {"EMBEDDING_MODEL_ID": "st/all-MiniLM-L6-v2"},
    "another address for people": lambda *_: {"CONF_SITE_URL": "https://wiki.example.com/wiki"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_rotation_begins_anew_where_its_store_would_not_be_right(
    place: Rotating, change: Callable[[Rotating, str], dict[str, str]]
) -> None:
    unfinished = place.begin()
    ended = place.sync(**change(place, unfinished))
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 2 * PAGES)
    assert place.api.identifiers() == [place.active] != [unfinished]
    assert place.held() == set(place.ids)


def test_a_damaged_ledger_of_a_rotation_begins_it_anew(place: Rotating) -> None:
    unfinished = place.begin()
    (place.folder / "rotation.sqlite3").write_bytes(b"not a database" * 100)
    ended = place.sync()
    assert ended.code == 0
    assert place.api.identifiers() == [place.active] != [unfinished]
    assert any("begins anew" in warning for warning in ended["warnings"])


def test_an_unfinished_store_is_removed_where_another_strategy_is_set(place: Rotating) -> None:
    before, _ = place.active, place.begin()
    assert place.sync(UPDATE_STRATEGY="append").code == 0
    assert place.api.identifiers() == [before]
    assert not (place.folder / "rotation.sqlite3").exists()


def test_a_dry_run_touches_nothing_of_a_rotation(place: Rotating) -> None:
    place.begin()
    files = {path.name: path.read_bytes() for path in place.folder.glob("*.sqlite3")}
    assert len(files) == 2
    requests = len(place.api.log)
    assert place.sync(DRY_RUN="1").code == 0
    assert {one.kind for one in place.api.log[requests:]} <= {"describe", "query"}
    assert {path.name: path.read_bytes() for path in place.folder.glob("*.sqlite3")} == files


def test_without_a_volume_one_unfinished_store_is_left_at_most(place: Rotating) -> None:
    before = place.active
    for _ in range(3):
        place.begin()
        place.forget_the_runs()
        assert place.sync(DRY_RUN="1")["collection"] == before
        assert len(place.api.identifiers()) <= 3  # this night's and the last one's
    assert place.sync().code == 0
    assert place.api.identifiers() == [place.active]
    assert place.held() == set(place.ids)


def test_the_store_that_was_published_is_found_where_the_old_one_could_not_be_removed(
    place: Rotating,
) -> None:
    before = place.active
    place.edit(1, "was")
    place.api.faults = [Fault(on="delete", status=403, times=None)]
    ended = place.sync()
    assert ended.code == 5
    published = place.active
    assert sorted(place.api.identifiers()) == sorted([before, published])
    place.forget_the_runs()
    assert place.sync(DRY_RUN="1")["collection"] == published


def test_an_old_store_that_could_not_be_removed_is_removed_by_a_later_run(place: Rotating) -> None:
    place.edit(1, "was")
    place.api.faults = [Fault(on="delete", status=403, times=None)]
    assert place.sync().code == 5
    assert place.answers(1, "was")
    assert place.sync().code == 5, "a run without work tries again"
    place.api.faults = []
    assert place.sync(UPDATE_STRATEGY="append").code == 0
    assert place.api.identifiers() == [place.active]


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("after", [8, 16, 24, 30, 36, 39, 41])
def test_a_rotation_that_was_ended_anywhere_is_completed(
    place: Rotating, signum: int, after: int
) -> None:
    place.edit(1, "was")
    started = len(place.api.log) + len(place.site.requests)
    seen = lambda: len(place.api.log) + len(place.site.requests) - started  # noqa: E731
    sync_and_stop(place.environment(), seen, after, signum)
    assert place.sync().code == 0
    assert place.answers(1, "was")
    assert place.api.identifiers() == [place.active]
    assert len(place.api.documents(place.active)) == 2 * PAGES
    assert not place.api.duplicates(place.active)
