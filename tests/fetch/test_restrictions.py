"""View restrictions: on the page, on anything above it, and what cannot be asked."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch import ConfluenceError, CredentialsError, Site, Space
from tests.support.confluence_client import opened
from tests.support.site_pages import add_pages, places_in

Places = Mapping[str, tuple[str | None, str]]
KINDS = ("folder", "whiteboard", "database", "embed")
METADATA, DETAILS = "read:content.metadata:confluence", "read:content-details:confluence"


def list_restricted(client: Site, spaces: Sequence[Space], places: Places) -> set[str]:
    return set(client.list_restricted(spaces, places, pytest.fail))


def reasons(client: Site, warnings: list[str] | None = None) -> dict[str, str]:
    """Page → what restricts it, of all pages of the site."""
    spaces = client.list_spaces()
    warn: Callable[[str], None] = pytest.fail if warnings is None else warnings.append
    return client.list_restricted(spaces, places_in(client, spaces), warn)


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
        places = places_in(client, spaces)
        assert list_restricted(client, spaces, places) == {top, below, own}
        state.restrict(top)
        assert list_restricted(client, spaces, places) == {own}
    assert free in places


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
        places = places_in(client, spaces)
        assert list_restricted(client, spaces, places) == {top, new, alone}


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
        places = places_in(client, spaces)
        assert list_restricted(client, spaces, places) == {inside}


@pytest.mark.parametrize("named", [None, "", {}, "someone"])
def test_users_that_are_no_list_are_no_answer_about_a_restriction(
    site: ConfluenceSite, state: SiteState, named: object
) -> None:
    folder = state.add_folder("Folder", "KI")
    state.add_page("Inside", "KI", parent=folder)
    odd = {"read": {"restrictions": {"user": {"results": named}, "group": {"results": []}}}}
    site.fail(f"/content/{folder}/restriction", faults.text(json.dumps(odd)), times=None)
    with opened(site) as client:
        spaces = client.list_spaces()
        places = places_in(client, spaces)
        with pytest.raises(ConfluenceError, match="describes restriction"):
            list_restricted(client, spaces, places)


def test_a_page_that_vanishes_during_the_search_for_restrictions_is_not_restricted(
    site: ConfluenceSite,
) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    page_id = state.add_page("New", "KI")
    with opened(site) as client:
        spaces = client.list_spaces()
        places = places_in(client, spaces)
        state.purge(page_id)
        assert list_restricted(client, spaces, places) == set()


def test_restrictions_cost_one_request_for_250_pages(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 1000)
    with opened(site, SPACE_NAME="Known Issues") as client:
        spaces = client.list_spaces()
        places = places_in(client, spaces)
        before = client.requests
        list_restricted(client, spaces, places)
        assert client.requests - before == 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("between", [None, "page", *KINDS])
def test_a_restriction_of_anything_above_limits_the_pages_below(
    kind: str, between: str | None, site: ConfluenceSite, state: SiteState
) -> None:
    home = state.add_page("Home", "KI")
    item = state.add_folder("Item", "KI", parent=home, kind=kind)
    parent = item
    if between == "page":
        parent = state.add_page("Between", "KI", parent=item)
    elif between:
        parent = state.add_folder("Between", "KI", parent=item, kind=between)
    inside = state.add_page("Inside", "KI", parent=parent)
    below = state.add_page("Below", "KI", parent=inside)
    expected = {parent, inside, below} if between == "page" else {inside, below}
    with opened(site) as client:
        assert reasons(client) == {}
        state.restrict(item, users=["someone"])
        assert reasons(client) == dict.fromkeys(expected, kind)
        state.restrict(item)
        state.restrict(home, groups=["admins"])
        assert reasons(client) == {home: "page"} | dict.fromkeys(expected, "page above")


def test_the_nearest_restriction_is_the_reason(site: ConfluenceSite, state: SiteState) -> None:
    board = state.add_folder("Board", "KI", kind="whiteboard")
    page = state.add_page("Page", "KI", parent=board)
    base = state.add_folder("Base", "KI", parent=page, kind="database")
    inside = state.add_page("Inside", "KI", parent=base)
    for item in (board, page, base):
        state.restrict(item, users=["someone"])
    with opened(site) as client:
        assert reasons(client) == {page: "page", inside: "database"}
        state.restrict(base)
        assert reasons(client) == {page: "page", inside: "page above"}


def test_a_page_below_an_archived_page_is_judged_by_that_too(
    site: ConfluenceSite, state: SiteState
) -> None:
    top = state.add_page("Top", "KI")
    below = state.add_page("Below", "KI", parent=top)
    state.restrict(top, users=["someone"])
    state.archive(top)
    with opened(site) as client:
        assert reasons(client) == {below: "page above"}


def test_more_items_than_one_answer_lists_are_above_a_page(
    site: ConfluenceSite, state: SiteState
) -> None:
    top = parent = state.add_folder("0", "KI", kind="whiteboard")
    for number in range(1, 260):
        parent = state.add_folder(str(number), "KI", parent=parent)
    deep = state.add_page("Deep", "KI", parent=parent)
    state.restrict(top, users=["someone"])
    with opened(site) as client:
        assert reasons(client) == {deep: "whiteboard"}


@pytest.fixture
def tree(state: SiteState) -> dict[str, str]:
    """A page in a folder below a whiteboard, one below the first, and one beside them."""
    board = state.add_folder("Board", "KI", kind="whiteboard")
    folder = state.add_folder("Folder", "KI", parent=board)
    inside = state.add_page("Inside", "KI", parent=folder)
    below = state.add_page("Below", "KI", parent=inside)
    beside = state.add_page("Beside", "KI")
    return {"board": board, "folder": folder, "inside": inside, "below": below, "beside": beside}


@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize("where", ["/content/{board}/restriction", "/folders/{folder}/ancestors"])
def test_pages_below_what_cannot_be_asked_are_skipped_with_a_warning(
    status: int, where: str, site: ConfluenceSite, tree: dict[str, str]
) -> None:
    site.fail(where.format(**tree), faults.error(status), times=None)
    warnings: list[str] = []
    with opened(site) as client:
        assert reasons(client, warnings) == dict.fromkeys(
            (tree["inside"], tree["below"]), "unknown"
        )
    [warning] = warnings
    assert f"HTTP {status}" in warning
    name = "board" if "board" in where else "folder"
    assert f"{'whiteboard' if name == 'board' else name} {tree[name]}" in warning
    assert ("the account's right to view it" in warning) is (status != 410)


@pytest.mark.parametrize("lacking", [METADATA, DETAILS])
def test_a_scope_that_the_token_lacks_is_named_and_asked_for_only_once(
    lacking: str, state: SiteState, tree: dict[str, str]
) -> None:
    other = state.add_page("Other", "KI", parent=state.add_folder("Second", "KI"))
    scopes = {"read:page:confluence", "read:space:confluence", "search:confluence",
              "read:confluence-user", METADATA, DETAILS}  # fmt: skip
    warnings: list[str] = []
    with ConfluenceSite(state, scopes=scopes - {lacking}) as site, opened(site) as client:
        assert reasons(client, warnings) == dict.fromkeys(
            (tree["inside"], tree["below"], other), "unknown"
        )
        # What is refused is asked a second time.
        assert site.count("ancestors" if lacking == METADATA else "byOperation") == 2
    [warning] = warnings
    assert f"the token's scope {lacking}" in warning


@pytest.mark.parametrize(
    "fault", [faults.server_error(500), faults.text("{}"), faults.error(401), faults.text("<p>")]
)
@pytest.mark.parametrize("where", ["byOperation", "ancestors"])
def test_a_failure_to_answer_is_no_answer(
    fault: faults.Fault, where: str, site: ConfluenceSite, tree: dict[str, str]
) -> None:
    site.fail(where, fault, times=None)
    with opened(site) as client, pytest.raises(ConfluenceError):
        reasons(client, [])


def test_a_token_that_is_revoked_meanwhile_makes_nothing_unknown(
    site: ConfluenceSite, tree: dict[str, str]
) -> None:
    with opened(site) as client:
        spaces = client.list_spaces()
        places = places_in(client, spaces)
        site.fail("ancestors", faults.error(404), times=None)
        site.fail("user/current", faults.error(403), times=None)
        with pytest.raises(CredentialsError):
            client.list_restricted(spaces, places, pytest.fail)


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": "x/../1", "type": "page"}],
        [{"type": "page"}],
        [{"id": "7", "type": "folder"}] * 250,  # for ever
    ],
)
def test_an_answer_that_names_no_items_is_no_answer(
    rows: list[faults.Json], site: ConfluenceSite, tree: dict[str, str]
) -> None:
    site.fail("ancestors", faults.text(json.dumps({"results": rows})), times=None)
    with opened(site) as client, pytest.raises(ConfluenceError):
        reasons(client, [])


def drop_parents(answer: faults.Json) -> faults.Json:
    hidden = ("parentId", "parentType")
    rows = [{k: v for k, v in row.items() if k not in hidden} for row in answer["results"]]
    return answer | {"results": rows}


def loop_parents(answer: faults.Json) -> faults.Json:
    rows = [row | {"parentId": row["id"], "parentType": "page"} for row in answer["results"]]
    return answer | {"results": rows}


def test_a_listing_that_hides_or_mistakes_the_parents_opens_nothing(
    site: ConfluenceSite, state: SiteState, tree: dict[str, str]
) -> None:
    state.restrict(tree["board"], users=["someone"])
    listing = r"/spaces/\d+/pages"
    site.fail(listing, faults.rewritten(drop_parents), times=1)
    with opened(site, SPACE_NAME="Known Issues") as client:
        assert reasons(client) == dict.fromkeys((tree["inside"], tree["below"]), "whiteboard")
        site.fail(listing, faults.rewritten(loop_parents), times=1)
        listed = dict.fromkeys((tree["inside"], tree["below"], tree["beside"]), "unknown")
        warnings: list[str] = []
        assert reasons(client, warnings) == listed
        assert "are listed below themselves" in warnings[0]


@pytest.mark.parametrize("rows", [[{"id": "1", "type": "page"}], []])
def test_ancestors_that_disagree_with_the_listing_leave_a_page_out(
    rows: list[faults.Json], site: ConfluenceSite, tree: dict[str, str]
) -> None:
    def hide_type(answer: faults.Json) -> faults.Json:
        return answer | {"results": [row | {"parentType": None} for row in answer["results"]]}

    site.fail(r"/spaces/\d+/pages", faults.rewritten(hide_type), times=None)
    with opened(site, SPACE_NAME="Known Issues") as client:
        assert reasons(client) == {}
        site.fail("ancestors", faults.text(json.dumps({"results": rows})), times=None)
        warnings: list[str] = []
        assert reasons(client, warnings)[tree["inside"]] == "unknown"
        assert "agrees with the listing" in warnings[-1]
