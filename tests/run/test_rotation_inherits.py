"""What the ledger of a fresh store takes over from that of the active one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site.faults import error
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.rotation.fresh_store import FreshStore
from pipeline.state import open_memory_ledger
from pipeline.upsert.dry_run import DryRun
from tests.run.test_rotation_keeps import fail_body
from tests.support.convert import macro
from tests.support.rotating import PAGES, Rotating, open_rotating, to_body


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Rotating]:
    with open_rotating(tmp_path) as place:
        yield place


def test_ledgers_of_another_shard_count_are_not_taken_over_again(place: Rotating) -> None:
    for index in ("0", "1"):
        more = {"UPDATE_STRATEGY": "append", "SHARD_INDEX": index, "SHARD_COUNT": "2"}
        assert place.sync(**more).code == 0
    place.edit(1, "was")
    assert place.sync().code == 0
    ended = place.sync()
    assert (ended.code, ended["warnings"], ended["pages"]["unchanged"]) == (0, [], PAGES)


def test_a_first_change_of_the_shard_count_takes_over_what_a_rotation_has_left(
    place: Rotating,
) -> None:
    place.edit(1, "was")
    assert place.sync().code == 0
    more = {"UPDATE_STRATEGY": "append", "SHARD_INDEX": "0", "SHARD_COUNT": "2"}
    ended = place.sync(**more)
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 0)


def test_a_space_that_was_not_listed_meanwhile_has_been_listed_before(place: Rotating) -> None:
    place.state.add_space("HR", "People")
    place.state.add_page("Holidays", "HR", to_body(20))
    scope = {"SPACE_NAME": "", "FILTER_SPACE_KEYS": "KI,HR", "SINCE_HOURS": "24"}
    assert place.sync(**scope).code == 0
    place.edit(1, "was")
    space_id = place.state.spaces["HR"].id
    place.site.fail(rf"space-id=|/spaces/{space_id}/pages", error(403), times=None)
    assert place.sync(**scope).code == 1
    place.site.clear_faults()
    aged = datetime.now(UTC) - timedelta(days=300)
    restored = place.state.add_page("Restored", "HR", to_body(21), modified=aged)
    assert place.sync(**scope, UPDATE_STRATEGY="upsert").code == 0
    assert restored in place.held()


def test_a_program_that_cannot_rotate_leaves_the_rotation_of_another_alone(tmp_path: Path) -> None:
    ledger, sink = open_memory_ledger(), DryRun(None)
    everything = lambda page_id: True  # noqa: E731 - named for the call below
    collection = Collection("docs", "server", sink, ledger, Report(), tmp_path, everything)
    (tmp_path / "rotation.sqlite3").touch()
    FreshStore(collection, Report(), tmp_path).discard()
    assert (tmp_path / "rotation.sqlite3").exists()


def include_page_2(place: Rotating, page: int) -> None:
    """Let a page show what page 2 says."""
    included = place.state.pages[place.ids[2]]
    link = '<ac:link><ri:page ri:content-title="Page 2"/></ac:link>'
    storage = macro("include", f'<ac:parameter ac:name="">{link}</ac:parameter>')
    place.state.edit(
        place.ids[page],
        lambda: to_body(page) + place.state.pages[included.id].body("export_view"),
        storage=storage,
    )
    assert place.sync().code == 0
    assert shows(place, page, "Page 2 is here.")


def shows(place: Rotating, page: int, text: str) -> bool:
    documents = place.api.documents(place.active).values()
    own = [one.text for one in documents if one.metadata["page_id"] == place.ids[page]]
    return text in "\n".join(own)


def test_a_page_that_was_read_back_is_refreshed_after_refresh_hours(place: Rotating) -> None:
    issues = ["Unable to render Jira issues macro, execution error."]
    error = '<p><span class="error">{}</span></p>'
    place.state.edit(place.ids[6], lambda: to_body(6) + error.format(issues[0]))
    assert place.sync().code == 0
    place.edit(1, "was")
    fail_body(place, 6)
    assert place.sync().code == 1
    place.site.clear_faults()
    issues[0] = "Two issues are open."
    place.pass_days(8)
    assert place.sync()["pages"]["changed"] == 1
    assert shows(place, 6, "Two issues are open.")


def test_a_later_night_fetches_what_includes_a_page_that_has_changed_since(
    place: Rotating,
) -> None:
    include_page_2(place, 0)
    place.begin()
    place.edit(2, "became")
    place.sync()
    assert shows(place, 0, "Page 2 became here.")
