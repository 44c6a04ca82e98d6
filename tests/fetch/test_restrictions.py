"""View restrictions: on the page, inherited, and on pages that the index does not know."""

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from tests.support.confluence_client import opened
from tests.support.site_pages import add_pages, list_in


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
        refs = list_in(client, spaces)
        assert client.list_restricted(spaces, refs) == {top, below, own}
        state.restrict(top)
        assert client.list_restricted(spaces, refs) == {own}
    assert free in {ref.id for ref in refs}


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
        refs = list_in(client, spaces)
        assert client.list_restricted(spaces, refs) == {top, new, alone}


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
        refs = list_in(client, spaces)
        assert client.list_restricted(spaces, refs) == {inside}


def test_a_page_that_vanishes_during_the_search_for_restrictions_is_not_restricted(
    site: ConfluenceSite,
) -> None:
    site.state = state = SiteState(index_lag_seconds=float("inf"))
    state.add_space("KI", "Known Issues")
    page_id = state.add_page("New", "KI")
    with opened(site) as client:
        spaces = client.list_spaces()
        refs = list_in(client, spaces)
        state.purge(page_id)
        assert client.list_restricted(spaces, refs) == set()


def test_restrictions_cost_one_request_for_250_pages(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 1000)
    with opened(site, SPACE_NAME="Known Issues") as client:
        spaces = client.list_spaces()
        refs = list_in(client, spaces)
        before = client.requests
        client.list_restricted(spaces, refs)
        assert client.requests - before == 4
