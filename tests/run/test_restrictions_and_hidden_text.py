"""Whole runs: what of a site is taken in, where pages are restricted or hold hidden text."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site import faults as site_faults
from demo.pages import demo_state
from tests.support.program import environment, sync_now
from tests.support.vector_api import VectorApi

EVERYBODY = {"Home", "Public", "Secret"}


@pytest.fixture
def state() -> SiteState:
    """Home is the parent of Public and of a folder, which is the parent of Secret."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    home = state.add_page("Home", "KI", "<p>Start here.</p>")
    state.add_page("Public", "KI", "<p>For all eyes.</p>", parent=home)
    folder = state.add_folder("Drawer", "KI", parent=home)
    state.add_page("Secret", "KI", "<p>For few eyes.</p>", parent=folder)
    return state


@pytest.fixture
def api() -> Iterator[VectorApi]:
    with VectorApi(delete_route="document") as api:
        yield api


@pytest.fixture
def environ(site: ConfluenceSite, api: VectorApi, tmp_path: Path) -> dict[str, str]:
    return environment(site, api.base_url, tmp_path, RESTRICTED_PAGES="skip")


def titles(api: VectorApi) -> set[str]:
    return {str(document.metadata["title"]) for document in api.documents("confluence").values()}


def item(state: SiteState, title: str) -> str:
    """The id of a page or folder."""
    every = {**state.pages, **state.folders}
    return next(item_id for item_id, entry in every.items() if entry.title == title)


@pytest.mark.parametrize(
    ("restricted", "left"),
    [
        ("Secret", {"Home", "Public"}),
        ("Drawer", {"Home", "Public"}),
        ("Public", {"Home", "Secret"}),
        ("Home", set()),
    ],
)
def test_a_page_is_skipped_while_it_or_an_ancestor_is_restricted(
    restricted: str, left: set[str], environ: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    state.restrict(item(state, restricted), groups=["admins"])
    first = sync_now(environ)
    assert (first.code, titles(api)) == (0, left)
    state.restrict(item(state, restricted))
    assert sync_now(environ).code == 0
    assert titles(api) == EVERYBODY
    inserts = api.count("insert")
    state.restrict(item(state, restricted), users=["boss"])
    again = sync_now(environ)
    assert (again.code, again["pages"]["deleted"]) == (0, len(EVERYBODY - left))
    assert titles(api) == left
    assert api.count("insert") == inserts
    state.restrict(item(state, restricted))
    assert sync_now(environ).code == 0
    assert titles(api) == EVERYBODY


@pytest.fixture
def old(environ: dict[str, str], state: SiteState) -> dict[str, str]:
    """Settings that let none of the pages in as a new one."""
    for page in list(state.pages.values()):
        state.rename(page.id, page.title, modified=page.modified - timedelta(days=300))
    return environ | {"SINCE_HOURS": "24"}


@pytest.mark.parametrize("mode", ["skip", "include"])
def test_a_page_that_was_skipped_is_ingested_however_old_it_is(
    mode: str, old: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    state.restrict(item(state, "Secret"), users=["boss"])
    assert sync_now(old).code == 0
    assert titles(api) == set()
    if mode == "skip":
        state.restrict(item(state, "Secret"))
    assert sync_now(old | {"RESTRICTED_PAGES": mode}).code == 0
    assert titles(api) == {"Secret"}


def test_a_page_that_left_in_an_incomplete_run_is_ingested_again(
    environ: dict[str, str],
    old: dict[str, str],
    state: SiteState,
    site: ConfluenceSite,
    api: VectorApi,
) -> None:
    assert sync_now(environ).code == 0
    state.restrict(item(state, "Secret"), users=["boss"])
    broken = state.add_page("Broken", "KI", "<p>Not today.</p>")
    site.fail(broken, site_faults.server_error(500), times=None)
    assert sync_now(old).code == 1
    assert titles(api) == EVERYBODY - {"Secret"}
    state.restrict(item(state, "Secret"))
    site.clear_faults()
    assert sync_now(old).code == 0
    assert titles(api) == EVERYBODY | {"Broken"}


def test_with_include_restrictions_change_nothing(
    environ: dict[str, str], state: SiteState, site: ConfluenceSite, api: VectorApi
) -> None:
    environ = environ | {"RESTRICTED_PAGES": "include"}
    assert sync_now(environ).code == 0
    for title in ("Home", "Drawer", "Public"):
        state.restrict(item(state, title), users=["boss"])
    again = sync_now(environ)
    assert (again.code, again["pages"]["unchanged"]) == (0, 3)
    assert titles(api) == EVERYBODY
    assert not site.count("restriction")


def drop_restrictions(answer: site_faults.Json) -> site_faults.Json:
    rows = [{k: v for k, v in row.items() if k != "restrictions"} for row in answer["results"]]
    return answer | {"results": rows}


UNREADABLE = {
    "403": site_faults.error(403),
    "410": site_faults.error(410),
    "500": site_faults.server_error(500),
    "nothing": site_faults.text("{}"),
}
SEARCH, FOLDER = "content/search", "restriction/byOperation"


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        *((SEARCH, fault) for fault in UNREADABLE.values()),
        (FOLDER, UNREADABLE["500"]),
        (FOLDER, UNREADABLE["nothing"]),
        (SEARCH, site_faults.rewritten(drop_restrictions)),
    ],
    ids=[
        *(f"{SEARCH} {name}" for name in UNREADABLE),
        f"{FOLDER} 500",
        f"{FOLDER} nothing",
        "left out",
    ],
)
def test_while_restrictions_cannot_be_read_nothing_is_added_or_deleted(
    where: str,
    fault: site_faults.Fault,
    environ: dict[str, str],
    state: SiteState,
    site: ConfluenceSite,
    api: VectorApi,
) -> None:
    assert sync_now(environ).code == 0
    state.restrict(item(state, "Public"), users=["boss"])
    state.add_page("New", "KI", "<p>Perhaps restricted.</p>")
    site.fail(where, fault, times=None)
    ended = sync_now(environ)
    assert ended.code in (3, 4)
    assert titles(api) == EVERYBODY


@pytest.mark.parametrize("status", [403, 404, 410])
def test_pages_in_a_folder_that_cannot_be_asked_leave_the_collection_and_return(
    status: int,
    environ: dict[str, str],
    state: SiteState,
    site: ConfluenceSite,
    api: VectorApi,
) -> None:
    assert sync_now(environ).code == 0
    state.add_page("New", "KI", "<p>For all.</p>")
    site.fail(FOLDER, site_faults.error(status), times=None)
    ended = sync_now(environ)
    assert (ended.code, titles(api)) == (0, EVERYBODY - {"Secret"} | {"New"})
    assert ended["restricted"] == {"unknown": 1}
    assert any(f"folder {item(state, 'Drawer')}" in warning for warning in ended["warnings"])
    assert "Secret" not in str(ended.report)
    site.clear_faults()
    assert sync_now(environ)["restricted"] == {}
    assert titles(api) == EVERYBODY | {"New"}


def test_the_report_counts_the_skipped_pages_by_what_restricts_them(
    environ: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    board = state.add_folder("Board", "KI", kind="whiteboard")
    for number in range(2):
        state.add_page(f"Sketch {number}", "KI", "<p>For few.</p>", parent=board)
    for restricted in (board, item(state, "Public"), item(state, "Drawer")):
        state.restrict(restricted, users=["boss"])
    ended = sync_now(environ)
    assert ended["restricted"] == {"folder": 1, "page": 1, "whiteboard": 2}
    assert titles(api) == {"Home"}
    for title in ("Sketch", "Public", "Secret"):
        assert title not in str(ended.report)


def test_skipping_costs_one_request_for_250_pages_and_two_for_each_folder(
    api: VectorApi, tmp_path: Path
) -> None:
    state = demo_state()
    costs = {}
    with ConfluenceSite(state) as site:
        for mode in ("include", "skip"):
            environ = environment(site, api.base_url, tmp_path / mode, COLLECTION_ID=mode)
            (tmp_path / mode).mkdir()
            sync_now(environ | {"RESTRICTED_PAGES": mode})
            before = len(site.requests)
            assert sync_now(environ | {"RESTRICTED_PAGES": mode}).code == 0
            costs[mode] = len(site.requests) - before
    assert costs["skip"] - costs["include"] == 1 + 2 * len(state.folders), costs


# Includes


def including(title: str, space: str = "") -> str:
    key = f' ri:space-key="{space}"' if space else ""
    return (
        '<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link>'
        f'<ri:page{key} ri:content-title="{title}"/></ac:link></ac:parameter>'
        "</ac:structured-macro>"
    )


def stored_text(api: VectorApi) -> str:
    return " ".join(document.text for document in api.documents("confluence").values())


def test_what_a_page_includes_of_a_skipped_page_is_left_out_however_far_away(
    environ: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    shown = "<p>Own words.</p><p>For few eyes.</p>"
    direct = state.add_page(
        "Direct", "KI", shown, storage=f"<p>Own words.</p>{including('Secret')}"
    )
    state.add_page("Loop", "KI", shown, storage=f"<p>L.</p>{including('Loop')}")
    state.add_page("Via", "KI", shown, storage=f"<p>V.</p>{including('Loop')}{including('Direct')}")
    state.add_page("Elsewhere", "KI", shown, storage=f"<p>E.</p>{including('Page', 'HR')}")
    unnamed = f"<p>U.</p>{including('')}"
    state.add_page("Unnamed", "KI", "<p>For whom?</p>", storage=unnamed)
    state.add_page("Far", "KI", "<p>For whom?</p>", storage=including("Unnamed"))
    state.add_page("Fine", "KI", "<p>For all eyes, too.</p>", storage=including("PUBLIC"))
    state.add_page("Über alles", "KI", "<p>Open.</p>")
    state.add_page("Case", "KI", "<p>For any eyes.</p>", storage=including("ÜBER  Alles"))
    assert sync_now(environ).code == 0
    assert stored_text(api).count("For few eyes") == 4  # Secret, Direct, Loop, Via
    state.restrict(item(state, "Secret"), users=["boss"])
    ended = sync_now(environ)
    assert ended.code == 0
    assert stored_text(api).count("For few eyes") == 1  # Loop, which includes nothing but itself
    assert "For all eyes, too." in stored_text(api)
    assert "For any eyes." in stored_text(api)
    assert "For whom?" not in stored_text(api)
    assert any(f"page {direct} 'Direct': left out" in warning for warning in ended["warnings"])
    assert "Secret" not in str(ended.report)


@pytest.mark.parametrize("restricted", ["Secret", "Drawer"])
def test_the_text_of_a_page_leaves_and_returns_to_unchanged_pages_with_its_restriction(
    restricted: str, environ: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    storage = f"<p>Own.</p>{including('Secret')}"
    state.add_page("Direct", "KI", "<p>Own.</p><p>For few eyes.</p>", storage=storage)
    state.add_page("Over", "KI", "<p>For few eyes.</p>", storage=including("Direct"))
    environ["REFRESH_HOURS"] = "0"
    for users, shown in (([], 3), (["boss"], 0), ([], 3)):
        state.restrict(item(state, restricted), users=users)
        assert sync_now(environ).code == 0
        assert stored_text(api).count("For few eyes") == shown
        assert sync_now(environ)["pages"]["changed"] == 0


def test_what_was_included_while_everything_was_stored_leaves_with_the_setting(
    environ: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    body = "<p>For few eyes.</p>"
    state.add_page("Direct", "KI", body, storage=f"<p>Own.</p>{including('Page', 'HR')}")
    assert sync_now(environ | {"RESTRICTED_PAGES": "include"}).code == 0
    assert stored_text(api).count("For few eyes") == 2
    state.restrict(item(state, "Secret"), users=["boss"])
    assert sync_now(environ).code == 0
    assert "For few eyes" not in stored_text(api)


# Hidden text

HIDDEN = """<p>Seen<span style="display:none">, unseen one</span>
and z\u200be\u2060b\u202era\u202c.</p>
<div hidden="">unseen two</div><div style="visibility: hidden">unseen three</div>
<pre>let\u2066 code = 1\u2069</pre><p style="font-size:0">unseen four</p>
<p>\U000e0075\U000e006e\U000e0073\U000e0065\U000e0065\U000e006e flag</p>"""


def test_text_that_no_reader_sees_is_dropped_and_counted(
    environ: dict[str, str], state: SiteState, api: VectorApi
) -> None:
    title = "Blank\u200b et\u202e\U000e0041"
    page = state.add_page(title, "KI", HIDDEN, labels=["safe"])
    ended = sync_now(environ)
    assert ended.code == 0
    stored = [document for document in api.documents("confluence").values() if page in document.id]
    text = " ".join(f"{document.text} {document.metadata}" for document in stored)
    assert "Seen and zebra." in text
    assert "let code = 1" in text
    assert "Blank et" in text
    assert "unseen" not in text
    assert text.replace("\n", "").isprintable()
    [warning] = [entry for entry in ended["warnings"] if "invisible text" in entry]
    unseen = ", unseen one" + "unseen two" + "unseen three" + "unseen four"
    assert f"{len(unseen) + 6 + 6 + 3} characters on 1 pages, most of it on page {page}" in warning


def test_a_site_without_hidden_text_is_not_warned_about(environ: dict[str, str]) -> None:
    assert sync_now(environ)["warnings"] == []
