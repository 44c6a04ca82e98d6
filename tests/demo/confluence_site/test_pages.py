"""Pages and spaces: status, versions, labels, links and the deprecated routes."""

from collections.abc import Callable

import pytest
import requests

from demo.confluence_site import SiteState
from tests.support.site_client import SiteClient, add_pages, id_of


def test_lists_contain_archived_pages_unless_filtered_by_status(client: SiteClient) -> None:
    space_id = client.site.state.spaces["KI"].id
    path = f"/wiki/api/v2/spaces/{space_id}/pages"
    assert "Old" in [row["title"] for row in client.rows(path)]
    assert "Old" not in [row["title"] for row in client.rows(path, status="current")]


@pytest.mark.parametrize(
    ("change", "single", "listed"),
    [
        (SiteState.trash, (200, "trashed"), ["trashed"]),
        (SiteState.archive, (200, "archived"), ["archived"]),
        (SiteState.purge, (404, None), []),
        (SiteState.hide, (404, None), []),
    ],
)
def test_a_removed_page_shows_its_status_or_is_missing(
    client: SiteClient,
    change: Callable[[SiteState, str], None],
    single: tuple[int, str | None],
    listed: list[str],
) -> None:
    page_id = id_of(client.site.state, "Disk")
    change(client.site.state, page_id)
    answer = client.get(f"/wiki/api/v2/pages/{page_id}")
    assert (answer.status_code, answer.json().get("status")) == single
    rows = client.rows("/wiki/api/v2/pages", id=page_id, status="current,archived,trashed")
    assert [row["status"] for row in rows] == listed
    assert "Disk" not in client.search("type=page")


def test_a_trashed_page_is_restored_to_its_place(client: SiteClient) -> None:
    state = client.site.state
    page_id = id_of(state, "Logs")
    before = client.get(f"/wiki/api/v2/pages/{page_id}").json()
    state.trash(page_id)
    assert client.rows(f"/wiki/api/v2/pages/{id_of(state, 'Disk')}/descendants") == []
    state.restore(page_id)
    assert client.get(f"/wiki/api/v2/pages/{page_id}").json() == before
    assert len(client.rows(f"/wiki/api/v2/pages/{id_of(state, 'Disk')}/descendants")) == 1


def test_a_page_is_restored_at_the_top_when_its_parent_is_missing(client: SiteClient) -> None:
    state = client.site.state
    page_id = id_of(state, "Logs")
    state.trash(page_id)
    state.purge(id_of(state, "Disk"))
    state.restore(page_id)
    assert client.get(f"/wiki/api/v2/pages/{page_id}").json()["parentId"] is None


def test_an_edit_adds_a_version_and_a_move_does_not(client: SiteClient) -> None:
    state = client.site.state
    page_id = id_of(state, "Logs")
    before = client.get(f"/wiki/api/v2/pages/{page_id}").json()["version"]
    state.move(page_id, parent="1000", space="HB")
    moved = client.get(f"/wiki/api/v2/pages/{page_id}").json()
    assert moved["version"] == before
    assert moved["spaceId"] == state.spaces["HB"].id
    state.edit(page_id, "<p>new</p>")
    asked: dict[str, str | int] = {"body-format": "export_view"}
    edited = client.get(f"/wiki/api/v2/pages/{page_id}", **asked).json()
    assert edited["version"]["number"] == before["number"] + 1
    assert edited["version"]["createdAt"] == "2026-06-15T12:00:00.000Z"
    assert edited["body"]["export_view"]["value"] == "<p>new</p>"


def test_spaces_are_found_by_key_and_id(client: SiteClient) -> None:
    rows = client.rows("/wiki/api/v2/spaces", keys="HB,NONE")
    assert [row["name"] for row in rows] == ["Handbook"]
    assert client.get(f"/wiki/api/v2/spaces/{rows[0]['id']}").json()["key"] == "HB"
    assert client.get("/wiki/api/v2/spaces/7").status_code == 404


def test_links_lead_to_the_site_and_not_to_the_gateway(client: SiteClient) -> None:
    answer = client.get("/wiki/api/v2/pages", id="1000").json()
    url = answer["_links"]["base"] + answer["results"][0]["_links"]["webui"]
    assert "/ex/confluence" not in url
    assert "<h1>Home</h1>" in requests.get(url, timeout=10).text


@pytest.mark.parametrize("path", ["/content", "/content/1000", "/space", "/space/KI"])
def test_deprecated_routes_answer_410_unless_enabled(client: SiteClient, path: str) -> None:
    assert client.get(f"/wiki/rest/api{path}").status_code == 410
    client.site.serves_legacy = True
    assert client.get(f"/wiki/rest/api{path}").status_code == 200


def test_the_deprecated_list_is_paged_by_start(client: SiteClient) -> None:
    client.site.serves_legacy = True
    add_pages(client.site.state, 5)
    answer = client.get("/wiki/rest/api/content", spaceKey="HB", start=4, limit=10).json()
    assert [row["title"] for row in answer["results"]] == ["Page 3", "Page 4"]


def test_a_page_includes_fifty_labels_and_the_list_has_all(client: SiteClient) -> None:
    client.site.state.set_labels("1000", [f"Label-{number}" for number in range(60)])
    labels = client.get("/wiki/api/v2/pages/1000", **{"include-labels": "true"}).json()["labels"]
    assert (len(labels["results"]), labels["meta"]["hasMore"]) == (50, True)
    rows = client.rows("/wiki/api/v2/pages/1000/labels")
    assert [row["name"] for row in rows] == [f"label-{number}" for number in range(60)]


def test_blog_posts_have_routes_of_their_own(client: SiteClient) -> None:
    state, space_id = client.site.state, client.site.state.spaces["KI"].id
    post = state.add_page("Cake day", "KI", "<p>cake</p>", labels=["fun"], content_type="blogpost")
    for path in (f"/wiki/api/v2/spaces/{space_id}/blogposts", "/wiki/api/v2/blogposts"):
        assert [row["id"] for row in client.rows(path)] == [post]
    [row] = client.rows("/wiki/api/v2/blogposts", id=post)
    assert row["_links"]["webui"] == f"/spaces/KI/blog/2026/06/15/{post}/Cake+day"
    assert "parentId" not in row
    assert client.get(f"/wiki/api/v2/pages/{post}").status_code == 404
    assert client.get("/wiki/api/v2/blogposts/1000").status_code == 404
    assert post not in [row["id"] for row in client.rows("/wiki/api/v2/pages")]
    labels = client.rows(f"/wiki/api/v2/blogposts/{post}/labels")
    assert [row["name"] for row in labels] == ["fun"]


def test_blog_posts_are_not_archived(client: SiteClient) -> None:
    post = client.site.state.add_page("Cake day", "KI", content_type="blogpost")
    assert client.get("/wiki/api/v2/blogposts", status="archived").status_code == 400
    client.site.state.trash(post)
    assert client.rows("/wiki/api/v2/blogposts") == []
    assert client.get(f"/wiki/api/v2/blogposts/{post}").json()["status"] == "trashed"


def test_a_search_finds_the_types_that_it_names(client: SiteClient) -> None:
    client.site.state.add_page("Cake day", "HB", content_type="blogpost")
    found = {
        names: client.search(f"space = HB and type in ({names})")
        for names in ("page", "blogpost", "page, blogpost")
    }
    assert found == {
        "page": ["Cake"], "blogpost": ["Cake day"], "page, blogpost": ["Cake", "Cake day"]
    }  # fmt: skip


def test_the_link_of_a_blog_post_leads_to_it(client: SiteClient) -> None:
    client.site.state.add_page("Cake day", "KI", content_type="blogpost")
    answer = client.get("/wiki/api/v2/blogposts").json()
    url = answer["_links"]["base"] + answer["results"][0]["_links"]["webui"]
    assert "<h1>Cake day</h1>" in requests.get(url, timeout=10).text
