"""What the active store holds and is not certainly gone is in the fresh one, too."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site.faults import error, rewritten
from pipeline.state import doubt_pages, open_ledger
from tests.support.rotating import PAGES, Rotating, open_rotating
from tests.support.vector_api import Fault

LISTING = r"/spaces/\d+/pages"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Rotating]:
    with open_rotating(tmp_path) as place:
        place.edit(1, "was")
        yield place


def without(page_ids: set[str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def shorten(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in answer["results"] if row["id"] not in page_ids]
        return answer | {"results": rows}

    return shorten


def fail_body(place: Rotating, page: int) -> None:
    """Let a page be listed, and its body be refused by both routes."""
    place.site.fail(r"content/search.*id", error(400), times=None)
    place.site.fail(rf"/pages/{place.ids[page]}\b", error(500), times=None)


def test_pages_that_the_listing_forgot_are_in_the_fresh_store(place: Rotating) -> None:
    before = place.active
    place.site.fail(LISTING, rewritten(without(set(place.ids[4:10]))), times=None)
    assert place.sync().code == 0
    assert place.active != before
    assert place.held() == set(place.ids)
    place.site.clear_faults()
    ended = place.sync()
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 0), "they are what the site has"


def test_a_forgotten_page_is_fetched_where_the_old_store_does_not_give_it(place: Rotating) -> None:
    place.site.fail(LISTING, rewritten(without({place.ids[5]})), times=None)
    place.lose_a_chunk(5)
    assert place.sync().code == 0
    assert place.held() == set(place.ids)
    assert place.answers(5, "is")


def test_pages_that_the_search_index_missed_are_in_the_fresh_store(tmp_path: Path) -> None:
    with open_rotating(tmp_path) as place:
        place.edit(1, "was")
        assert place.sync(LABELS="known").code == 0
        place.edit(1, "became")
        missed = set(place.ids[4:10])
        place.site.fail(r"content/search.*label", rewritten(without(missed)), times=None)
        assert place.sync(LABELS="known").code == 0
        assert place.answers(1, "became")
        assert place.held() == set(place.ids)


def test_a_page_that_cannot_be_fetched_keeps_its_text_and_blocks_nothing(place: Rotating) -> None:
    before = place.active
    place.edit(6, "became")
    fail_body(place, 6)
    ended = place.sync()
    assert ended.code == 1
    assert [failure["page_id"] for failure in ended["failures"]] == [place.ids[6]]
    assert place.active != before
    assert place.held() == set(place.ids)
    assert place.answers(1, "was")
    assert place.answers(6, "is")
    published = place.active
    assert (place.sync().code, place.active) == (1, published), "no rotation for it alone"
    place.site.clear_faults()
    assert place.sync().code == 7, "beside its old text"
    assert (place.sync().code, place.answers(6, "is")) == (0, False)
    assert place.answers(6, "became")


def test_a_new_page_that_fails_blocks_nothing_and_is_tried_again(place: Rotating) -> None:
    new = place.state.add_page("New", "KI", "<p>Something new.</p>")
    place.ids.append(new)
    fail_body(place, PAGES)
    ended = place.sync()
    assert ended.code == 1
    assert place.answers(1, "was")
    place.site.clear_faults()
    assert place.sync().code == 0
    assert new in place.held()


def test_a_page_that_the_server_refuses_keeps_its_text(place: Rotating) -> None:
    place.edit(6, "became")
    place.api.faults = [Fault(saying="Page 6 became", status=400, times=None)]
    ended = place.sync()
    assert ended.code == 1
    assert [failure["stage"] for failure in ended["failures"]] == ["upsert"]
    assert place.answers(6, "is")
    assert place.answers(1, "was")


def test_a_page_whose_text_nothing_gives_delays_the_publication_for_three_nights(
    place: Rotating,
) -> None:
    before = place.active
    fail_body(place, 6)
    place.lose_a_chunk(6)
    for day in (0, 0, 1):  # a retry in the same night counts once
        place.pass_days(day)
        ended = place.sync()
        assert (ended.code, place.active) == (1, before)
        assert [failure["page_id"] for failure in ended["failures"]] == [place.ids[6]]
    place.pass_days(2)
    ended = place.sync()
    assert ended.code == 1
    assert [failure["page_id"] for failure in ended["failures"]] == [place.ids[6]]
    assert place.active != before
    assert place.held() == set(place.ids) - {place.ids[6]}
    place.site.clear_faults()
    assert place.sync().code == 0
    assert place.held() == set(place.ids)


def test_what_left_while_the_rotation_ran_blocks_nothing(place: Rotating) -> None:
    def trash(answer: dict[str, Any]) -> dict[str, Any]:
        place.state.trash(place.ids[6])
        return answer

    before = place.active
    place.site.fail(LISTING, rewritten(trash), times=1)
    assert place.sync().code == 1
    assert place.active != before
    assert place.held() == set(place.ids) - {place.ids[6]}
    assert place.sync().code == 0


def lose_pages(place: Rotating, pages: range) -> None:
    for page in pages:
        fail_body(place, page)
        place.lose_a_chunk(page)


def test_a_store_that_lacks_too_many_pages_is_not_published(place: Rotating) -> None:
    before = place.active
    lose_pages(place, range(5, 8))
    for day, code in ((0, 1), (1, 1), (2, 6)):
        place.pass_days(day)
        assert (place.sync().code, place.active) == (code, before)
    place.site.clear_faults()
    ended = place.sync()
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 6), "the fresh store was kept"
    assert place.held() == set(place.ids)


def test_an_old_store_that_answers_nothing_blocks_a_rotation_for_three_nights(
    place: Rotating,
) -> None:
    fail_body(place, 6)
    place.api.faults = [Fault(status=500, on="query", asking="Page", times=None)]
    for day, code in ((0, 1), (1, 1), (2, 1)):
        before = place.active
        place.pass_days(day)
        assert place.sync(VERIFY="0").code == code
    assert place.active != before


def test_pages_that_left_are_subject_to_the_delete_guard_and_nothing_is_given_up(
    place: Rotating,
) -> None:
    unfinished, before = place.begin(), place.active
    for page in place.ids[:6]:
        place.state.trash(page)
    assert (place.sync().code, place.active) == (6, before)
    assert unfinished in place.api.identifiers()


def test_what_the_server_confirmed_but_lost_is_not_published(place: Rotating) -> None:
    before = place.active
    place.api.faults = [Fault(status=200, stored="half", times=None, text="stored, really")]
    ended = place.sync()
    assert (ended.code, place.active) == (1, before)
    assert {failure["stage"] for failure in ended["failures"]} == {"verify"}
    assert place.api.identifiers() == [before], "nothing shows what else is lost"
    place.api.faults = []
    assert place.sync().code == 0
    assert len(place.api.documents(place.active)) == 2 * PAGES


def test_a_page_that_the_old_store_was_not_seen_to_show_is_in_the_fresh_one(
    place: Rotating,
) -> None:
    with open_ledger(place.folder / "sync.sqlite3") as ledger:  # as `Canaries` may do
        doubt_pages(ledger, [place.ids[6], place.ids[7]])
    fail_body(place, 6)
    place.site.fail(LISTING, rewritten(without({place.ids[7]})), times=None)
    assert place.sync().code == 1
    assert place.answers(1, "was")
    assert place.held() == set(place.ids)
    place.site.clear_faults()
    assert place.sync().code == 0


def test_pages_that_rank_low_among_others_of_their_title_are_no_reason_for_a_rotation(
    place: Rotating,
) -> None:
    for number in range(60):
        place.state.add_page(f"Overview {number}", "KI", f"<p>Overview of overviews {number}</p>")
    for page in place.ids:
        place.state.rename(page, f"Overview {page}")
    assert place.sync().code == 0
    before, published = len(place.site.requests), place.active
    for _ in range(2):
        assert place.sync().code == 0
    assert place.active == published
    assert not [one for one in place.site.requests[before:] if "body" in one.target]


def test_a_page_that_failed_in_one_night_of_a_rotation_is_rotated_like_any_other(
    place: Rotating,
) -> None:
    fail_body(place, 6)
    place.lose_a_chunk(6)
    assert place.sync().code == 1
    place.site.clear_faults()
    assert place.sync().code == 0
    place.edit(6, "became")
    assert (place.sync().code, place.answers(6, "is")) == (0, False)
    assert place.answers(6, "became")


def test_pages_that_the_server_refuses_though_the_old_store_has_them_are_not_given_up(
    place: Rotating,
) -> None:
    before = place.active
    place.api.faults = [Fault(saying=f"Page {n} is", status=400, times=None) for n in range(4, 8)]
    for day, code in ((0, 1), (1, 1), (2, 6)):
        place.pass_days(day)
        assert (place.sync().code, place.active) == (code, before)
    place.api.faults = []
    assert place.sync().code == 0
    assert place.held() == set(place.ids)
