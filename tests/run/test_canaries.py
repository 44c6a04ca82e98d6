"""A few pages of earlier runs are looked up in every run, also when nothing has changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite
from demo.confluence_site.faults import server_error
from pipeline.http import Waiting
from pipeline.records import Hit, StoredChunk
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.verify import Canaries
from pipeline.state import Ledger, open_memory_ledger
from tests.support.fast_retries import FAST
from tests.support.program import Ended, environment, sync_now
from tests.support.recovery import pages_in, small_site
from tests.support.vector_api import Fault, VectorApi

PAGES = 8
SERVERS: list[dict[str, Any]] = [
    {"form": "dash"},
    {"form": "underscore"},
    {"form": "underscore", "delete_route": "document"},
]


class Place:
    """A site of eight pages, one of them old, and a server that has them all."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        aged = datetime.now(UTC) - timedelta(days=300)
        self.site.state.add_page("Aged", "KI", "<p>An old page.</p>", modified=aged)
        self.pages = set(site.state.page_ids())

    def sync(self, **more: str) -> Ended:
        return sync_now(environment(self.site, self.api.base_url, self.folder, **more))


@pytest.fixture(params=SERVERS, ids=lambda server: "-".join(server.values()))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with small_site(PAGES) as site, VectorApi(**request.param) as api:
        place = Place(site, api, tmp_path)
        assert place.sync().code == 0
        yield place


@pytest.mark.parametrize("settings", [{}, {"SINCE_HOURS": "24"}], ids=["everything", "since"])
def test_an_emptied_store_is_filled_in_full_although_no_page_has_changed(
    settings: dict[str, str], place: Place
) -> None:
    place.api.empty("confluence")
    ended = place.sync(**settings)
    assert ended.code == 0
    assert any("ingesting every page" in warning for warning in ended["warnings"])
    assert pages_in(place.api) == place.pages
    assert place.api.duplicates("confluence") == []


def test_a_refill_that_fails_on_one_page_is_finished_by_the_next_run(place: Place) -> None:
    place.api.empty("confluence")
    place.api.faults = [Fault(status=400, saying="This is page 3", times=None)]
    assert place.sync(SINCE_HOURS="24").code == 1
    place.api.faults = []
    assert place.sync(SINCE_HOURS="24").code == 0
    assert pages_in(place.api) == place.pages
    assert place.api.duplicates("confluence") == []


def test_pages_that_the_store_has_lost_come_back_night_by_night(place: Place) -> None:
    documents = place.api.documents("confluence")
    place.api.empty("confluence", *list(documents)[:5])
    for _ in range(30):
        assert place.sync().code == 0
        if pages_in(place.api) == place.pages:
            break
    assert place.api.documents("confluence").keys() == documents.keys()
    assert place.api.duplicates("confluence") == []


def test_a_run_without_changes_asks_a_few_questions_and_changes_nothing(place: Place) -> None:
    before = len(place.api.log)
    requests = len(place.site.requests)
    ended = place.sync()
    asked = [request.kind for request in place.api.log[before:]]
    assert asked.count("query") <= 6
    assert not {"insert", "delete"} & set(asked)
    assert (ended.code, ended["pages"]["unchanged"]) == (0, len(place.pages))
    assert not [r for r in place.site.requests[requests:] if "body" in r.target]


def test_an_index_at_work_is_waited_for(place: Place) -> None:
    place.api.lag_seconds = 1.5  # since the run of a moment ago
    environ = environment(place.site, place.api.base_url, place.folder)
    ended = sync_now(environ, replace(FAST, settling_seconds=(0.5, 1.0)))
    assert (ended.code, ended["warnings"]) == (0, [])


@pytest.mark.parametrize("place", SERVERS[:1], indirect=True, ids=["dash"])
def test_an_index_that_shows_nothing_new_either_proves_nothing(place: Place) -> None:
    before, stores = place.api.documents("confluence"), place.api.identifiers()
    place.api.lag_seconds = 3600
    ended = place.sync()
    assert (ended.code, ended["pages"]["unchanged"]) == (0, len(place.pages))
    assert any("index is behind" in warning for warning in ended["warnings"])
    place.api.lag_seconds = 0
    assert (place.sync()["warnings"], place.api.identifiers()) == ([], stores)
    assert place.api.documents("confluence") == before
    assert place.api.duplicates("confluence") == []


def test_a_store_that_answers_with_errors_is_exit_5_and_nothing_is_forgotten(place: Place) -> None:
    place.api.faults = [Fault(status=500, on="query", times=None)]
    assert place.sync().code == 5
    place.api.faults = []
    ended = place.sync()
    assert (ended.code, ended["pages"]["unchanged"]) == (0, len(place.pages))


def test_without_verify_nothing_is_asked(place: Place) -> None:
    before = len(place.api.log)
    assert place.sync(VERIFY="0").code == 0
    asked = [request.kind for request in place.api.log[before:]]
    assert asked.count("query") <= 1  # whether an underscore collection exists


class Listing:
    """A store that lists its files; its queries may find none of them."""

    can_list = True

    def __init__(self, *found: str) -> None:
        self._found = found

    def query(self, question: str, top_k: int) -> list[Hit]:
        del question, top_k
        return [Hit(f"conf-{page}-0", "", 1.0, {"page_id": page}) for page in self._found]


@pytest.mark.parametrize(
    ("found", "pending"), [((), {"1", "2", "3"}), (("2",), set())], ids=["nothing", "one page"]
)
def test_files_that_no_query_finds_are_stored_again(
    found: tuple[str, ...],
    pending: set[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger, report = open_memory_ledger(), Report()
    ledger.adopt(StoredChunk(f"conf-{page}-0", page, f"file-{page}") for page in "123")
    for page in "123":
        ledger.record_page(page, f"Page {page}", "digest", "metadata")
    sink: Any = Listing(*found)
    everything = lambda page_id: True  # noqa: E731 - named for the call below
    collection = Collection("confluence", "server", sink, ledger, report, tmp_path, everything)
    Canaries(collection).check(report, Waiting(), FAST)
    assert {page for page in "123" if not _to_digest(ledger, page)} == pending
    assert ("storing every page again" in caplog.text) == bool(pending)


def _to_digest(ledger: Ledger, page: str) -> str:
    known = ledger.page(page)
    assert known
    return known.digest


def test_text_that_is_current_again_is_looked_up_in_a_store_that_no_canary_has_examined(
    place: Place,
) -> None:
    for page_id in place.pages:
        place.site.state.hide(page_id)
    new = place.site.state.add_page("New", "KI", "<p>A new page.</p>")
    place.site.fail(rf"\b{new}\b", server_error(500), times=None)
    assert place.sync(MAX_DELETE_PERCENT="100").code in (1, 4)
    for page_id in place.pages:
        place.site.state.unhide(page_id)
    place.site.clear_faults()
    place.api.empty("confluence")
    assert place.sync().code == 0
    assert pages_in(place.api) == {*place.pages, new}
