"""SINCE_HOURS without a kept STATE_DIR: what a run has to remember is kept with the store."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site.faults import server_error
from pipeline.run import INGEST, SYNC
from pipeline.run.programs import Program
from pipeline.upsert.files.store_api import NEW_PREFIX, OLD_PREFIX, StoreApi
from tests.support.program import Ended, environment, sync_now
from tests.support.sinks import to_api
from tests.support.store_files import Looker, new_name

pytestmark = pytest.mark.real_server

PLACES = [("llama_stack", SYNC), ("llama_stack", INGEST), ("ogx_tables", SYNC)]


class Place:
    """A site beside a server; each run has a new STATE_DIR and a window of a quarter of an hour."""

    def __init__(self, base_url: str, prefix: str, program: Program, folder: Path) -> None:
        self.base_url, self.prefix = base_url, prefix
        self.program, self.folder = program, folder
        self.name, self.state = new_name(), SiteState()
        self.state.add_space("KI", "Known Issues")
        self.home = self.add("Home", 1)

    def add(self, title: str, minutes: float) -> str:
        """Add a page that was last modified so long ago."""
        modified = datetime.now(UTC) - timedelta(minutes=minutes)
        return self.state.add_page(title, "KI", f"<p>About {title}.</p>", modified=modified)

    def sync(self, site: ConfluenceSite, since_hours: str = "0.25") -> Ended:
        shutil.rmtree(self.folder, ignore_errors=True)
        names = {"COLLECTION_ID": self.name, "VECTOR_DB_ID": self.name}
        names["VECTOR_DB_PROVIDER"] = "sqlite-vec"  # faiss misaligns once it is emptied
        environ = environment(site, self.base_url, self.folder, **names)
        environ["SPACE_NAME"] = "Known Issues" if self.program is INGEST else ""
        return sync_now(environ | {"SINCE_HOURS": since_hours}, program=self.program)

    def look(self) -> Looker:
        identifier = (self.folder / f"{self.name.replace('-', '_')}.vdb").read_text().strip()
        return Looker(self.base_url, identifier, self.prefix)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    fixture, program = request.param
    prefix = OLD_PREFIX if fixture == "llama_stack" else NEW_PREFIX
    return Place(request.getfixturevalue(fixture).base_url, prefix, program, tmp_path / "state")


every_place = pytest.mark.parametrize(
    "place", PLACES, indirect=True, ids=lambda place: f"{place[0]}-{place[1].name}"
)
one_place = pytest.mark.parametrize("place", PLACES[:1], indirect=True, ids=["0.2"])


@every_place
def test_what_a_run_without_a_volume_did_not_finish_is_not_lost(place: Place) -> None:
    broken, _ = place.add("Broken", 30), place.add("Aged", 600)
    with ConfluenceSite(place.state) as site:
        site.fail(rf"\b{broken}\b", server_error(500), times=None)
        first = place.sync(site, since_hours="1")
        assert (first.code, first["pages"]["new"]) == (1, 1)
        site.clear_faults()
        second = place.sync(site)
        assert (second.code, second["pages"]["new"]) == (0, 1)
        place.add("Written before a missed night", 40)
        third = place.sync(site)
        assert (third.code, third["pages"]["new"]) == (0, 1)


@one_place
def test_a_page_that_is_moved_has_its_new_space_and_address(place: Place) -> None:
    place.state.add_space("OPS", "Operations")
    aged = place.add("Aged", 600)
    with ConfluenceSite(place.state) as site:
        assert place.sync(site, since_hours="0").code == 0
        place.state.move(aged, space="OPS")
        assert place.sync(site)["pages"]["changed"] == 1
        rows = {row["attributes"]["page_id"]: row["attributes"] for row in place.look().files()}
        assert rows[aged]["space_key"] == "OPS"
        assert "/spaces/OPS/" in rows[aged]["url"]
        assert len(rows) == 2


@one_place
def test_a_store_that_was_emptied_is_filled_in_full(place: Place) -> None:
    place.add("Aged", 600)
    with ConfluenceSite(place.state) as site:
        assert place.sync(site)["pages"]["new"] == 1
        look = place.look()
        stores = StoreApi(to_api(place.base_url), place.prefix)
        for row in look.files():
            stores.remove(look.store, row["id"])
        ended = place.sync(site)
        assert (ended.code, ended["pages"]["new"]) == (0, 2)
        assert len(look.files()) == 2
