"""The stand-in site does what is known of Confluence Cloud, over real sockets."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from demo.confluence_site import ConfluenceSite, Paging
from demo.confluence_site import faults as site_faults
from demo.confluence_site.faults import Fault
from demo.confluence_site.state import SiteState
from demo.pages import ANSWERS, demo_state

FIELDS = json.loads((Path(__file__).parent / "confluence_fields.json").read_text("utf-8"))
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
EVERYTHING = (
    "body.export_view,body.storage,body.view,version,space,metadata.labels,ancestors,"
    "history.lastUpdated,restrictions.read.restrictions.user,restrictions.read.restrictions.group"
)
Json = dict[str, Any]


class Client:
    """The least that reads a site: it follows next links through the gateway."""

    def __init__(self, site: ConfluenceSite) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.auth = (site.user, site.token)

    def get(self, path: str, **params: str | int) -> requests.Response:
        return self.session.get(self.site.gateway_url + path, params=params, timeout=10)

    def answers(self, path: str, **params: str | int) -> Iterator[Json]:
        answer = self.get(path, **params).json()
        yield answer
        while following := answer["_links"].get("next"):
            parts = urlsplit(following)
            prefix = "" if parts.path.startswith("/wiki/") else "/wiki"
            answer = self.get(f"{prefix}{parts.path}?{parts.query}").json()
            yield answer

    def rows(self, path: str, **params: str | int) -> list[Json]:
        return [row for answer in self.answers(path, **params) for row in answer["results"]]

    def search(self, cql: str, **params: str | int) -> list[str]:
        rows = self.rows("/wiki/rest/api/content/search", cql=cql, **params)
        return [row["title"] for row in rows]


@pytest.fixture
def state() -> SiteState:
    """Space KI: Home > (Runbooks, a folder) > Disk > Logs, and Old, which is archived."""
    state = SiteState(clock=lambda: NOON)
    state.add_space("KI", "Known Issues")
    state.add_space("HB", "Handbook")
    home = state.add_page("Home", "KI", page_id="1000", modified=NOON - timedelta(days=9))
    runbooks = state.add_folder("Runbooks", "KI", parent=home)
    disk = state.add_page("Disk", "KI", "<p>full</p>", parent=runbooks, labels=["run", "disk"])
    state.add_page("Logs", "KI", parent=disk, labels=["run"], modified=NOON - timedelta(hours=3))
    state.add_page("Old", "KI", parent=home, status="archived")
    state.add_page("Cake", "HB", modified=NOON - timedelta(days=2))
    return state


@pytest.fixture
def client(site: ConfluenceSite) -> Client:
    return Client(site)


def id_of(state: SiteState, title: str) -> str:
    return next(page.id for page in state.pages.values() if page.title == title)


def grow(state: SiteState, count: int) -> None:
    for number in range(count):
        state.add_page(f"Page {number}", "HB", lambda: "<p>text</p>")


# The form of the answers


def check(told: object, fields: Any, where: str) -> None:
    """`told` has the fields of the published description (see data/confluence_fields.json)."""
    if isinstance(fields, list):
        assert isinstance(told, list), where
        for row in told:
            check(row, fields[0], f"{where}[]")
    elif isinstance(fields, dict):
        assert isinstance(told, dict), where
        for name, kind in fields.items():
            key = name.removesuffix("?")
            assert key in told or name.endswith("?"), f"{where}.{key} is missing"
            if key in told:
                check(told[key], kind, f"{where}.{key}")
    elif told is None:
        assert fields.endswith("|null"), f"{where} is null"
    elif fields.startswith("one of "):
        assert told in fields.removeprefix("one of ").removesuffix("|null").split(", "), where
    elif fields.startswith("date-time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(told)), where
    else:
        kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
        assert isinstance(told, kinds.get(fields.removesuffix("|null"), object)), where


@pytest.mark.parametrize(
    ("route", "params"),
    [
        ("/wiki/rest/api/user/current", {}),
        ("/wiki/rest/api/content/search", {"cql": "type=page", "expand": EVERYTHING}),
        ("/wiki/rest/api/search", {"cql": "type=page"}),
        ("/wiki/api/v2/spaces", {}),
        ("/wiki/api/v2/spaces/{id}", {}),
        ("/wiki/api/v2/spaces/{id}/pages", {"body-format": "storage"}),
        ("/wiki/api/v2/pages", {"status": "current,archived"}),
        ("/wiki/api/v2/pages/{id}", {"body-format": "view", "include-labels": "true"}),
        ("/wiki/api/v2/pages/{id}/labels", {}),
        ("/wiki/api/v2/pages/{id}/ancestors", {}),
        ("/wiki/api/v2/pages/{id}/descendants", {}),
        ("/wiki/api/v2/folders/{id}", {}),
    ],
)
def test_answers_have_the_published_fields(route: str, params: dict[str, str]) -> None:
    state = demo_state()
    state.restrict("98403", users=["a"], groups=["b"])
    ids = {"folders": next(iter(state.folders)), "spaces": state.spaces["KI"].id}
    with ConfluenceSite(state) as site:
        path = route.replace("{id}", ids.get(route.split("/")[4], "98403"))
        answer = Client(site).get(path, **params)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        check(answer.json(), FIELDS[route], route)


def test_every_described_route_is_checked() -> None:
    marks = test_answers_have_the_published_fields.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(FIELDS)


# Credentials


def test_wrong_credentials_are_404_on_v2_and_403_on_v1(client: Client) -> None:
    client.session.auth = ("demo@example.com", "expired")
    v2 = client.get("/wiki/api/v2/pages/1000")
    assert (v2.status_code, v2.json()["errors"][0]["title"]) == (404, "Not Found")
    assert client.get("/wiki/rest/api/user/current").status_code == 403


def test_a_page_that_is_gone_is_not_mistaken_for_wrong_credentials(client: Client) -> None:
    answer = client.get("/wiki/api/v2/pages/5")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["title"] != "Not Found"


def test_a_scoped_token_is_good_on_the_gateway_only(client: Client) -> None:
    client.site.scoped_token = True
    assert client.get("/wiki/rest/api/user/current").status_code == 200
    own = client.session.get(f"{client.site.base_url}/wiki/rest/api/user/current", timeout=10)
    assert own.status_code == 401
    assert own.headers["Content-Type"].startswith("text/html")


def test_a_missing_scope_is_401(client: Client) -> None:
    client.site.scopes = frozenset({"read:confluence-user"})
    assert client.get("/wiki/rest/api/user/current").status_code == 200
    answer = client.get("/wiki/api/v2/spaces")
    assert answer.status_code == 401
    assert "scope does not match" in answer.text


def test_a_bearer_site_refuses_basic(state: SiteState) -> None:
    with ConfluenceSite(state, auth="bearer") as site:
        url = f"{site.gateway_url}/wiki/rest/api/user/current"
        bearer = {"Authorization": f"Bearer {site.token}"}
        assert requests.get(url, headers=bearer, timeout=10).status_code == 200
        assert requests.get(url, auth=(site.user, site.token), timeout=10).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_writes_are_refused_and_recorded(client: Client, method: str) -> None:
    url = f"{client.site.gateway_url}/wiki/api/v2/pages/1000"
    assert client.session.request(method, url, data="{}", timeout=10).status_code == 405
    assert [request.method for request in client.site.writes] == [method]
    assert client.get("/wiki/api/v2/pages/1000").status_code == 200


# Lists


@pytest.mark.parametrize(
    ("shape", "starts"),
    [("rest", ["/api/v2/"]), ("wiki", ["/wiki/api/v2/"]), ("absolute", ["http://127.0.0.1:"])],
)
def test_next_links_have_the_asked_shape(client: Client, shape: Any, starts: list[str]) -> None:
    grow(client.site.state, 9)
    client.site.paging = Paging(next_shape=shape)
    answers = list(client.answers("/wiki/api/v2/pages", limit=3))
    links = [answer["_links"]["next"] for answer in answers[:-1]]
    assert links
    assert all(link.startswith(tuple(starts)) and "/ex/confluence" not in link for link in links)
    assert "next" not in answers[-1]["_links"]


def test_next_links_rotate_by_default_and_stand_in_the_link_header(client: Client) -> None:
    grow(client.site.state, 9)
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
    client: Client, paging: Paging, path: str, params: dict[str, str], limit: int
) -> None:
    grow(client.site.state, 20)
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
def test_searches_with_bodies_are_capped_in_silence(client: Client, expand: str, rows: int) -> None:
    grow(client.site.state, 80)
    answer = client.get(
        "/wiki/rest/api/content/search", cql='space="HB"', limit=80, expand=expand
    ).json()
    assert (len(answer["results"]), answer["limit"]) == (rows, 80)


def test_start_is_ignored(client: Client) -> None:
    told = [
        client.get("/wiki/rest/api/content/search", cql="type=page", start=start).json()["results"]
        for start in (0, 2)
    ]
    assert told[0] == told[1]


def test_next_links_may_lose_expand(client: Client) -> None:
    asked: dict[str, str | int] = {"cql": "type=page", "expand": "version", "limit": 2}
    for drops in (False, True):
        client.site.paging = Paging(drops_expand=drops)
        link = client.get("/wiki/rest/api/content/search", **asked).json()["_links"]["next"]
        assert ("expand" not in parse_qs(urlsplit(link).query)) == drops


@pytest.mark.parametrize("path", ["/wiki/api/v2/pages", "/wiki/rest/api/content/search"])
def test_a_bad_cursor_is_400(client: Client, path: str) -> None:
    assert client.get(path, cql="type=page", cursor="nonsense").status_code == 400


def test_a_cursor_of_another_list_is_400(client: Client) -> None:
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
def test_bad_parameters_are_400_in_the_form_of_v2(
    client: Client, path: str, params: dict[str, str | int]
) -> None:
    answer = client.get(path, **params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["status"] == 400


# Pages, spaces, the tree


def test_lists_hold_archived_pages_unless_told_otherwise(client: Client) -> None:
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
def test_a_page_that_leaves_is_told_by_its_status(
    client: Client,
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


def test_what_is_below_a_hidden_page_is_hidden_too(client: Client) -> None:
    client.site.state.hide(id_of(client.site.state, "Disk"))
    assert client.search('space="KI"') == ["Home"]


def test_children_of_a_trashed_page_move_up(client: Client) -> None:
    state = client.site.state
    state.trash(id_of(state, "Disk"))
    logs = client.get(f"/wiki/api/v2/pages/{id_of(state, 'Logs')}").json()
    assert (logs["parentId"], logs["parentType"]) == (next(iter(state.folders)), "folder")


def test_a_trashed_page_comes_back_where_it_was(client: Client) -> None:
    state = client.site.state
    page_id = id_of(state, "Logs")
    before = client.get(f"/wiki/api/v2/pages/{page_id}").json()
    state.trash(page_id)
    assert client.rows(f"/wiki/api/v2/pages/{id_of(state, 'Disk')}/descendants") == []
    state.restore(page_id)
    assert client.get(f"/wiki/api/v2/pages/{page_id}").json() == before
    assert len(client.rows(f"/wiki/api/v2/pages/{id_of(state, 'Disk')}/descendants")) == 1


def test_a_page_comes_back_at_the_top_when_its_parent_is_gone(client: Client) -> None:
    state = client.site.state
    page_id = id_of(state, "Logs")
    state.trash(page_id)
    state.purge(id_of(state, "Disk"))
    state.restore(page_id)
    assert client.get(f"/wiki/api/v2/pages/{page_id}").json()["parentId"] is None


def test_a_page_cannot_be_moved_below_itself(state: SiteState) -> None:
    for below in ("1000", id_of(state, "Logs")):
        with pytest.raises(ValueError, match="below"):
            state.move("1000", parent=below)


def test_an_edit_makes_a_version_and_a_move_does_not(client: Client) -> None:
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


def test_the_tree_is_told_with_folders(client: Client) -> None:
    state = client.site.state
    folder = next(iter(state.folders))
    rows = client.rows("/wiki/api/v2/pages/1000/descendants", depth=5)
    assert [(row["title"], row["type"], row["depth"]) for row in rows] == [
        ("Runbooks", "folder", 1),
        ("Disk", "page", 2),
        ("Logs", "page", 3),
        ("Old", "page", 1),
    ]
    assert len(client.rows("/wiki/api/v2/pages/1000/descendants", depth=1)) == 2
    above = client.rows(f"/wiki/api/v2/pages/{id_of(state, 'Disk')}/ancestors")
    assert above == [{"id": "1000", "type": "page"}, {"id": folder, "type": "folder"}]
    assert client.get(f"/wiki/api/v2/pages/{folder}").status_code == 404
    assert client.get(f"/wiki/api/v2/folders/{folder}").json()["title"] == "Runbooks"


def test_spaces_are_found_by_key_and_id(client: Client) -> None:
    rows = client.rows("/wiki/api/v2/spaces", keys="HB,NONE")
    assert [row["name"] for row in rows] == ["Handbook"]
    assert client.get(f"/wiki/api/v2/spaces/{rows[0]['id']}").json()["key"] == "HB"
    assert client.get("/wiki/api/v2/spaces/7").status_code == 404


def test_links_lead_to_the_site_and_never_to_the_gateway(client: Client) -> None:
    answer = client.get("/wiki/api/v2/pages", id="1000").json()
    url = answer["_links"]["base"] + answer["results"][0]["_links"]["webui"]
    assert "/ex/confluence" not in url
    assert "<h1>Home</h1>" in requests.get(url, timeout=10).text


@pytest.mark.parametrize("path", ["/content", "/content/1000", "/space", "/space/KI"])
def test_unpublished_routes_are_gone_unless_told_otherwise(client: Client, path: str) -> None:
    assert client.get(f"/wiki/rest/api{path}").status_code == 410
    client.site.serves_legacy = True
    assert client.get(f"/wiki/rest/api{path}").status_code == 200


def test_the_old_list_goes_by_start(client: Client) -> None:
    client.site.serves_legacy = True
    grow(client.site.state, 5)
    answer = client.get("/wiki/rest/api/content", spaceKey="HB", start=4, limit=10).json()
    assert [row["title"] for row in answer["results"]] == ["Page 3", "Page 4"]


def test_restrictions_are_told(client: Client) -> None:
    client.site.state.restrict("1000", users=["abc"], groups=["admins"])
    asked = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
    row = client.rows("/wiki/rest/api/content/search", cql="id = 1000", expand=asked)[0]
    told = row["restrictions"]["read"]["restrictions"]
    assert told["user"]["results"][0]["accountId"] == "abc"
    assert told["group"]["results"][0]["name"] == "admins"
    single = client.get("/wiki/rest/api/content/1000/restriction/byOperation").json()
    assert single["read"] == row["restrictions"]["read"]


def test_a_folder_can_be_restricted_and_hidden(client: Client) -> None:
    state = client.site.state
    folder = next(iter(state.folders))
    state.restrict(folder, users=["abc"])
    told = client.get(f"/wiki/rest/api/content/{folder}/restriction/byOperation").json()
    assert told["read"]["restrictions"]["user"]["size"] == 1
    state.hide(folder)
    assert client.search('space="KI"') == ["Home"]
    assert client.get(f"/wiki/api/v2/folders/{folder}").status_code == 404


def test_a_page_tells_fifty_labels_and_the_list_all(client: Client) -> None:
    client.site.state.set_labels("1000", [f"Label-{number}" for number in range(60)])
    labels = client.get("/wiki/api/v2/pages/1000", **{"include-labels": "true"}).json()["labels"]
    assert (len(labels["results"]), labels["meta"]["hasMore"]) == (50, True)
    rows = client.rows("/wiki/api/v2/pages/1000/labels")
    assert [row["name"] for row in rows] == [f"label-{number}" for number in range(60)]


# CQL


@pytest.mark.parametrize(
    ("cql", "titles"),
    [
        ("type=page", ["Home", "Disk", "Logs", "Cake"]),
        ("type = blogpost", []),
        ('type=page and space = "KI"', ["Home", "Disk", "Logs"]),
        ("space in (KI, 'HB') and type=page", ["Home", "Disk", "Logs", "Cake"]),
        ('space = "NONE"', []),
        ("space != KI", ["Cake"]),
        ("type=page and id in (1000, 5)", ["Home"]),
        ("id = 1000 or label = disk", ["Home", "Disk"]),
        ('label = "Run"', ["Disk", "Logs"]),
        ('label in ("disk", "none")', ["Disk"]),
        ("type=page and label != run", ["Home", "Cake"]),
        ("type=page and label not in (run)", ["Home", "Cake"]),
        ("type=page and not label = run", ["Home", "Cake"]),
        ("type=page and not (label = disk or space = HB)", ["Home", "Logs"]),
        ("ancestor = 1000", ["Disk", "Logs"]),
        ("parent = 1000", []),
        ("ancestor in (1000) and (label = disk or label = none)", ["Disk"]),
        ('title = "disk"', ["Disk"]),
        ('title ~ "o"', ["Home", "Logs"]),
        ('lastmodified >= "2026-06-15 09:00"', ["Disk", "Logs"]),
        ('lastmodified > "2026-06-15 09:00"', ["Disk"]),
        ('lastmodified < "2026/06/13"', ["Home"]),
        ('type=page and lastmodified >= now("-2d")', ["Disk", "Logs", "Cake"]),
        ('lastmodified >= now("-90m")', ["Disk"]),
        ("type=page order by title", ["Cake", "Disk", "Home", "Logs"]),
        ("type=page ORDER BY lastmodified desc", ["Disk", "Logs", "Cake", "Home"]),
    ],
)
def test_cql_finds(client: Client, cql: str, titles: list[str]) -> None:
    assert client.search(cql, limit=2) == titles


def test_the_index_finds_what_stands_below_a_folder(client: Client) -> None:
    folder = next(iter(client.site.state.folders))
    assert client.search(f"ancestor = {folder}") == ["Disk", "Logs"]


@pytest.mark.parametrize(
    "cql",
    [
        "",
        "type=",
        'title = "a" b"',
        'space = "KI',
        "status = current",
        "not type=page",
        "space in ()",
        "id = abc",
        "label ~ run",
        'lastmodified > "yesterday"',
        'lastmodified > now("2d")',
        "(type=page",
        "type=page order by colour",
    ],
)
def test_cql_that_cannot_be_parsed_is_400_in_the_form_of_v1(client: Client, cql: str) -> None:
    answer = client.get("/wiki/rest/api/content/search", cql=cql)
    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400


def test_escaped_quotes_stay_inside_the_text(client: Client) -> None:
    client.site.state.add_page('He said "\\o/"', "HB")
    assert client.search(r'title = "He said \"\\o/\""') == ['He said "\\o/"']


def test_cql_reads_dates_in_the_callers_time_zone(client: Client) -> None:
    client.site.state.time_zone = "Asia/Tokyo"  # nine hours ahead
    assert client.search('lastmodified >= "2026-06-15 18:00"') == ["Disk", "Logs"]
    assert client.get("/wiki/rest/api/user/current").json()["timeZone"] == "Asia/Tokyo"


def test_the_index_lags_and_lists_do_not(client: Client) -> None:
    state = client.site.state
    state.reindex()
    state.index_lag_seconds = float("inf")
    page_id = state.add_page("New", "HB", labels=["run"])
    state.set_labels("1000", ["run"])
    state.purge(id_of(state, "Logs"))
    assert client.search("label = run") == ["Disk"]
    assert page_id in [row["id"] for row in client.rows("/wiki/api/v2/pages")]
    state.reindex()
    assert client.search("label = run") == ["Home", "Disk", "New"]


def test_a_page_trashed_behind_the_indexs_back_shows_its_status(client: Client) -> None:
    state = client.site.state
    state.reindex()
    state.index_lag_seconds = float("inf")
    state.trash("1000")
    rows = client.rows("/wiki/rest/api/content/search", cql="id = 1000")
    assert [row["status"] for row in rows] == ["trashed"]


# Faults


@pytest.mark.parametrize(
    ("fault", "status", "sign"),
    [
        (site_faults.rate_limited("7"), 429, "Rate limit"),
        (site_faults.server_error(502), 502, "<html>"),
        (site_faults.error(418, "tea"), 418, "tea"),
        (site_faults.login_page(), 200, "Log in"),
        (site_faults.text("null"), 200, "null"),
        (site_faults.truncated_json(12), 200, '{"results": '),
        (site_faults.redirect("http://127.0.0.1:9/"), 302, ""),
        (site_faults.next_link_to("https://evil.example/"), 200, "https://evil.example/"),
        (site_faults.rewritten(lambda answer: answer | {"results": []}), 200, '"results": []'),
    ],
)
def test_a_fault_strikes_once(client: Client, fault: Fault, status: int, sign: str) -> None:
    client.site.fail(r"/wiki/api/v2/spaces$", fault)
    url = f"{client.site.gateway_url}/wiki/api/v2/spaces"
    answer = client.session.get(url, timeout=10, allow_redirects=False)
    assert answer.status_code == status
    assert sign in answer.text
    assert client.get("/wiki/api/v2/spaces").json()["results"]


def test_headers_of_a_fault_are_sent(client: Client) -> None:
    client.site.fail("user", site_faults.rate_limited("7", X_RateLimit_NearLimit="true"))
    headers = client.get("/wiki/rest/api/user/current").headers
    assert (headers["Retry-After"], headers["X-RateLimit-NearLimit"]) == ("7", "true")


@pytest.mark.parametrize("fault", [site_faults.reset(), site_faults.reset_in_body(20)])
def test_a_reset_is_a_connection_error(client: Client, fault: Fault) -> None:
    injected = client.site.fail(lambda request: request.number == 1, fault, times=None)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("/wiki/api/v2/spaces")
    assert client.get("/wiki/api/v2/spaces").status_code == 200
    assert injected.hits == 1


def test_a_fault_can_come_later_and_stay_until_it_is_cleared(client: Client) -> None:
    client.site.fail("spaces", site_faults.server_error(), times=None, after=1)
    told = [client.get("/wiki/api/v2/spaces").status_code for _ in range(3)]
    client.site.clear_faults()
    told.append(client.get("/wiki/api/v2/spaces").status_code)
    assert told == [200, 500, 500, 200]


def test_a_repeated_cursor_leads_to_the_same_place(client: Client) -> None:
    client.site.fail("pages", site_faults.repeated_cursor(), times=None)
    answers = client.answers("/wiki/api/v2/pages", limit=1)
    links = [next(answers)["_links"]["next"] for _ in range(8)]
    assert len(set(links)) == 1


def test_a_list_can_end_too_early(client: Client) -> None:
    client.site.fail("pages", site_faults.without_next())
    answer = client.get("/wiki/api/v2/pages", limit=1)
    assert "next" not in answer.json()["_links"]
    assert not answer.links


def test_closing_the_site_ends_a_hanging_answer(state: SiteState) -> None:
    site = ConfluenceSite(state)
    with site:
        site.fail("spaces", site_faults.hang(3600))
        with pytest.raises(requests.Timeout):
            requests.get(f"{site.gateway_url}/wiki/api/v2/spaces", timeout=0.05)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{site.gateway_url}/wiki/api/v2/spaces", timeout=1)


def test_a_site_comes_back_at_its_address(state: SiteState) -> None:
    site = ConfluenceSite(state)
    for _ in range(2):
        with site:
            assert Client(site).get("/wiki/rest/api/user/current").status_code == 200
    assert site.count() == 2


def test_requests_are_counted(client: Client) -> None:
    client.get("/wiki/api/v2/pages", id="1,2")
    client.get("/wiki/api/v2/pages", id="3")
    assert client.site.count(r"/v2/pages\?id=1,2$") == 1
    assert client.site.count() == 2
    assert all(told.is_gateway and told.has_credentials for told in client.site.requests)


def test_the_site_runs_by_itself() -> None:
    command = [sys.executable, "-m", "demo.confluence_site"]
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            told = dict(line.strip().split("=", 1) for line in islice(program.stdout, 3))
            credentials = (told["CONF_USER"], told["CONF_API_TOKEN"])
            url = f"{told['CONF_BASE_URL']}/wiki/api/v2/spaces"
            rows = requests.get(url, auth=credentials, timeout=10).json()["results"]
        finally:
            program.terminate()
    assert [row["name"] for row in rows] == ["Known Issues", "Platform Handbook"]


# The demo's pages


def test_every_question_has_its_page() -> None:
    titles = [page.title for page in demo_state().pages.values()]
    assert len(set(titles)) == len(titles)
    assert set(ANSWERS.values()) <= set(titles)


def test_links_between_demo_pages_lead_somewhere() -> None:
    state = demo_state()
    with ConfluenceSite(state) as site:
        for row in Client(site).rows(
            "/wiki/rest/api/content/search", cql="type=page", expand="body.export_view"
        ):
            body = row["body"]["export_view"]["value"]
            assert "{{" not in body
            for url in re.findall(rf'"({re.escape(site.base_url)}/wiki/spaces/[^"]*)"', body):
                assert requests.get(url, timeout=10).status_code == 200, url


def test_one_demo_page_fails_to_render_and_has_its_source() -> None:
    page = demo_state().pages["98417"]
    assert "Unable to render" in page.body("export_view")
    assert "LAN-2310" in page.body("storage")
