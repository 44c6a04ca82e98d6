"""Fetch: what a site lists, gives and confirms, while it changes, lags and fails."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import (
    ConfluenceError,
    CredentialsError,
    PageError,
    PageGoneError,
    Site,
    Space,
    StoppedWaitingError,
)
from pipeline.fetch.errors import UnreachableError
from pipeline.records import Outcome, Page, PageRef
from pipeline.settings import SYNC, load_settings
from tests.support.confluence_client import HASTY, QUICK, opened

WHEN = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
ODD = Paging(drops_expand=True, short_pages=True, empty_pages=True, repeated_rows=True)


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("HB", "Handbook")
    return state


def add_pages(state: SiteState, count: int, space: str = "KI") -> list[str]:
    return [
        state.add_page(f"Page {n}", space, f"<p>Body {n}</p>", modified=WHEN) for n in range(count)
    ]


def list_all(client: Site) -> list[PageRef]:
    return client.list_pages(client.list_spaces())


def pages_of(fetched: list[Page | Outcome]) -> dict[str, Page]:
    assert all(isinstance(one, Page) for one in fetched), fetched
    return {one.ref.id: one for one in fetched if isinstance(one, Page)}


# Credentials


def test_the_accounts_name_is_told(site: ConfluenceSite) -> None:
    with opened(site) as client:
        assert client.check_credentials() == "demo"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.error(401, {"message": "Unauthorized; scope does not match"}), "lacks a scope"),
        (faults.error(401), "expired.*CONF_API_TOKEN"),
        (faults.error(403), "expired.*CONF_API_TOKEN"),
        (faults.error(404), "CONF_BASE_URL.*expired"),
        (faults.text('{"type": "anonymous"}'), "anonymous visitor"),
    ],
)
def test_refused_credentials_say_what_to_do(
    site: ConfluenceSite, fault: faults.Fault, told: str
) -> None:
    site.fail("user/current", fault, times=None)
    with opened(site) as client, pytest.raises(CredentialsError, match=told):
        client.check_credentials()


@pytest.mark.parametrize("environ", [{"CONF_API_TOKEN": "wrong"}, {"CONF_USER": "x@example.com"}])
def test_wrong_credentials_are_refused(site: ConfluenceSite, environ: dict[str, str]) -> None:
    with opened(site, **environ) as client, pytest.raises(CredentialsError, match="403"):
        client.check_credentials()


def test_a_wrong_cloud_id_is_told_as_such() -> None:
    settings = load_settings(
        SYNC,
        {
            "CONF_CLOUD_ID": "abc",
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": "http://x",
        },
    )
    url = "https://api.atlassian.com/ex/confluence/abc/wiki/rest/api/user/current"
    with responses.RequestsMock() as mock:
        mock.add("GET", url, json={"message": "No message"}, status=404)
        with pytest.raises(CredentialsError, match="check CONF_CLOUD_ID"):
            Site(settings, patience=QUICK).check_credentials()


def test_a_scoped_token_on_a_sites_own_address_is_sent_to_the_gateway() -> None:
    settings = load_settings(
        SYNC,
        {
            "CONF_BASE_URL": "https://acme.atlassian.net",
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": "http://x",
        },
    )
    with responses.RequestsMock() as mock:
        url = "https://acme.atlassian.net/wiki/rest/api/user/current"
        mock.add("GET", url, body="<html>log in</html>", status=401, content_type="text/html")
        with pytest.raises(CredentialsError, match="set CONF_CLOUD_ID"):
            Site(settings, patience=QUICK).check_credentials()


def test_a_site_that_fails_is_not_one_that_refuses(site: ConfluenceSite) -> None:
    site.fail("user/current", faults.server_error(503), times=None)
    with opened(site) as client, pytest.raises(ConfluenceError) as caught:
        client.check_credentials()
    assert not isinstance(caught.value, CredentialsError)


def test_a_token_revoked_in_the_middle_never_makes_pages_look_gone(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 3)
    with opened(site) as client:
        spaces = client.list_spaces()
        refs = client.list_pages(spaces)
        site.token = "another"
        for call in (
            client.list_spaces,
            lambda: client.list_pages(spaces),
            lambda: client.get_pages(refs),
            lambda: client.get_page(refs[0], "storage"),
            lambda: client.confirm_missing([ref.id for ref in refs], spaces),
            lambda: client.list_restricted(spaces),
        ):
            with pytest.raises(CredentialsError):
                call()


def test_a_missing_scope_is_told_in_the_middle_too(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 3)
    site.scopes = frozenset({"read:space:confluence", "read:page:confluence"}) | {
        "read:confluence-user"
    }
    with opened(site) as client:
        refs = list_all(client)
        with pytest.raises(CredentialsError, match="needs read:page:confluence"):
            client.get_pages(refs)


# Spaces


def keys_of(spaces: list[Space]) -> list[str]:
    return [space.key for space in spaces]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ["KI", "HB"]),
        ({"SPACE_NAME": "Known Issues"}, ["KI"]),
        ({"SPACE_NAME": "known issues"}, ["KI"]),
        ({"FILTER_SPACE_KEYS": "HB"}, ["HB"]),
        ({"FILTER_SPACE_KEYS": "HB,KI"}, ["HB", "KI"]),
    ],
)
def test_the_spaces_in_scope_are_found(
    site: ConfluenceSite, environ: dict[str, str], expected: list[str]
) -> None:
    with opened(site, **environ) as client:
        assert keys_of(client.list_spaces()) == expected


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"SPACE_NAME": "Known Isues"}, r"did you mean Known Issues \(key KI\)"),
        ({"SPACE_NAME": "KI"}, r"did you mean Known Issues \(key KI\)"),
        ({"SPACE_NAME": "Quite another"}, "no space named 'Quite another'.*2 others"),
        ({"FILTER_SPACE_KEYS": "KI,KX"}, r"no space with key KX .*Known Issues \(key KI\)"),
        ({"FILTER_SPACE_KEYS": "ZZZZ,YYYY"}, "no space with key ZZZZ, YYYY"),
    ],
)
def test_an_unknown_space_is_an_error_that_names_near_ones(
    site: ConfluenceSite, environ: dict[str, str], told: str
) -> None:
    with opened(site, **environ) as client, pytest.raises(CredentialsError, match=told):
        client.list_spaces()


def test_an_exact_name_wins_over_one_in_other_letters(
    site: ConfluenceSite, state: SiteState
) -> None:
    state.add_space("K2", "KNOWN ISSUES")
    with opened(site, SPACE_NAME="Known Issues") as client:
        assert keys_of(client.list_spaces()) == ["KI"]
    with (
        opened(site, SPACE_NAME="known issues") as client,
        pytest.raises(CredentialsError, match="FILTER_SPACE_KEYS: KI, K2"),
    ):
        client.list_spaces()


def test_archived_spaces_are_out_of_scope_unless_named(
    site: ConfluenceSite, state: SiteState
) -> None:
    state.add_space("OLD", "Old", status="archived")
    with opened(site) as client:
        assert keys_of(client.list_spaces()) == ["KI", "HB"]
    with opened(site, FILTER_SPACE_KEYS="OLD") as client:
        assert keys_of(client.list_spaces()) == ["OLD"]


def test_no_visible_space_is_an_error() -> None:
    with (
        ConfluenceSite(SiteState()) as site,
        opened(site) as client,
        pytest.raises(CredentialsError, match="no space is visible"),
    ):
        client.list_spaces()


def test_hundreds_of_spaces_are_listed(site: ConfluenceSite, state: SiteState) -> None:
    for number in range(300):
        state.add_space(f"S{number}", f"Space {number}")
    with opened(site, SPACE_NAME="Space 299") as client:
        assert keys_of(client.list_spaces()) == ["S299"]


# Listing


def test_a_listing_is_complete_whatever_the_paging(site: ConfluenceSite, state: SiteState) -> None:
    expected = add_pages(state, 700) + add_pages(state, 5, "HB")
    for paging in (Paging(), ODD):
        site.paging = paging
        with opened(site) as client:
            assert sorted(ref.id for ref in list_all(client)) == sorted(expected)


def test_a_listing_costs_one_request_for_250_pages(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 1000)
    with opened(site, SPACE_NAME="Known Issues") as client:
        spaces = client.list_spaces()
        before = client.requests
        assert len(client.list_pages(spaces)) == 1000
        assert client.requests - before == 4


def test_many_small_spaces_share_requests(site: ConfluenceSite, state: SiteState) -> None:
    expected = set()
    for number in range(150):
        key = state.add_space(f"S{number}", f"Space {number}")
        expected |= {(page_id, key) for page_id in add_pages(state, 2, key)}
    with opened(site) as client:
        spaces = client.list_spaces()
        before = client.requests
        assert {(ref.id, ref.space) for ref in client.list_pages(spaces)} == expected
        assert client.requests - before == 2


def test_a_row_of_another_space_is_an_error(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 1, "HB")

    def misplace(answer: dict[str, Any]) -> dict[str, Any]:
        answer["results"][0]["spaceId"] = "7"
        return answer

    site.fail(r"/pages\?", faults.rewritten(misplace))
    with opened(site) as client, pytest.raises(ConfluenceError, match="was not asked for"):
        list_all(client)


def test_a_listing_tells_version_title_time_and_ancestors(
    site: ConfluenceSite, state: SiteState
) -> None:
    top = state.add_page("Top", "KI", modified=WHEN)
    middle = state.add_page("Middle", "KI", parent=top, modified=WHEN)
    folder = state.add_folder("Folder", "KI", parent=top)
    leaf = state.add_page("Leaf", "KI", parent=middle, version=3, modified=WHEN)
    inside = state.add_page("Inside", "KI", parent=folder, modified=WHEN)
    below = state.add_page("Below", "KI", parent=inside, modified=WHEN)
    with opened(site) as client:
        by_id = {ref.id: ref for ref in list_all(client)}
    assert by_id[leaf] == PageRef(
        leaf, 3, "Leaf", "KI", "current", "2026-06-15T09:30:00.000Z", ("Top", "Middle")
    )
    assert by_id[inside].ancestors == (folder,)
    assert by_id[below].ancestors == (folder, "Inside")


def test_parents_in_a_circle_do_not_hang_a_listing(site: ConfluenceSite, state: SiteState) -> None:
    first, second = add_pages(state, 2)

    def tie(answer: dict[str, Any]) -> dict[str, Any]:
        for row, parent in zip(answer["results"], (second, first), strict=True):
            row["parentId"] = parent
        return answer

    site.fail(r"/pages\?", faults.rewritten(tie))
    with opened(site) as client:
        by_id = {ref.id: ref for ref in list_all(client)}
    assert by_id[first].ancestors == ("Page 1",)


def test_only_current_pages_are_listed(site: ConfluenceSite, state: SiteState) -> None:
    kept, archived, trashed, purged, hidden = add_pages(state, 5)
    state.archive(archived)
    state.trash(trashed)
    state.purge(purged)
    state.hide(hidden)
    with opened(site) as client:
        assert [ref.id for ref in list_all(client)] == [kept]


def test_a_list_that_ignores_the_status_asked_for_is_sifted(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 2)

    def archive(answer: dict[str, Any]) -> dict[str, Any]:
        answer["results"][0]["status"] = "archived"
        return answer

    site.fail(r"/pages\?", faults.rewritten(archive))
    with opened(site) as client:
        assert [ref.id for ref in list_all(client)] == ids[1:]


@pytest.mark.parametrize(
    "fault",
    [
        faults.server_error(500),
        faults.truncated_json(),
        faults.login_page(),
        faults.text('{"results": null}'),
        faults.text('{"results": [{"id": "1", "title": "no version"}]}'),
        faults.error(404, {"errors": [{"title": "Could not find space with id 7"}]}),
        faults.repeated_cursor(),
    ],
)
def test_a_listing_that_fails_half_way_raises(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    add_pages(state, 600)
    with opened(site) as client:
        spaces = client.list_spaces()
        site.fail(r"/pages\?.*cursor", fault, times=None)
        with pytest.raises(ConfluenceError):
            client.list_pages(spaces)


def test_titles_cannot_forge_log_lines(site: ConfluenceSite, state: SiteState) -> None:
    state.add_page("A\nERROR b\u2028c\x1b[31m", "KI")
    with opened(site) as client:
        (ref,) = list_all(client)
    assert ref.title == "A ERROR b c [31m"


# Members, restrictions


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
            assert client.list_members(client.list_spaces()) == expected


def test_members_are_complete_whatever_the_paging(site: ConfluenceSite, state: SiteState) -> None:
    ids = {state.add_page(f"P{n}", "KI", labels=["x"]) for n in range(600)}
    site.paging = ODD
    with opened(site, LABELS="x") as client:
        members = client.list_members(client.list_spaces())
    assert members is not None
    assert members.keys() == ids
    assert set(members.values()) == {("x",)}


def test_members_are_current_pages(site: ConfluenceSite, state: SiteState) -> None:
    ids = [state.add_page(f"P{n}", "KI", labels=["x"]) for n in range(2)]

    def archive(answer: dict[str, Any]) -> dict[str, Any]:
        answer["results"][0]["status"] = "archived"
        return answer

    site.fail("content/search", faults.rewritten(archive))
    with opened(site, LABELS="x") as client:
        assert client.list_members(client.list_spaces()) == {ids[1]: ("x",)}


def test_a_folder_that_is_not_there_is_an_error_not_an_empty_scope(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 2)
    with opened(site, FILTER_FOLDER_ID="424242") as client:
        spaces = client.list_spaces()
        for call in (
            lambda: client.list_members(spaces),
            lambda: client.confirm_missing(ids, spaces),
        ):
            with pytest.raises(CredentialsError, match="FILTER_FOLDER_ID=424242"):
                call()


def test_restrictions_are_found_on_the_page_and_above(
    site: ConfluenceSite, state: SiteState
) -> None:
    top = state.add_page("Top", "KI")
    folder = state.add_folder("Folder", "KI", parent=top)
    below = state.add_page("Below", "KI", parent=folder)
    own = state.add_page("Own", "KI")
    free = state.add_page("Free", "KI")
    state.restrict(top, users=["someone"])
    state.restrict(own, groups=["admins"])
    with opened(site) as client:
        spaces = client.list_spaces()
        listed = {ref.id for ref in client.list_pages(spaces)}
        assert client.list_restricted(spaces) == {top, below, own}
        state.restrict(top)
        assert client.list_restricted(spaces) == {own}
    assert free in listed


def test_a_restricted_page_that_the_index_does_not_know_is_found(site: ConfluenceSite) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    top, other = add_pages(state, 2)
    state.reindex()
    state.restrict(top, users=["someone"])
    new = state.add_page("New", "KI", parent=top)
    alone = state.add_page("Alone", "KI", parent=other)
    state.restrict(alone, users=["someone"])
    with opened(site) as client:
        spaces = client.list_spaces()
        client.list_pages(spaces)
        assert client.list_restricted(spaces) == {top, new, alone}


@pytest.mark.parametrize("is_indexed", [True, False])
def test_pages_in_a_restricted_folder_are_found(is_indexed: bool) -> None:
    state = SiteState(index_lag_seconds=0.0 if is_indexed else float("inf"))
    state.add_space("KI", "Known Issues")
    folder = state.add_folder("Folder", "KI")
    inside = state.add_page("Inside", "KI", parent=folder)
    state.add_page("Elsewhere", "KI")
    named = '{"read": {"restrictions": {"user": {"results": [{}]}, "group": {"results": []}}}}'
    with ConfluenceSite(state) as site, opened(site) as client:
        site.fail(f"/content/{folder}/restriction", faults.text(named), times=None)
        spaces = client.list_spaces()
        client.list_pages(spaces)
        assert client.list_restricted(spaces) == {inside}


def test_a_page_that_goes_during_the_search_for_restrictions_does_no_harm(
    site: ConfluenceSite,
) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    page_id = state.add_page("New", "KI")
    with opened(site) as client:
        spaces = client.list_spaces()
        client.list_pages(spaces)
        state.purge(page_id)
        assert client.list_restricted(spaces) == set()


def test_restrictions_cost_one_request_for_250_pages(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 1000)
    with opened(site, SPACE_NAME="Known Issues") as client:
        spaces = client.list_spaces()
        client.list_pages(spaces)
        before = client.requests
        client.list_restricted(spaces)
        assert client.requests - before == 4


# What is missing


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
        missing = client.confirm_missing([*ids, "7"], client.list_spaces())
    assert missing == {archived, trashed, purged, hidden, moved, "7"}
    assert kept not in missing


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
            assert client.confirm_missing(ids, client.list_spaces()) == expected


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
            client.confirm_missing(ids, spaces)


def test_a_page_that_goes_during_the_check_is_missing(
    site: ConfluenceSite, state: SiteState
) -> None:
    kept, going = (state.add_page(f"P{n}", "KI", labels=["run"]) for n in range(2))

    def is_the_moment(request: faults.Request) -> bool:
        if request.path.endswith(f"{kept}/labels"):
            state.purge(going)
        return False

    site.fail(is_the_moment, faults.reset())
    with opened(site, LABELS="run") as client:
        assert client.confirm_missing([kept, going], client.list_spaces()) == {going}


def test_hundreds_of_ids_are_confirmed_in_few_requests(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 600)
    for page_id in ids[::2]:
        state.trash(page_id)
    with opened(site) as client:
        spaces = client.list_spaces()
        before = client.requests
        assert client.confirm_missing(ids, spaces) == set(ids[::2])
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
            client.confirm_missing(ids, spaces)


# Bodies


def test_pages_come_in_bulk_with_all_that_belongs_to_them(
    site: ConfluenceSite, state: SiteState
) -> None:
    top = state.add_page("2024", "KI", modified=WHEN)
    folder = state.add_folder("Folder", "KI", parent=top)
    one = state.add_page("One", "KI", "<p>1</p>", labels=["b", "a"], parent=top, modified=WHEN)
    two = state.add_page("Two", "KI", "<p>2</p>", parent=folder, modified=WHEN)
    with opened(site) as client:
        refs = list_all(client)
        before = client.requests
        pages = client.get_pages(refs)
        assert client.requests - before == 1
        by_id = pages_of(pages)
    assert [page.ref for page in by_id.values()] == refs
    page = by_id[one]
    assert page.html == "<p>1</p>"
    assert page.labels == ("a", "b")
    assert page.ancestors == ("2024",)
    assert by_id[two].ancestors == ()  # a folder's id is no text for readers
    assert page.last_modified == "2026-06-15T09:30:00.000Z"
    assert page.url == f"{site.base_url}/wiki/spaces/KI/pages/{one}/One"
    assert page.body_format == "export_view"


def test_a_page_reads_the_same_whichever_way_it_came(
    site: ConfluenceSite, state: SiteState
) -> None:
    top = state.add_page("Top", "KI")
    folder = state.add_folder("Folder", "KI", parent=top)
    inside = state.add_page("Inside", "KI", "<p>x</p>", parent=folder, labels=["z", "a"])
    state.add_page("Below", "KI", "<p>y</p>", parent=inside)
    with opened(site) as client:
        refs = list_all(client)
        assert client.get_pages(refs) == [client.get_page(ref, "export_view") for ref in refs]


def test_an_edit_that_the_index_does_not_show_is_fetched_all_the_same(
    site: ConfluenceSite,
) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    old = add_pages(state, 3)
    state.reindex()
    new = state.add_page("New", "KI", "<p>new</p>")
    with opened(site) as client:
        refs = list_all(client)
        pages = pages_of(client.get_pages(refs))
    assert pages.keys() == {*old, new}
    assert pages[new].html == "<p>new</p>"


def test_a_row_older_than_the_listing_is_not_taken(site: ConfluenceSite, state: SiteState) -> None:
    first, second = add_pages(state, 2)
    state.edit(first, "<p>now</p>")

    def age(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["results"]:
            row["version"]["number"] = 1
            row["body"]["export_view"]["value"] = "<p>before</p>"
        return answer

    site.fail("content/search", faults.rewritten(age), times=None)
    with opened(site) as client:
        pages = pages_of(client.get_pages(list_all(client)))
    assert pages[first].html == "<p>now</p>"
    assert pages[first].ref.version == 2
    assert pages[second].html == "<p>before</p>"


def test_an_edit_after_the_listing_is_told_with_its_own_version(
    site: ConfluenceSite, state: SiteState
) -> None:
    page_id, _ = add_pages(state, 2)
    with opened(site) as client:
        refs = list_all(client)
        state.edit(page_id, "<p>later</p>")
        page = pages_of(client.get_pages(refs))[page_id]
    assert page.html == "<p>later</p>"
    assert page.ref.version == 2


def test_pages_that_vanish_after_the_listing_are_outcomes(
    site: ConfluenceSite, state: SiteState
) -> None:
    kept, archived, trashed, purged, hidden = add_pages(state, 5)
    with opened(site) as client:
        refs = list_all(client)
        state.archive(archived)
        state.trash(trashed)
        state.purge(purged)
        state.hide(hidden)
        fetched = client.get_pages(refs)
        with pytest.raises(PageGoneError):
            client.get_page(refs[2], "storage")
    told = {one.page_id: one for one in fetched if isinstance(one, Outcome)}
    assert told.keys() == {archived, trashed, purged, hidden}
    assert all(one.stage == "fetch" and "\n" not in one.error for one in told.values())
    assert "status is trashed" in told[trashed].error
    assert isinstance(fetched[0], Page)
    assert fetched[0].ref.id == kept


@pytest.mark.parametrize("status", [500, 504])
def test_a_search_that_is_too_much_is_halved(
    site: ConfluenceSite, state: SiteState, status: int
) -> None:
    ids = add_pages(state, 25)

    def is_large(request: faults.Request) -> bool:
        return "content/search" in request.path and int(request.query["limit"]) > 7

    site.fail(is_large, faults.server_error(status), times=None)
    with opened(site) as client:
        refs = list_all(client)
        before = client.requests
        assert list(pages_of(client.get_pages(refs))) == ids
        assert client.requests - before == 1 + 2 + 4


def test_one_page_that_always_fails_is_one_outcome(site: ConfluenceSite, state: SiteState) -> None:
    ids = add_pages(state, 25)
    site.fail(rf"content/search.*\b{ids[7]}\b", faults.server_error(500), times=None)
    site.fail(rf"/pages/{ids[7]}\b", faults.server_error(500), times=None)
    with opened(site) as client:
        fetched = client.get_pages(list_all(client))
    bad = [one for one in fetched if isinstance(one, Outcome)]
    assert [one.page_id for one in bad] == [ids[7]]
    assert "500" in bad[0].error
    assert len(fetched) == 25


@pytest.mark.parametrize(
    "fault",
    [
        faults.error(410, {"message": "This deprecated endpoint has been removed."}),
        faults.error(400),
        faults.error(403),
        faults.truncated_json(),
        faults.server_error(503),
        faults.rewritten(lambda answer: answer | {"results": []}),
        faults.text('{"results": [{"id": "1", "title": "no version"}]}'),
    ],
    ids=["410", "400", "403", "truncated", "503", "empty", "malformed"],
)
def test_pages_come_singly_when_the_search_does_not_serve(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    ids = add_pages(state, 4)
    site.fail("content/search", fault, times=None)
    with opened(site) as client:
        assert list(pages_of(client.get_pages(list_all(client)))) == ids


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("", faults.server_error(503)),
        ("", faults.server_error(500)),
        ("", faults.reset_in_body(10)),
        ("content/search", faults.rate_limited("0")),
        (r"/pages/\d+", faults.rate_limited("0")),
    ],
    ids=["all 503", "all 500", "all cut off", "search throttled", "pages throttled"],
)
def test_a_site_that_is_down_is_told_as_that_and_not_page_by_page(
    site: ConfluenceSite, state: SiteState, pattern: str, fault: faults.Fault
) -> None:
    add_pages(state, 25)
    with opened(site) as client:
        refs = list_all(client)
        site.fail(pattern, fault, times=None)
        if pattern.startswith("/pages"):
            site.fail("content/search", faults.error(400), times=None)
        before = client.requests
        with pytest.raises(ConfluenceError):
            client.get_pages(refs)
        assert client.requests - before < 50


def test_a_search_that_hangs_is_not_waited_for_twice(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 4)
    with opened(site) as client:
        refs = list_all(client)
    hung = site.fail("content/search", faults.hang(5), times=None)
    with opened(site, patience=HASTY) as client:
        assert list(pages_of(client.get_pages(refs))) == ids
    assert hung.hits == 1


def test_a_page_that_is_not_described_in_full_is_one_outcome(
    site: ConfluenceSite, state: SiteState
) -> None:
    first, second = add_pages(state, 2)
    site.fail("content/search", faults.error(400), times=None)
    site.fail(f"/pages/{first}", faults.text('{"id": "1", "status": "current", "title": "T"}'))
    with opened(site) as client:
        bad, good = client.get_pages(list_all(client))
    assert isinstance(bad, Outcome)
    assert "without what is needed" in bad.error
    assert isinstance(good, Page)
    assert good.ref.id == second


def test_no_connection_is_not_a_page_that_failed(state: SiteState) -> None:
    add_pages(state, 2)
    with ConfluenceSite(state) as site, opened(site) as client:
        refs = list_all(client)
    client = Site(client._settings, patience=QUICK)
    with pytest.raises(UnreachableError):
        client.get_pages(refs)


def test_a_stop_is_not_a_page_that_failed(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 2)
    stop = threading.Event()
    with opened(site, stop) as client:
        refs = list_all(client)
        stop.set()
        with pytest.raises(StoppedWaitingError):
            client.get_pages(refs)


@pytest.mark.parametrize("body_format", ["storage", "view", "export_view"])
def test_a_single_page_comes_in_the_format_asked_for(
    site: ConfluenceSite, state: SiteState, body_format: str
) -> None:
    state.add_page("P", "KI", "export_view", storage="storage", view="view")
    with opened(site) as client:
        page = client.get_page(list_all(client)[0], body_format)
    assert (page.html, page.body_format) == (body_format, body_format)


@pytest.mark.parametrize(
    "fault",
    [
        faults.server_error(500),
        faults.truncated_json(),
        faults.error(400),
        faults.rewritten(lambda answer: answer | {"body": {}}),
    ],
    ids=["500", "truncated", "400", "no body"],
)
def test_a_single_page_that_fails_is_no_failure_of_the_site(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    add_pages(state, 1)
    site.fail(r"/pages/\d+", fault, times=None)
    with opened(site) as client:
        (ref,) = list_all(client)
        with pytest.raises(PageError):
            client.get_page(ref, "storage")
        assert isinstance(client.get_pages([ref])[0], Outcome)


def test_a_page_with_more_labels_than_it_carries_has_them_all(
    site: ConfluenceSite, state: SiteState
) -> None:
    labels = [f"label-{n:03}" for n in range(120)]
    state.add_page("P", "KI", labels=labels)

    def shorten(answer: dict[str, Any]) -> dict[str, Any]:
        answer["labels"]["results"] = answer["labels"]["results"][:50]
        answer["labels"]["meta"]["hasMore"] = True
        return answer

    site.fail("include-labels", faults.rewritten(shorten), times=None)
    with opened(site) as client:
        assert client.get_page(list_all(client)[0], "view").labels == tuple(labels)


def test_lone_surrogates_and_controls_do_not_get_past_here(
    site: ConfluenceSite, state: SiteState
) -> None:
    page_id = state.add_page("P", "KI")
    body = (
        '{"id": "%s", "status": "current", "title": "A\\ud800\\nB", "version": {"number": 1, '
        '"createdAt": "2026-06-15T09:30:00+02:00"}, "body": {"view": {"value": "x\\udfffy"}}, '
        '"_links": {}}'
    )
    site.fail(f"/pages/{page_id}", faults.text(body % page_id))
    with opened(site) as client:
        page = client.get_page(list_all(client)[0], "view")
    assert page.html == "x\ufffdy"
    assert page.ref.title == "A\ufffd B"
    assert page.last_modified == "2026-06-15T07:30:00.000Z"


def test_many_threads_fetch_at_once(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 100)
    found: list[Page | Outcome] = []
    with opened(site) as client:
        refs = list_all(client)
        threads = [
            threading.Thread(
                target=lambda at=at: found.extend(client.get_pages(refs[at : at + 25]))
            )
            for at in range(0, 100, 25)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert pages_of(found).keys() == {ref.id for ref in refs}


# Links for people


def test_links_are_the_sites_and_never_the_gateways(site: ConfluenceSite, state: SiteState) -> None:
    (page_id,) = add_pages(state, 1)
    with opened(site) as client:
        (ref,) = list_all(client)
        assert client.to_url(ref) == f"{site.base_url}/wiki/spaces/KI/pages/{page_id}/Page+0"
        unlisted = PageRef("7", 1, "T", "KI")
        assert client.to_url(unlisted) == f"{site.base_url}/wiki/pages/viewpage.action?pageId=7"
    with opened(site, CONF_SITE_URL="https://wiki.example/wiki/") as client:
        (ref,) = list_all(client)
        expected = f"https://wiki.example/wiki/spaces/KI/pages/{page_id}/Page+0"
        assert client.to_url(ref) == expected
        assert client.get_page(ref, "view").url == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://acme.atlassian.net/wiki", "https://acme.atlassian.net/wiki/pages/viewpage."),
        ("https://api.atlassian.com/ex/confluence/abc/wiki", ""),
        ("javascript:alert(1)", ""),
        (None, ""),
    ],
)
def test_the_gateway_is_not_taken_for_the_site(base: str | None, expected: str) -> None:
    settings = load_settings(
        SYNC,
        {
            "CONF_CLOUD_ID": "abc",
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": "http://x",
        },
    )
    client = Site(settings, patience=QUICK)
    url = "https://api.atlassian.com/ex/confluence/abc/wiki/rest/api/user/current"
    with responses.RequestsMock() as mock:
        mock.add("GET", url, json={"displayName": "Me", "_links": {"base": base}})
        client.check_credentials()
    url = client.to_url(PageRef("7", 1, "T", "KI"))
    assert url.startswith(expected) if expected else url == ""
