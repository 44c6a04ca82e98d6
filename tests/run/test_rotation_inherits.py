"""What the ledger of a fresh store takes over from that of the active one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site.faults import error
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
