"""Listings: complete or an error, whatever the paging; and links for people."""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import ConfluenceError, CredentialsError, Site
from pipeline.fetch.errors import StatusError
from pipeline.records import PageRef
from pipeline.settings import load_settings
from tests.support.confluence_client import QUICK, opened
from tests.support.site_pages import ODD, WHEN, add_pages, list_all, list_in


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
        assert len(list_in(client, spaces)) == 1000
        assert client.requests - before == 4


def test_many_small_spaces_share_requests(site: ConfluenceSite, state: SiteState) -> None:
    expected = set()
    for number in range(150):
        key = state.add_space(f"S{number}", f"Space {number}")
        expected |= {(page_id, key) for page_id in add_pages(state, 2, key)}
    with opened(site) as client:
        spaces = client.list_spaces()
        before = client.requests
        assert {(ref.id, ref.space) for ref in list_in(client, spaces)} == expected
        assert client.requests - before == 2


def test_a_space_that_cannot_be_listed_does_not_stop_those_that_share_its_requests(
    site: ConfluenceSite, state: SiteState
) -> None:
    good, bad = add_pages(state, 3), add_pages(state, 2, "HB")
    space_id = state.spaces["HB"].id
    site.fail(lambda request: request.query.get("space-id"), faults.error(403), times=None)
    site.fail(rf"/spaces/{space_id}/pages", faults.error(403), times=None)
    with opened(site) as client:
        parts = list(client.list_pages(client.list_spaces()))
    listed = {page.ref.id for part in parts for page in part.pages}
    assert (set(good) <= listed, listed.isdisjoint(bad)) == (True, True)
    [unlisted] = [part.unlisted for part in parts if part.unlisted]
    assert (unlisted.space.key, "HTTP 403" in str(unlisted.error)) == ("HB", True)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(faults.error(403), CredentialsError), (faults.server_error(500), ConfluenceError)],
)
def test_where_no_space_can_be_listed_the_listing_is_an_error(
    fault: faults.Fault, kind: type[ConfluenceError], site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 1)
    site.fail(r"/pages", fault, times=None)
    with opened(site) as client, pytest.raises(ConfluenceError) as caught:
        list(client.list_pages(client.list_spaces()))
    assert type(caught.value) is (kind if kind is CredentialsError else StatusError)


def test_spaces_that_fail_one_after_the_other_end_the_listing(
    site: ConfluenceSite, state: SiteState
) -> None:
    for number in range(8):
        add_pages(state, 1, state.add_space(f"S{number}", f"Space {number}"))
    site.fail(r"/pages", faults.server_error(500), times=None)
    with opened(site) as client:
        spaces = client.list_spaces()
        before = client.requests
        with pytest.raises(ConfluenceError, match="HTTP 500"):
            list(client.list_pages(spaces))
    assert client.requests - before <= 6 * (QUICK.attempts + 1)


def put_in_another_space(row: dict[str, Any]) -> None:
    row["spaceId"] = "7"


def take_version(row: dict[str, Any]) -> None:
    del row["version"]


def replace_id(row: dict[str, Any]) -> None:
    row["id"] = "../7"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (put_in_another_space, "page {} is listed in a space that was not requested"),
        (take_version, "page '{}' without a required field: KeyError 'version'"),
        (replace_id, "page '../7' without a required field"),
    ],
)
def test_an_odd_row_does_not_stop_the_others(
    spoil: Callable[[dict[str, Any]], None],
    reason: str,
    site: ConfluenceSite,
    state: SiteState,
) -> None:
    odd, *good = add_pages(state, 3)

    def rewrite(answer: dict[str, Any]) -> dict[str, Any]:
        spoil(answer["results"][0])
        return answer

    site.fail(r"/pages\?", faults.rewritten(rewrite))
    with opened(site) as client:
        parts = list(client.list_pages(client.list_spaces()))
    assert [page.ref.id for part in parts for page in part.pages] == good
    assert [reason.format(odd) in row for part in parts for row in part.odd_rows] == [True]


def test_a_listing_of_odd_rows_alone_is_an_error(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 2)

    def rewrite(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["results"]:
            take_version(row)
        return answer

    site.fail(r"/pages\?", faults.rewritten(rewrite), times=None)
    with opened(site) as client, pytest.raises(ConfluenceError, match="no row of the listing"):
        list_all(client)


def test_a_listing_has_version_title_time_and_ancestors(
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
        id=leaf,
        version=3,
        title="Leaf",
        space="KI",
        modified="2026-06-15T09:30:00.000Z",
        ancestors=("Top", "Middle"),
        web_path=f"/spaces/KI/pages/{leaf}/Leaf",
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


def test_a_list_that_ignores_the_requested_status_is_filtered(
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
        faults.text('{"results": ["no row"]}'),
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
            list_in(client, spaces)


def test_titles_cannot_forge_log_lines(site: ConfluenceSite, state: SiteState) -> None:
    state.add_page("A\nERROR b\u2028c\x1b[31m", "KI")
    with opened(site) as client:
        (ref,) = list_all(client)
    assert ref.title == "A ERROR b c [31m"


def test_a_title_is_bounded(site: ConfluenceSite, state: SiteState) -> None:
    state.add_page("x" * 2_000, "KI")
    with opened(site) as client:
        (ref,) = list_all(client)
    assert ref.title == "x" * 999 + "…"


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
        assert client.get_page(ref).url == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://acme.atlassian.net/wiki", "https://acme.atlassian.net/wiki/pages/viewpage."),
        ("https://api.atlassian.com/ex/confluence/11111111-2222-3333-4444-555555555555/wiki", ""),
        ("javascript:alert(1)", ""),
        (None, ""),
    ],
)
def test_the_gateway_is_not_taken_for_the_site(base: str | None, expected: str) -> None:
    settings = load_settings(
        "sync",
        {
            "CONF_CLOUD_ID": "11111111-2222-3333-4444-555555555555",
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": "http://x",
        },
    )
    client = Site(settings, retry=QUICK)
    url = "https://api.atlassian.com/ex/confluence/11111111-2222-3333-4444-555555555555/wiki/rest/api/user/current"
    with responses.RequestsMock() as mock:
        mock.add("GET", url, json={"displayName": "Me", "_links": {"base": base}})
        client.check_credentials()
    url = client.to_url(PageRef("7", 1, "T", "KI"))
    assert url.startswith(expected) if expected else url == ""
