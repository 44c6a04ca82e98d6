"""A space that cannot be listed, together with restrictions, labels, includes and shards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState
from demo.confluence_site.faults import error, rewritten, server_error
from tests.run.test_dependent_pages import include
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import VectorApi

SKIP = {"RESTRICTED_PAGES": "skip"}


class Place:
    """Two spaces of four pages each, two in an answer of a list; those of HB have labels."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.state, self.api, self.folder = site, site.state, api, folder

    def sync(self, **more: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder)
        return sync_now(environ | {"FILTER_SPACE_KEYS": "KI,HB"} | more)

    def break_off(self, key: str) -> None:
        """Let the listing of a space end after its first answer, and no restriction be read."""
        space_id = self.state.spaces[key].id
        self.site.fail("space-id=", server_error(500), times=None)
        self.site.fail(rf"/spaces/{space_id}/pages", server_error(500), times=None, after=1)

    @property
    def titles(self) -> set[str]:
        rows = self.api.documents("confluence").values()
        return {str(row.metadata["title"]) for row in rows}

    @property
    def texts(self) -> str:
        return "\n".join(row.text for row in self.api.documents("confluence").values())


TITLES = {f"{key} {number}" for key in ("KI", "HB") for number in range(4)}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    state = SiteState()
    for key in ("KI", "HB"):
        state.add_space(key, f"Space {key}")
        for number in range(4):
            labels = ["known"] if key == "HB" else []
            state.add_page(f"{key} {number}", key, f"<p>{key} {number}.</p>", labels=labels)
    paging = Paging(list_rows=2)
    with ConfluenceSite(state, paging=paging) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


def test_what_a_broken_listing_began_with_is_neither_asked_for_restrictions_nor_deleted(
    place: Place,
) -> None:
    assert place.sync(**SKIP).code == 0
    place.break_off("HB")
    asked = place.site.fail("byOperation", error(403), times=None)
    ended = place.sync(MAX_DELETE_PERCENT="100", **SKIP)
    assert (ended.code, ended["pages"]["deleted"], ended["restricted"]) == (1, 0, {})
    assert asked.hits == 0
    assert place.titles == TITLES


def test_the_text_of_a_page_in_a_space_that_cannot_be_listed_is_included_nowhere(
    place: Place,
) -> None:
    secret, *_ = place.state.page_ids("HB")
    place.state.edit(secret, "<p>The secret.</p>")
    place.state.restrict(secret, users=["boss"])
    source = include('<ri:page ri:content-title="HB 0" ri:space-key="HB"/>')
    place.state.add_page("Outer", "KI", "<p>Outer.</p><p>The secret.</p>", storage=source)
    place.break_off("HB")
    assert place.sync(**SKIP).code == 1
    assert "Outer" in place.titles
    assert "The secret." not in place.texts


def test_labels_that_only_a_space_in_trouble_has_are_no_mistake_of_the_settings(
    place: Place,
) -> None:
    place.break_off("HB")
    assert place.sync(LABELS="known").code == 1
    place.site.clear_faults()
    assert place.sync(LABELS="known").code == 0
    assert place.titles == {title for title in TITLES if title.startswith("HB")}


def test_a_shard_without_a_page_of_the_labels_is_no_mistake_of_the_settings(place: Place) -> None:
    one, *_ = place.state.page_ids("KI")
    place.state.set_labels(one, ["single"])
    shards = [{"SHARD_INDEX": str(number), "SHARD_COUNT": "3"} for number in range(3)]
    assert {place.sync(LABELS="single", **shard).code for shard in shards} == {0}
    assert place.titles == {"KI 0"}
    elsewhere = str(place.folder / "elsewhere")
    assert place.sync(LABELS="sinlge", STATE_DIR=elsewhere, **shards[0]).code == 3


@pytest.fixture
def outer(place: Place) -> str:
    """A page of KI that shows the first page of HB, by another one."""
    shown, first = next(iter(place.state.page_ids("HB"))), next(iter(place.state.page_ids("KI")))

    def render() -> str:
        return "<p>Around it.</p>" + place.state.pages[shown].body("export_view")

    place.state.edit(
        first, render, storage=include('<ri:page ri:content-title="HB 0" ri:space-key="HB"/>')
    )
    return place.state.add_page(
        "Outer", "KI", render, storage=include('<ri:page ri:content-title="KI 0"/>')
    )


@pytest.mark.usefixtures("outer")
def test_a_page_that_is_restricted_later_leaves_those_that_include_it_at_once(
    place: Place,
) -> None:
    assert place.sync(**SKIP).code == 0
    assert place.texts.count("HB 0.") == 3
    shown, *_ = place.state.page_ids("HB")
    place.state.restrict(shown, users=["boss"])
    assert place.sync(**SKIP).code == 0
    assert "HB 0." not in place.texts
    assert {"KI 0", "Outer"} <= place.titles
    place.state.restrict(shown)
    assert place.sync(**SKIP).code == 0
    assert place.texts.count("HB 0.") == 3


def test_what_was_left_out_while_a_space_could_not_be_listed_returns_with_it(
    place: Place, outer: str
) -> None:
    assert place.sync(**SKIP).code == 0
    place.break_off("HB")
    place.state.edit(outer)
    assert place.sync(**SKIP).code == 1
    place.site.clear_faults()
    assert place.sync(**SKIP).code == 0
    assert place.texts.count("HB 0.") == 3


def test_a_row_of_the_search_that_cannot_be_read_is_named_in_the_report(place: Place) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        answer["results"][0]["metadata"] = None
        return answer

    place.site.fail("content/search.*label", rewritten(spoil), times=None)
    ended = place.sync(LABELS="known")
    assert (ended.code, len(place.titles)) == (0, 3)
    assert any("the page stays as it is" in warning for warning in ended["warnings"])
