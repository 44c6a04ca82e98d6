"""LABELS and FILTER_FOLDER_ID: who is in scope, and what is really gone."""

from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch import (
    ConfluenceError,
    CredentialsError,
)
from tests.support.confluence_client import opened
from tests.support.site_pages import ODD, add_pages


def test_members_are_chosen_by_labels_and_folder(site: ConfluenceSite, state: SiteState) -> None:
    folder = state.add_folder("Folder", "KI")
    both = state.add_page("Both", "KI", parent=folder, labels=["b", "a"])
    labelled = state.add_page("Labelled", "KI", labels=["a"])
    child = state.add_page("Child", "KI", parent=both)
    state.add_page("Elsewhere", "HB", labels=["a"])
    environ = {"SPACE_NAME": "Known Issues"}
    for extra, expected in [
        ({}, None),
        ({"LABELS": "a"}, {both: ("a", "b"), labelled: ("a",)}),
        ({"LABELS": "b,c"}, {both: ("a", "b")}),
        ({"FILTER_FOLDER_ID": folder}, {both: ("a", "b"), child: ()}),
        ({"FILTER_FOLDER_ID": both}, {child: ()}),
        ({"FILTER_FOLDER_ID": folder, "LABELS": "a"}, {both: ("a", "b")}),
    ]:
        with opened(site, **environ, **extra) as client:
            members = client.list_members(client.list_spaces())
            assert (members if members is None else dict(members)) == expected


def test_thousands_of_labels_are_searched_for(site: ConfluenceSite, state: SiteState) -> None:
    first, last = (state.add_page(name, "KI", labels=[name]) for name in ("label-0", "label-2999"))
    state.add_page("Other", "KI", labels=["label"])
    labels = ",".join(f"label-{number}" for number in range(3000))
    with opened(site, SPACE_NAME="Known Issues", LABELS=labels) as client:
        members = client.list_members(client.list_spaces())
    assert dict(members or ()) == {first: ("label-0",), last: ("label-2999",)}


def test_members_are_complete_whatever_the_paging(site: ConfluenceSite, state: SiteState) -> None:
    ids = {state.add_page(f"P{n}", "KI", labels=["x"]) for n in range(600)}
    site.paging = ODD
    with opened(site, LABELS="x") as client:
        members = client.list_members(client.list_spaces())
        assert members is not None
        members = dict(members)
    assert members.keys() == ids
    assert set(members.values()) == {("x",)}


def test_members_are_current_pages(site: ConfluenceSite, state: SiteState) -> None:
    ids = [state.add_page(f"P{n}", "KI", labels=["x"]) for n in range(2)]

    def archive(answer: dict[str, Any]) -> dict[str, Any]:
        answer["results"][0]["status"] = "archived"
        return answer

    site.fail("content/search", faults.rewritten(archive))
    with opened(site, LABELS="x") as client:
        assert list(client.list_members(client.list_spaces()) or ()) == [(ids[1], ("x",))]


def test_a_folder_that_is_not_found_once_is_looked_for_again(
    site: ConfluenceSite, state: SiteState
) -> None:
    folder = state.add_folder("Folder", "KI")
    page = state.add_page("Page", "KI", parent=folder)
    site.fail(f"/folders/{folder}", faults.error(404))
    with opened(site, FILTER_FOLDER_ID=folder) as client:
        assert dict(client.list_members(client.list_spaces()) or ()) == {page: ()}


def test_a_folder_that_is_not_there_is_an_error_not_an_empty_scope(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 2)
    with opened(site, FILTER_FOLDER_ID="424242") as client:
        spaces = client.list_spaces()
        for call in (
            lambda: list(client.list_members(spaces) or ()),
            lambda: client.list_gone(ids, spaces),
        ):
            with pytest.raises(CredentialsError, match="FILTER_FOLDER_ID=424242"):
                call()


def test_what_is_missing_is_confirmed_for_every_reason(
    site: ConfluenceSite, state: SiteState
) -> None:
    kept, archived, trashed, purged, hidden, moved = ids = add_pages(state, 6)
    state.archive(archived)
    state.trash(trashed)
    state.purge(purged)
    state.hide(hidden)
    state.move(moved, space="HB")
    with opened(site, SPACE_NAME="Known Issues") as client:
        missing = client.list_gone([*ids, "7"], client.list_spaces())
    assert missing == {archived, trashed, purged, hidden, moved, "7"}
    assert kept not in missing


@pytest.mark.parametrize("without", ["spaceId", "status"])
def test_a_page_whose_row_cannot_be_read_is_not_gone(
    without: str, site: ConfluenceSite, state: SiteState
) -> None:
    odd, trashed = add_pages(state, 2)
    state.trash(trashed)

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["results"]:
            if row["id"] == odd:
                del row[without]
        return answer

    site.fail(r"/pages\?id=", faults.rewritten(spoil))
    with opened(site) as client:
        assert client.list_gone([odd, trashed], client.list_spaces()) == {trashed}


@pytest.mark.parametrize("alone", [None, faults.error(403), faults.server_error(500)])
def test_a_page_that_a_list_by_id_lacks_is_asked_for_alone(
    alone: faults.Fault | None, site: ConfluenceSite, state: SiteState
) -> None:
    lacking, purged = add_pages(state, 2)
    state.purge(purged)

    def shorten(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"results": [row for row in answer["results"] if row["id"] != lacking]}

    site.fail(r"/pages\?id=", faults.rewritten(shorten))
    if alone:
        site.fail(rf"/pages/{lacking}$", alone, times=None)
    with opened(site) as client:
        assert client.list_gone([lacking, purged], client.list_spaces()) == {purged}


def test_labels_and_folder_are_confirmed_without_the_index(site: ConfluenceSite) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    folder = state.add_folder("Folder", "KI")
    kept = state.add_page("Kept", "KI", labels=["Run"], parent=folder)
    unlabelled = state.add_page("Unlabelled", "KI", labels=["other"], parent=folder)
    outside = state.add_page("Outside", "KI", labels=["run"])
    deep = folder
    for level in range(25):
        deep = state.add_page(f"Level {level}", "KI", labels=["run"], parent=deep)
    ids = [kept, unlabelled, outside, deep]
    for environ, expected in [
        ({"LABELS": "run"}, {unlabelled}),
        ({"FILTER_FOLDER_ID": folder}, {outside}),
        ({"LABELS": "run", "FILTER_FOLDER_ID": folder}, {unlabelled, outside}),
    ]:
        with opened(site, **environ) as client:
            assert client.list_gone(ids, client.list_spaces()) == expected


def test_a_token_revoked_during_the_check_confirms_nothing(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = [state.add_page(f"P{n}", "KI", labels=["run"]) for n in range(3)]

    def is_the_moment(request: faults.Request) -> bool:
        if request.path.endswith("/labels"):
            site.token = "another"
        return False

    site.fail(is_the_moment, faults.reset())
    with opened(site, LABELS="run") as client:
        spaces = client.list_spaces()
        with pytest.raises(CredentialsError):
            client.list_gone(ids, spaces)


def test_a_page_that_vanishes_during_the_check_is_missing(
    site: ConfluenceSite, state: SiteState
) -> None:
    kept, going = (state.add_page(f"P{n}", "KI", labels=["run"]) for n in range(2))

    def is_the_moment(request: faults.Request) -> bool:
        if request.path.endswith(f"{kept}/labels"):
            state.purge(going)
        return False

    site.fail(is_the_moment, faults.reset())
    with opened(site, LABELS="run") as client:
        assert client.list_gone([kept, going], client.list_spaces()) == {going}


def test_hundreds_of_ids_are_confirmed_in_few_requests(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 600)
    for page_id in ids[::2]:
        state.trash(page_id)
    with opened(site) as client:
        spaces = client.list_spaces()
        before = client.requests
        assert client.list_gone(ids, spaces) == set(ids[::2])
        assert client.requests - before == 3


@pytest.mark.parametrize(
    "fault", [faults.server_error(500), faults.login_page(), faults.error(404), faults.text("{}")]
)
def test_a_check_that_fails_confirms_nothing(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    ids = add_pages(state, 3)
    with opened(site) as client:
        spaces = client.list_spaces()
        site.fail(r"/pages\?id=", fault, times=None)
        with pytest.raises(ConfluenceError):
            client.list_gone(ids, spaces)


@pytest.mark.parametrize("more", [{}, {"LABELS": "ops"}])
def test_nothing_is_asked_about_what_cannot_be_a_page(
    more: dict[str, str], site: ConfluenceSite, state: SiteState
) -> None:
    (trashed,) = add_pages(state, 1)
    state.trash(trashed)
    with opened(site, **more) as client:
        spaces = client.list_spaces()
        asked = ["", "abc", "../7", "9" * 40, trashed]
        assert client.list_gone(asked, spaces) == {trashed}
        assert client.list_by_id(asked, spaces) == []
