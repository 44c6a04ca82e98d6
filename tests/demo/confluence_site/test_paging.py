"""Lists: next links, cursors, caps and invalid parameters."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from demo.confluence_site import Paging
from tests.support.site_client import SiteClient, add_pages


@pytest.mark.parametrize(
    ("shape", "starts"),
    [("rest", ["/api/v2/"]), ("wiki", ["/wiki/api/v2/"]), ("absolute", ["http://127.0.0.1:"])],
)
def test_next_links_have_the_configured_shape(
    client: SiteClient, shape: Any, starts: list[str]
) -> None:
    add_pages(client.site.state, 9)
    client.site.paging = Paging(next_shape=shape)
    answers = list(client.answers("/wiki/api/v2/pages", limit=3))
    links = [answer["_links"]["next"] for answer in answers[:-1]]
    assert links
    assert all(link.startswith(tuple(starts)) and "/ex/confluence" not in link for link in links)
    assert "next" not in answers[-1]["_links"]


def test_next_links_rotate_by_default_and_are_in_the_link_header(client: SiteClient) -> None:
    add_pages(client.site.state, 9)
    answers = list(client.answers("/wiki/rest/api/content/search", cql="type=page", limit=3))
    starts = [answer["_links"]["next"][:5] for answer in answers[:3]]
    assert starts == ["/rest", "/wiki", "http:"]
    first = client.get("/wiki/api/v2/pages", limit=3)
    assert first.links["next"]["url"] == first.json()["_links"]["next"]


@pytest.mark.parametrize(
    "paging",
    [
        Paging(),
        Paging(short_pages=True),
        Paging(empty_pages=True),
        Paging(repeated_rows=True),
        Paging(short_pages=True, empty_pages=True, repeated_rows=True),
    ],
)
@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/wiki/api/v2/pages", {"status": "current"}),
        ("/wiki/rest/api/content/search", {"cql": "type=page"}),
        ("/wiki/rest/api/content/search", {"cql": "type=page order by title desc"}),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_following_next_finds_every_row(
    client: SiteClient, paging: Paging, path: str, params: dict[str, str], limit: int
) -> None:
    add_pages(client.site.state, 20)
    client.site.paging = paging
    answers = list(client.answers(path, limit=limit, **params))
    ids = [row["id"] for answer in answers for row in answer["results"]]
    assert len(set(ids)) == 24
    sizes = [len(answer["results"]) for answer in answers]
    assert (len(ids) > 24) == (paging.repeated_rows and max(sizes) > 1)
    assert (0 in sizes[1:-1]) == paging.empty_pages
    assert max(sizes) <= limit


@pytest.mark.parametrize(
    ("expand", "rows"),
    [("body.export_view", 25), ("body.storage,version", 50), ("version", 80)],
)
def test_searches_with_bodies_are_capped_silently(
    client: SiteClient, expand: str, rows: int
) -> None:
    add_pages(client.site.state, 80)
    answer = client.get(
        "/wiki/rest/api/content/search", cql='space="HB"', limit=80, expand=expand
    ).json()
    assert (len(answer["results"]), answer["limit"]) == (rows, 80)


def test_lists_can_be_capped_silently_and_searches_are_not(client: SiteClient) -> None:
    add_pages(client.site.state, 20)
    client.site.paging = Paging(list_rows=5)
    sizes = [len(answer["results"]) for answer in client.answers("/wiki/api/v2/pages", limit=250)]
    assert sizes == [5, 5, 5, 5, 5]
    assert len(client.search("type=page", limit=250)) == 24
    answer = client.get("/wiki/rest/api/content/search", cql="type=page", limit=20).json()
    assert len(answer["results"]) == 20


def test_start_is_ignored(client: SiteClient) -> None:
    first, other = [
        client.get("/wiki/rest/api/content/search", cql="type=page", start=start).json()["results"]
        for start in (0, 2)
    ]
    assert first == other


def test_next_links_may_lose_expand(client: SiteClient) -> None:
    asked: dict[str, str | int] = {"cql": "type=page", "expand": "version", "limit": 2}
    for drops in (False, True):
        client.site.paging = Paging(drops_expand=drops)
        link = client.get("/wiki/rest/api/content/search", **asked).json()["_links"]["next"]
        assert ("expand" not in parse_qs(urlsplit(link).query)) == drops


@pytest.mark.parametrize("path", ["/wiki/api/v2/pages", "/wiki/rest/api/content/search"])
def test_an_invalid_cursor_is_400(client: SiteClient, path: str) -> None:
    assert client.get(path, cql="type=page", cursor="nonsense").status_code == 400


def test_a_cursor_of_another_list_is_400(client: SiteClient) -> None:
    link = client.get("/wiki/api/v2/pages", limit=1).json()["_links"]["next"]
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]
    assert client.get("/wiki/api/v2/spaces", cursor=cursor).status_code == 400


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/wiki/api/v2/pages", {"limit": 251}),
        ("/wiki/api/v2/pages", {"status": "gone"}),
        ("/wiki/api/v2/pages", {"id": "x"}),
        ("/wiki/api/v2/pages", {"body-format": "export_view"}),
        ("/wiki/api/v2/pages/1000", {"body-format": "wiki"}),
        ("/wiki/api/v2/pages/1000/descendants", {"depth": 11}),
    ],
)
def test_invalid_parameters_are_400_in_the_form_of_v2(
    client: SiteClient, path: str, params: dict[str, str | int]
) -> None:
    answer = client.get(path, **params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["status"] == 400
