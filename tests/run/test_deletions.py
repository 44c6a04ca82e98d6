"""What leaves the collection, what does not, and what a run refuses to delete."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site.faults import error, rewritten, server_error, without_next
from tests.support.killing import sync_and_stop
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.vector_api import Fault, VectorApi

PAGES = 20


def to_body(number: int, word: str = "is") -> str:
    what, why = f"Page {number} {word} here. {DETAILS}", f"Because of {number}. {DETAILS}"
    return f"<h2>What</h2><p>{what}</p><h2>Why</h2><p>{why}</p>"


class Place:
    """A site of twenty pages beside a Vector API that deletes."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        self.state = site.state
        self.ids = list(self.state.page_ids("KI"))

    def sync(self, **more: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder, SPACE_NAME="Known Issues")
        return sync_now(environ | more)

    def held(self) -> set[str]:
        """Ids of the pages that the collection answers with."""
        return {
            str(document.metadata["page_id"])
            for document in self.api.documents("confluence").values()
        }


def to_state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", "Operations")
    state.add_page("Elsewhere", "OPS", to_body(0))
    for number in range(PAGES):
        state.add_page(f"Page {number}", "KI", to_body(number), labels=["known"])
    return state


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ConfluenceSite(to_state()) as site, VectorApi(delete_route="document") as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        yield place


@pytest.mark.parametrize(
    "leave",
    [
        lambda state, page: state.trash(page),
        lambda state, page: state.purge(page),
        lambda state, page: state.archive(page),
        lambda state, page: state.move(page, space="OPS"),
        lambda state, page: state.hide(page),
    ],
    ids=["trashed", "deleted", "archived", "moved out", "no longer readable"],
)
def test_a_page_that_left_the_scope_is_deleted(
    place: Place, leave: Callable[[SiteState, str], None]
) -> None:
    leave(place.state, place.ids[3])
    ended = place.sync()
    assert (ended.code, ended["pages"]["deleted"], ended["chunks"]["deleted"]) == (0, 1, 2)
    assert place.held() == set(place.ids) - {place.ids[3]}


def without_operations(answer: Any) -> Any:
    return answer | {"results": [row for row in answer["results"] if row["key"] != "OPS"]}


def test_a_space_leaves_by_an_answer_about_it_not_by_a_list_that_lacks_it(place: Place) -> None:
    assert place.sync(SPACE_NAME="").code == 0
    everything = {*place.ids, *place.state.page_ids("OPS")}
    assert place.held() == everything
    place.site.fail(r"/spaces\?(?!.*ids=)", rewritten(without_operations), times=1)
    ended = place.sync(SPACE_NAME="")
    assert (ended.code, ended["pages"]["deleted"]) == (0, 0)
    assert any("is missing from the listing" in warning for warning in ended["warnings"])
    assert place.held() == everything
    place.state.spaces["OPS"] = replace(place.state.spaces["OPS"], status="archived")
    assert place.sync(SPACE_NAME="")["pages"]["deleted"] == 1
    assert place.held() == set(place.ids)


def test_a_page_that_lost_its_label_is_deleted_when_labels_are_in_scope(place: Place) -> None:
    place.state.set_labels(place.ids[0], [])
    assert place.sync()["pages"]["deleted"] == 0
    assert place.sync(LABELS="known")["pages"]["deleted"] == 1
    assert place.ids[0] not in place.held()


def test_too_many_deletions_are_refused_and_one_setting_lifts_the_guard(place: Place) -> None:
    for page in place.ids[:5]:
        place.state.trash(page)
    place.state.edit(place.ids[9], to_body(9, "was"))
    ended = place.sync()
    assert (ended.code, ended["pages"]["deleted"], ended["pages"]["changed"]) == (6, 0, 1)
    assert place.held() == set(place.ids)
    assert place.sync(MAX_DELETE_PERCENT="100").code == 0
    assert place.held() == set(place.ids[5:])


def test_as_many_as_the_guard_allows_are_deleted(place: Place) -> None:
    for page in place.ids[:4]:  # 20 percent of 20
        place.state.trash(page)
    assert place.sync().code == 0
    assert place.held() == set(place.ids[4:])


def test_the_guard_never_trips_where_few_pages_are_known(place: Place, tmp_path: Path) -> None:
    small = Place(place.site, place.api, tmp_path / "small")
    environ = {"COLLECTION_ID": "small", "LABELS": "few"}
    for page in place.ids[:9]:
        place.state.set_labels(page, ["known", "few"])
    assert small.sync(**environ).code == 0
    for page in place.ids[:8]:
        place.state.set_labels(page, ["known"])
    assert small.sync(**environ)["pages"]["deleted"] == 8


def revoke(site: ConfluenceSite, after: int) -> None:
    """Make every v2 route answer 404 and, `after` requests, v1 403, as for a revoked token."""
    missing = {"errors": [{"status": 404, "code": "NOT_FOUND", "title": "Not Found"}]}
    site.fail(r"/wiki/api/v2/", error(404, missing), times=None)
    site.fail(r"/wiki/rest/api/", error(403), times=None, after=after)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda site: site.fail(r"/spaces/\d+/pages", server_error(500), times=None),
        lambda site: site.fail(r"/spaces/\d+/pages", error(404), times=None),
        lambda site: revoke(site, after=0),
        lambda site: revoke(site, after=1),
        lambda site: site.fail(r"user/current", error(401), times=None, after=1),
        lambda site: site.fail(r"/wiki/api/v2/pages\?id=", server_error(503), times=None),
    ],
    ids=[
        "listing fails",
        "listing is gone",
        "token revoked",
        "revoked after the preflight",
        "refused before the deletion",
        "no re-check",
    ],
)
def test_nothing_is_deleted_when_anything_is_in_doubt(
    place: Place, spoil: Callable[[ConfluenceSite], object]
) -> None:
    place.state.trash(place.ids[0])
    spoil(place.site)
    assert place.sync().code in (3, 4)
    assert place.held() == set(place.ids)


def test_a_page_that_a_listing_omits_is_kept(place: Place) -> None:
    short = rewritten(lambda answer: answer | {"results": answer["results"][1:]})
    place.site.fail(r"/spaces/\d+/pages", short, times=None)
    ended = place.sync()
    assert ended.code == 0
    assert place.held() == set(place.ids)
    assert any("is missing from the listing" in warning for warning in ended["warnings"])


def test_a_page_whose_row_cannot_be_read_is_kept_and_the_others_are_synced(place: Place) -> None:
    odd, gone = place.ids[4], place.ids[5]

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["results"]:
            if row["id"] == odd:
                row["version"] = row["spaceId"] = None
        return answer

    place.site.fail(r"/pages\?", rewritten(spoil), times=None)
    place.state.trash(gone)
    place.state.edit(place.ids[9], to_body(9, "was"))
    ended = place.sync()
    assert (ended.code, ended["pages"]["deleted"], ended["pages"]["changed"]) == (0, 1, 1)
    assert place.held() == set(place.ids) - {gone}
    assert any(f"describes page '{odd}'" in warning for warning in ended["warnings"])


def test_a_listing_that_is_cut_short_deletes_nothing(place: Place) -> None:
    half = rewritten(lambda answer: answer | {"results": answer["results"][: PAGES // 2]})
    place.site.fail(r"/spaces/\d+/pages", half, times=None)
    place.site.fail(r"/spaces/\d+/pages", without_next(), times=None)
    place.sync()
    assert place.held() == set(place.ids)


def test_an_edit_deletes_only_what_it_replaced(place: Place) -> None:
    place.state.edit(place.ids[2], to_body(2, "was"))
    ended = place.sync()
    assert (ended["chunks"]["inserted"], ended["chunks"]["deleted"]) == (1, 1)
    assert ended["pages"]["changed"] == 1


def test_an_edit_that_the_search_does_not_show_yet_is_picked_up(place: Place) -> None:
    place.state.index_lag_seconds = float("inf")
    place.state.edit(place.ids[2], to_body(2, "was"))
    assert place.sync()["pages"]["changed"] == 1
    texts = [document.text for document in place.api.documents("confluence").values()]
    assert any("Page 2 was here." in text for text in texts)


def test_a_wider_scope_adds_pages_and_a_narrower_one_deletes_them(place: Place) -> None:
    both = {"SPACE_NAME": "", "FILTER_SPACE_KEYS": "KI,OPS"}
    assert place.sync(**both)["pages"]["new"] == 1
    assert place.sync()["pages"]["deleted"] == 1
    assert place.held() == set(place.ids)


def test_a_narrower_scope_is_subject_to_the_delete_guard(place: Place) -> None:
    assert place.sync(SPACE_NAME="", FILTER_SPACE_KEYS="OPS").code == 6
    assert place.held() >= set(place.ids)


@pytest.mark.parametrize(
    "setting",
    [{"CHUNK_TOKENS": "500"}, {"CHUNK_OVERLAP": "0"}],
    ids=str,
)
def test_a_changed_chunk_setting_refreshes_every_page(
    place: Place, setting: dict[str, str]
) -> None:
    assert place.sync(**setting)["pages"]["changed"] == PAGES


def test_what_the_server_confirmed_but_lost_is_a_failure_and_is_sent_again(place: Place) -> None:
    place.state.edit(place.ids[2], to_body(2, "was"))
    place.api.faults = [Fault(status=200, on="insert", stored="nothing", text="stored, really")]
    ended = place.sync()
    assert ended.code == 1
    assert ended["failures"][0]["stage"] == "verify"
    assert place.sync().code == 0
    texts = [document.text for document in place.api.documents("confluence").values()]
    assert any("Page 2 was here." in text for text in texts)


def test_a_store_that_vanished_is_filled_again(place: Place) -> None:
    place.api.drop("confluence")
    ended = place.sync(SINCE_HOURS="1")
    assert ended.code == 0
    assert place.held() == set(place.ids)


def test_a_lost_ledger_inserts_nothing_twice(place: Place) -> None:
    (place.folder / "sync.sqlite3").unlink()
    ended = place.sync()
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 0)
    assert any("no ledger from an earlier run" in warning for warning in ended["warnings"])


# Rotation, on servers that cannot delete


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Place]:
    with ConfluenceSite(to_state()) as site, VectorApi("dash") as api:
        place = Place(site, api, tmp_path)
        assert place.sync(UPDATE_STRATEGY="rotate").code == 0
        yield place


def identifier(place: Place) -> str:
    return (place.folder / "confluence.vdb").read_text().strip()


@pytest.mark.parametrize("fault", [Fault(times=None), Fault(status=401, times=None)])
def test_a_rotation_that_fails_leaves_the_old_store_answering(dash: Place, fault: Fault) -> None:
    before = identifier(dash)
    documents = dash.api.documents(before)
    dash.state.edit(dash.ids[1], to_body(1, "was"))
    dash.api.faults = [fault]
    assert dash.sync(UPDATE_STRATEGY="rotate").code == 5
    assert identifier(dash) == before
    assert dash.api.documents(before) == documents
    dash.api.faults = []
    assert dash.sync(UPDATE_STRATEGY="rotate").code == 0
    assert identifier(dash) != before
    assert not dash.api.documents(before), "the older store is gone"
    assert {str(d.metadata["page_id"]) for d in dash.api.documents(identifier(dash)).values()} == (
        set(dash.ids)
    )


def test_a_rotation_is_subject_to_the_delete_guard(dash: Place) -> None:
    for page in dash.ids[:10]:
        dash.state.trash(page)
    assert dash.sync(UPDATE_STRATEGY="rotate").code == 6
    assert len(dash.api.documents(identifier(dash))) == 2 * PAGES


@pytest.mark.slow
@pytest.mark.parametrize("form", ["dash", "underscore"])
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("after", [1, 3, 5, 6, 7, 8, 9, 11, 14, 18])
def test_the_next_run_completes_a_run_that_ended_anywhere(
    form: str, signum: int, after: int, tmp_path: Path
) -> None:
    kind = {"form": form, "delete_route": "document"}
    with ConfluenceSite(to_state()) as site, VectorApi(**kind) as api:  # type: ignore[arg-type]
        place = Place(site, api, tmp_path)
        environ = environment(
            site, api.base_url, tmp_path, SPACE_NAME="Known Issues", BATCH_SIZE="4"
        )
        seen = lambda: len(api.log) + len(site.requests)  # noqa: E731 - named for the call below
        sync_and_stop(environ, seen, after, signum)
        assert place.sync().code == 0
        assert place.held() == set(place.ids)
        assert len(api.documents("confluence")) == 2 * PAGES
        assert not api.duplicates("confluence")
