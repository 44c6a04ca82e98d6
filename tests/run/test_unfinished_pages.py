"""A page that a run left half written is finished, whatever the settings and the page are then."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.killing import sync_and_stop
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.vector_api import Fault, Form, VectorApi

PARTS = 6
SMALL = {"CHUNK_TOKENS": "150", "CHUNK_OVERLAP": "0"}
Held = dict[str, tuple[object, ...]]


class Place:
    """A site with one page of several chunks, and the collection that follows it."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        self.state = site.state
        body = "".join(f"<h2>Part {n}</h2><p>Part {n}. {DETAILS}</p>" for n in range(PARTS))
        self.page = self.state.add_page("Runbook", "KI", body)

    def environ(self, **settings: str) -> dict[str, str]:
        scope = {"SPACE_NAME": "Known Issues", "MAX_DELETE_PERCENT": "100", "BATCH_SIZE": "2"}
        return environment(self.site, self.api.base_url, self.folder, **scope | settings)

    def sync(self, **settings: str) -> Ended:
        return sync_now(self.environ(**settings))

    def kill(self, seen: Callable[[], int], **settings: str) -> None:
        """Kill a run right after the second request that `seen` counts."""
        before = seen()
        sync_and_stop(self.environ(**settings), seen, 2)
        assert seen() >= before + 2, "killed too early"

    def held(self) -> Held:
        return {
            row.id: (row.text, *(row.metadata[name] for name in ("title", "space_key", "url")))
            for row in self.api.documents("confluence").values()
        }


def to_state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", "Operations")
    state.add_page("Home", "KI", "<p>Here.</p>")
    return state


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ConfluenceSite(to_state()) as site, VectorApi(delete_route="document") as api:
        api.seconds_a_request = 0.02  # so that a run can be killed between two
        yield Place(site, api, tmp_path)


def test_a_setting_put_back_after_a_kill_during_deletes_leaves_no_gap(place: Place) -> None:
    assert place.sync(**SMALL).code == 0
    before = place.held()
    place.kill(lambda: place.api.count("delete"))
    assert not before.keys() <= place.held().keys()
    assert place.sync(**SMALL).code == 0
    assert place.held() == before


def test_a_setting_put_back_after_a_kill_during_inserts_leaves_nothing_extra(place: Place) -> None:
    assert place.sync().code == 0
    before = place.held()
    place.kill(lambda: place.api.count("insert"), **SMALL)
    assert place.sync().code == 0
    assert place.held() == before


def test_a_page_moved_back_after_a_kill_has_its_old_metadata_in_every_chunk(place: Place) -> None:
    both = {"SPACE_NAME": "", **SMALL}
    assert place.sync(**both).code == 0
    before = place.held()
    place.state.move(place.page, space="OPS")
    place.kill(lambda: place.api.count("insert"), **both)
    assert place.held() != before
    place.state.move(place.page, space="KI")
    assert place.sync(**both).code == 0
    assert place.held() == before


def test_a_page_restored_after_a_kill_during_its_deletion_is_whole(place: Place) -> None:
    assert place.sync(**SMALL).code == 0
    before = place.held()
    place.state.archive(place.page)
    place.kill(lambda: place.api.count("delete"), **SMALL)
    assert place.held() != before
    place.state.restore(place.page)
    assert place.sync(**SMALL).code == 0
    assert place.held() == before


def test_a_new_page_renamed_after_a_kill_has_its_new_title_in_every_chunk(place: Place) -> None:
    place.kill(lambda: place.api.count("insert"), **SMALL)
    assert place.held()
    place.state.move(place.page, space="OPS")
    assert place.sync(SPACE_NAME="", **SMALL).code == 0
    assert {row[2] for row in place.held().values() if row[1] == "Runbook"} == {"OPS"}


@pytest.mark.parametrize("form", ["dash", "underscore"])
def test_a_chunk_that_never_arrived_is_sent_when_its_text_comes_back(
    form: Form, tmp_path: Path
) -> None:
    with ConfluenceSite(to_state()) as site, VectorApi(form) as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        api.faults = [Fault(answer="hang", on="insert", times=None)]
        place.kill(lambda: api.count("insert"), **SMALL)
        api.faults = []
        before = place.held()
        assert place.sync().code in (0, 7)
        assert place.held() == before
        assert place.sync(**SMALL).code == 7
        assert len(place.held()) > len(before)
        assert not api.duplicates("confluence")
