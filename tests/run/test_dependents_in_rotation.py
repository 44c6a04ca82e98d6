"""Pages whose text depends on others, or changes by itself, while a store is rotated."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site.faults import rewritten
from tests.run.test_dependent_pages import NO_JIRA, include
from tests.run.test_rotation_keeps import LISTING, without
from tests.support.convert import macro
from tests.support.rotating import Rotating, open_rotating


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Rotating]:
    with open_rotating(tmp_path) as place:
        yield place


def says(place: Rotating, words: str) -> bool:
    return any(words in document.text for document in place.api.documents(place.active).values())


def test_an_edit_between_two_nights_is_in_pages_that_the_first_night_wrote(
    place: Rotating,
) -> None:
    def render() -> str:
        return "<p>Outer shows:</p>" + place.state.pages[place.ids[3]].body("export_view")

    source = include('<ri:page ri:content-title="Page 3"/>')
    place.state.edit(place.ids[0], render, storage=source)
    assert place.sync().code == 0
    place.begin()
    place.edit(3, "became")
    assert place.sync().code == 7, "beside what the first night wrote"
    rows = place.api.documents(place.active).values()
    shown = [row.text for row in rows if row.metadata["page_id"] == place.ids[0]]
    assert any("Page 3 became here." in text for text in shown)


@pytest.mark.slow
def test_a_page_that_was_carried_over_is_fetched_again_after_refresh_hours(
    place: Rotating,
) -> None:
    source = "<p>Open issues:</p>" + macro("jira", jqlQuery="project = OPS")
    board = place.state.add_page("Board", "KI", NO_JIRA, storage=source)
    assert place.sync().code == 0
    place.state.render(board, "<p>Open issues: OPS-1 Leak</p>")
    place.edit(1, "was")
    place.site.fail(LISTING, rewritten(without({board})), times=None)
    assert place.sync().code == 0
    assert place.answers(1, "was")
    assert not says(place, "OPS-1 Leak")
    place.site.clear_faults()
    place.pass_days(8)
    assert place.sync().code == 0
    assert says(place, "OPS-1 Leak")
