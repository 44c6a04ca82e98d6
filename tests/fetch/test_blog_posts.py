"""Blog posts: listed, searched, read and looked up beside pages, by routes of their own."""

from math import inf

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.records import Page
from tests.support.confluence_client import opened
from tests.support.site_pages import ODD, WHEN, add_pages, list_all, list_in, places_in

BOTH = {"CONTENT_TYPES": "pages,blogposts"}
ALONE = {"CONTENT_TYPES": "blogposts"}


def add_posts(state: SiteState, count: int, space: str = "KI", **fields: str) -> list[str]:
    """Add `Post 0` to `Post n`; return their ids."""
    return [
        state.add_page(
            f"Post {n}", space, f"<p>Post {n}</p>", modified=WHEN, content_type="blogpost", **fields
        )
        for n in range(count)
    ]


def test_blog_posts_are_listed_whatever_the_paging(site: ConfluenceSite, state: SiteState) -> None:
    pages, posts = add_pages(state, 5), add_posts(state, 300) + add_posts(state, 3, "HB")
    site.paging = ODD
    with opened(site, **BOTH) as client:
        listed = {ref.id: ref.content_type for ref in list_all(client)}
    assert listed == dict.fromkeys(pages, "page") | dict.fromkeys(posts, "blogpost")


def test_without_the_type_nothing_is_asked_about_blog_posts(
    site: ConfluenceSite, state: SiteState
) -> None:
    pages, posts = add_pages(state, 30), add_posts(state, 3)
    with opened(site, SPACE_NAME="Known Issues", LABELS="none", RESTRICTED_PAGES="skip") as client:
        spaces = client.list_spaces()
        refs = list_in(client, spaces)
        client.get_pages(refs[:25])
        client.list_restricted(spaces, places_in(client, spaces), pytest.fail)
        assert list(client.list_members(spaces) or ()) == []
        client.list_gone(pages, spaces)
    assert sorted(ref.id for ref in refs) == sorted(pages)
    assert site.count("blogpost") == 0
    assert not set(posts) & {ref.id for ref in refs}


def test_the_types_share_a_request_for_bodies(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 12)
    posts = add_posts(state, 13)
    with opened(site, SPACE_NAME="Known Issues", **BOTH) as client:
        refs = list_in(client, client.list_spaces())
        before = client.requests
        pages = client.get_pages(refs)
        assert client.requests - before == 1
    bodies = {page.ref.id: page for page in pages if isinstance(page, Page)}
    assert len(bodies) == 25
    post = bodies[posts[0]]
    assert (post.html, post.storage) == ("<p>Post 0</p>", "<p>Post 0</p>")
    path = f"/wiki/spaces/KI/blog/2026/06/15/{posts[0]}/Post+0"
    assert post.url == site.base_url + path


def test_a_blog_post_is_read_alone_by_its_own_route(site: ConfluenceSite, state: SiteState) -> None:
    [post] = add_posts(state, 1)
    many = [f"label-{n:02}" for n in range(60)]
    state.set_labels(post, many)
    with opened(site, SPACE_NAME="Known Issues", **ALONE) as client:
        [ref] = list_in(client, client.list_spaces())
        page = client.get_page(ref)
    assert (page.html, page.labels) == ("<p>Post 0</p>", tuple(many))
    assert site.count(rf"/pages/{post}") == 0


def test_labels_of_all_types_are_found_by_one_search(
    site: ConfluenceSite, state: SiteState
) -> None:
    [page, *_], [post, *_] = add_pages(state, 3), add_posts(state, 3)
    for item in (page, post):
        state.set_labels(item, ["keep"])
    with opened(site, LABELS="keep", **BOTH) as client:
        spaces = client.list_spaces()
        assert dict(client.list_members(spaces) or ()) == {page: ("keep",), post: ("keep",)}
    assert site.count("content/search") == 1


def test_blog_posts_are_in_no_folder(site: ConfluenceSite, state: SiteState) -> None:
    [page], [post] = add_pages(state, 1), add_posts(state, 1)
    below = state.add_page("Below", "KI", parent=page)
    with opened(site, FILTER_FOLDER_ID=page, **BOTH) as client:
        spaces = client.list_spaces()
        assert [page_id for page_id, _ in client.list_members(spaces) or ()] == [below]
        assert client.list_gone([post], spaces, {post: "blogpost"}) == {post}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_blog_post_is_gone_only_by_a_positive_answer(
    site: ConfluenceSite, state: SiteState, is_known: bool
) -> None:
    kept, failing, trashed, purged, moved = posts = add_posts(state, 5)
    [page] = add_pages(state, 1)
    state.trash(trashed)
    state.purge(purged)
    state.move(moved, space="HB")
    site.fail("blogposts\\?id=", faults.text('{"results": []}'))
    site.fail(f"blogposts/{failing}", faults.server_error(500), times=None)
    type_of = dict.fromkeys(posts, "blogpost") | {page: "page"}
    with opened(site, SPACE_NAME="Known Issues", **BOTH) as client:
        spaces = client.list_spaces()
        gone = client.list_gone([*posts, page], spaces, type_of if is_known else {})
    assert gone == {trashed, purged, moved}
    assert bool(site.count(f"/pages/{purged}")) is not is_known
    assert kept not in gone


def test_a_type_that_is_turned_off_is_gone_without_a_question(
    site: ConfluenceSite, state: SiteState
) -> None:
    posts, pages = add_posts(state, 3), add_pages(state, 3)
    with opened(site, SPACE_NAME="Known Issues") as client:
        spaces = client.list_spaces()
        before = client.requests
        assert client.list_gone(posts, spaces, dict.fromkeys(posts, "blogpost")) == set(posts)
        assert client.requests == before
        assert client.list_gone([*posts, *pages], spaces) == set(posts)  # by what v2 answers


def test_a_restricted_blog_post_is_found_also_where_the_index_lags(
    site: ConfluenceSite, state: SiteState
) -> None:
    [free, restricted], [page] = add_posts(state, 2), add_pages(state, 1)
    state.restrict(restricted, users=["a"])
    state.reindex()
    state.index_lag_seconds = inf
    late, purged = add_posts(state, 2)
    state.restrict(late, groups=["b"])
    with opened(site, SPACE_NAME="Known Issues", **BOTH) as client:
        spaces = client.list_spaces()
        places = places_in(client, spaces)
        state.purge(purged)
        found = client.list_restricted(spaces, places, pytest.fail)
    assert found == {restricted: "blogpost", late: "blogpost"}
    assert {free, page}.isdisjoint(found)


def test_a_restriction_that_cannot_be_asked_is_not_taken_for_none(
    site: ConfluenceSite, state: SiteState
) -> None:
    state.index_lag_seconds = inf
    [post] = add_posts(state, 1)
    site.fail(f"/content/{post}/restriction", faults.error(404), times=None)
    warnings: list[str] = []
    with opened(site, SPACE_NAME="Known Issues", **ALONE) as client:
        spaces = client.list_spaces()
        found = client.list_restricted(spaces, places_in(client, spaces), warnings.append)
    assert found == {post: "unknown"}
    assert post in warnings[0]
