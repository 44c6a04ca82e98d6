"""CQL and the search index."""

import pytest

from tests.support.site_client import SiteClient, id_of


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
def test_cql_finds_pages(client: SiteClient, cql: str, titles: list[str]) -> None:
    assert client.search(cql, limit=2) == titles


def test_pages_below_a_folder_are_found(client: SiteClient) -> None:
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
def test_invalid_cql_is_400_in_the_form_of_v1(client: SiteClient, cql: str) -> None:
    answer = client.get("/wiki/rest/api/content/search", cql=cql)
    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400


def test_escaped_quotes_are_part_of_the_text(client: SiteClient) -> None:
    client.site.state.add_page('He said "\\o/"', "HB")
    assert client.search(r'title = "He said \"\\o/\""') == ['He said "\\o/"']


def test_cql_reads_dates_in_the_callers_time_zone(client: SiteClient) -> None:
    client.site.state.time_zone = "Asia/Tokyo"  # nine hours ahead
    assert client.search('lastmodified >= "2026-06-15 18:00"') == ["Disk", "Logs"]
    assert client.get("/wiki/rest/api/user/current").json()["timeZone"] == "Asia/Tokyo"


def test_the_index_lags_and_lists_do_not(client: SiteClient) -> None:
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


def test_a_page_trashed_since_the_last_indexing_shows_its_status(client: SiteClient) -> None:
    state = client.site.state
    state.reindex()
    state.index_lag_seconds = float("inf")
    state.trash("1000")
    rows = client.rows("/wiki/rest/api/content/search", cql="id = 1000")
    assert [row["status"] for row in rows] == ["trashed"]
