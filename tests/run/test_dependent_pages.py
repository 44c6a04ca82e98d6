"""Pages whose text depends on others, or on what no listing shows: in whole runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from tests.support.convert import macro
from tests.support.program import Ended, environment, sync_now
from tests.support.recovery import EVER, SEARCH, SINGLE
from tests.support.site_pages import WHEN
from tests.support.vector_api import VectorApi

NO_JIRA = (
    "<p>Open issues:</p>"
    '<p><span class="error">Unable to render Jira issues macro, execution error.</span></p>'
)


def include(resource: str) -> str:
    return macro(
        "include", f'<ac:parameter ac:name=""><ac:link>{resource}</ac:link></ac:parameter>'
    )


class Place:
    """A site whose renderings hold what they include, and the collection of its space KI."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder, self.state = site, api, folder, site.state
        self.now = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)
        self.state.clock = lambda: self.now
        self.rules = self.add('Rules & "valves"', "<p>Close the valve.</p>")
        self.add("Alone", "<p>On its own.</p>")

    def add(self, title: str, body: str, space: str = "KI") -> str:
        return self.state.add_page(title, space, body, modified=WHEN)

    def add_including(self, title: str, page_id: str, space_key: str = "") -> str:
        """Add a page that shows another one, by the title that it has at the time."""

        def render() -> str:
            page = self.state.pages.get(page_id)
            shown = page.body("export_view") if page else "Unable to render {include}"
            return f"<p>This is {title}.</p>{shown}"

        def to_source() -> str:
            page = self.state.pages.get(page_id)
            name = page.title.replace("&", "&amp;").replace('"', "&quot;") if page else "gone"
            space = f' ri:space-key="{space_key}"' if space_key else ""
            return include(f'<ri:page ri:content-title="{name}"{space}/>')

        return self.state.add_page(title, "KI", render, storage=to_source, modified=WHEN)

    def sync(self, **settings: str) -> Ended:
        """Run, a minute after the last change."""
        self.now += timedelta(minutes=1)
        environ = environment(self.site, self.api.base_url, self.folder, SPACE_NAME="Known Issues")
        return sync_now(environ | settings)

    def text_of(self, page_id: str) -> str:
        rows = self.api.documents("confluence").values()
        return "\n".join(row.text for row in rows if row.metadata["page_id"] == page_id)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("HB", "Handbook")
    with ConfluenceSite(state) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


def test_an_edit_is_in_every_page_that_includes_the_edited_one(place: Place) -> None:
    inner = place.add_including("Inner", place.rules)
    outer = place.add_including("Outer", inner, "KI")
    place.sync()
    place.state.edit(place.rules, "<p>Open the valve.</p>")
    ended = place.sync()
    assert (ended.code, ended["pages"]["changed"], ended["pages"]["unchanged"]) == (0, 3, 1)
    for page_id in (inner, outer):
        assert "Open the valve." in place.text_of(page_id)
        assert "Close the valve." not in place.text_of(page_id)
    before = place.site.count(SEARCH)
    assert place.sync()["pages"]["unchanged"] == 4
    assert place.site.count(SEARCH) == before


def test_a_run_that_misses_the_including_page_does_not_lose_the_edit(place: Place) -> None:
    outer = place.add_including("Outer", place.rules)
    place.sync()
    place.state.edit(place.rules, "<p>Open the valve.</p>")
    place.site.fail(SEARCH, faults.error(400), times=EVER)
    place.site.fail(rf"/pages/{outer}\b", faults.server_error(500), times=EVER)
    assert place.sync().code == 1
    place.site.clear_faults()
    assert place.sync()["pages"]["changed"] == 1
    assert "Open the valve." in place.text_of(outer)


def test_a_renamed_page_and_the_same_text_cost_no_insert_in_those_that_include_it(
    place: Place,
) -> None:
    place.add_including("Outer", place.rules)
    place.sync()
    place.state.rename(place.rules, "Other rules")
    ended = place.sync()
    assert (ended["pages"]["changed"], ended["pages"]["unchanged"]) == (1, 2)
    assert ended["chunks"]["inserted"] == 1
    assert place.sync()["chunks"]["inserted"] == 0


def test_a_page_deleted_in_confluence_disappears_from_those_that_include_it(place: Place) -> None:
    outer = place.add_including("Outer", place.rules)
    place.sync()
    place.state.purge(place.rules)
    assert place.sync().code == 0
    assert "valve" not in place.text_of(outer)


def test_a_page_of_another_space_is_read_again_after_refresh_hours(place: Place) -> None:
    outside = place.add("Outside", "<p>Old text.</p>", "HB")
    outer = place.add_including("Outer", outside, "HB")
    place.sync()
    place.state.edit(outside, "<p>New text.</p>")
    place.now += timedelta(hours=160 - 24)
    assert place.sync()["pages"]["unchanged"] == 3
    place.now += timedelta(hours=24)
    assert place.sync()["pages"]["changed"] == 1
    assert "New text." in place.text_of(outer)


def test_an_edit_of_an_included_page_that_the_labels_leave_out_is_noticed(place: Place) -> None:
    outer = place.add_including("Outer", place.rules)
    place.state.set_labels(outer, ["ops"])
    place.sync(LABELS="ops")
    place.state.edit(place.rules, "<p>Open the valve.</p>")
    assert place.sync(LABELS="ops")["pages"]["changed"] == 1
    assert "Open the valve." in place.text_of(outer)


def test_jira_that_was_down_for_one_night_is_shown_after_refresh_hours(place: Place) -> None:
    source = "<p>Open issues:</p>" + macro("jira", jqlQuery="project = OPS")
    page = place.state.add_page("Board", "KI", NO_JIRA, storage=source, modified=WHEN)
    ended = place.sync()
    assert "could not render, read from storage" in ended["warnings"][0]
    place.state.render(page, "<p>Open issues: OPS-1 Leak</p>")
    place.now += timedelta(hours=24)
    assert place.sync()["pages"]["changed"] == 0
    assert place.sync(REFRESH_HOURS="0")["pages"]["changed"] == 0
    assert place.sync(REFRESH_HOURS="24")["pages"]["changed"] == 1
    assert "OPS-1 Leak" in place.text_of(page)
    place.now += timedelta(hours=24)
    ended = place.sync(REFRESH_HOURS="24")  # the text is the same: nothing has changed
    assert (ended["pages"]["unchanged"], ended["chunks"]["inserted"]) == (3, 0)


def test_a_page_that_is_not_rendered_is_there_from_its_storage_format(place: Place) -> None:
    page = place.state.add_page("Odd", "KI", "<p>Rendered.</p>", storage="<p>As written.</p>")
    place.site.fail(rf"{SEARCH}.*\b{page}\b", faults.server_error(500), times=EVER)
    place.site.fail(rf"{SINGLE}.*export_view", faults.server_error(500), times=EVER)
    ended = place.sync()
    assert (ended.code, ended["failures"]) == (0, [])
    assert "As written." in place.text_of(page)
    assert (
        f"page {page} 'Odd': rendered form not available: converted from storage; "
        "includes are not resolved" in ended["warnings"]
    )
    place.site.clear_faults()
    assert place.sync()["pages"]["changed"] == 0
    place.now += timedelta(hours=168)
    assert place.sync()["pages"]["changed"] == 1
    assert "Rendered." in place.text_of(page)
