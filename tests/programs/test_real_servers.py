"""`sync.py` against real servers: edits and deletions are really gone, whichever way one asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from demo.confluence_site import ConfluenceSite, SiteState
from demo.servers.local_server import LocalServer
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.real_servers import LaterServer
from tests.support.store_files import Looker, new_name, to_plain

pytestmark = pytest.mark.real_server

PLACES = [
    ("llama_stack", "faiss"),
    ("llama_stack", "sqlite-vec"),
    ("ogx", "faiss"),
    ("ogx", "sqlite-vec"),
    ("ogx_postgres", "pgvector"),
]


def to_body(*parts: str) -> str:
    return "".join(f"<h2>Part {n}</h2><p>{text} {DETAILS}</p>" for n, text in enumerate(parts))


def to_text(title: str, number: int, text: str) -> str:
    return f"{title} > Part {number} {text} {DETAILS}"


class Place:
    """A small site beside a real server, with a collection of its own."""

    def __init__(self, server: LocalServer, provider: str, folder: Path) -> None:
        self.server, self.folder, self.name = server, folder, new_name()
        self.provider = provider
        self.state = SiteState()
        self.state.add_space("KI", "Known Issues")
        self.fox = self.state.add_page(
            "Foxes", "KI", to_body("Foxes live in the wood.", "Foxes eat mice.")
        )
        self.cat = self.state.add_page("Cats", "KI", to_body("Cats sleep all day."))
        self.twin = self.state.add_page("Cats", "KI", to_body("Cats sleep all day."))

    def sync(self, site: ConfluenceSite, **more: str) -> Ended:
        environ = environment(
            site,
            self.server.base_url,
            self.folder,
            COLLECTION_ID=self.name,
            VECTOR_DB_PROVIDER=self.provider,
            MAX_DELETE_PERCENT="100",
        )
        return sync_now(environ | more)

    def look(self) -> Looker:
        identifier = (self.folder / f"{self.name.replace('-', '_')}.vdb").read_text().strip()
        prefix = "/v1" if isinstance(self.server, LaterServer) else "/v1/openai/v1"
        return Looker(self.server.base_url, identifier, prefix)

    def chunks(self, question: str) -> set[str]:
        """What vector-io answers, whatever the rank."""
        look = self.look()
        body = {look.key: look.store, "query": question, "params": {"max_chunks": 50}}
        return {
            to_plain(row["content"]) for row in look.post("/v1/vector-io/query", body)["chunks"]
        }


@pytest.fixture(params=PLACES, ids=" ".join)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    name, provider = request.param
    return Place(request.getfixturevalue(name), provider, tmp_path)


@pytest.fixture
def site(place: Place) -> Iterator[ConfluenceSite]:
    with ConfluenceSite(place.state) as site:
        yield site


@pytest.mark.parametrize("variant", [{}, {"VECTOR_API_VARIANT": "vector_stores"}], ids=str)
def test_with_vector_stores_the_collection_follows_edits_and_deletions(
    place: Place, site: ConfluenceSite, variant: dict[str, str]
) -> None:
    first = place.sync(site, **variant)
    assert (first.code, first["chunks"]["inserted"]) == (0, 4), first.report
    place.state.edit(place.fox, to_body("Foxes live in the wood.", "Foxes eat berries."))
    place.state.trash(place.cat)
    (place.folder / "sync.sqlite3").unlink()  # no volume: the store's own list is used
    second = place.sync(site, **variant)
    assert second.code == 0, second.report
    assert (second["chunks"]["inserted"], second["chunks"]["deleted"]) == (1, 2)
    assert second["pages"]["deleted"] == 1
    assert place.look().texts("What do foxes eat?") == {
        to_text("Foxes", 0, "Foxes live in the wood."),
        to_text("Foxes", 1, "Foxes eat berries."),
        to_text("Cats", 0, "Cats sleep all day."),  # the twin survives the other's deletion
    }
    look = place.look()
    assert look.uploads() == {row["id"] for row in look.files()}
    third = place.sync(site, **variant)
    assert (third["chunks"]["inserted"], third["chunks"]["deleted"]) == (0, 0)
    assert third["pages"]["unchanged"] == 2


def test_without_a_volume_a_moved_page_gets_its_new_space_and_link(
    place: Place, site: ConfluenceSite
) -> None:
    place.state.add_space("OPS", "Operations")
    assert place.sync(site, VECTOR_API_VARIANT="vector_stores").code == 0
    place.state.move(place.fox, space="OPS")
    for sent in (2, 0):
        (place.folder / "sync.sqlite3").unlink()
        ended = place.sync(site, VECTOR_API_VARIANT="vector_stores")
        assert (ended.code, ended["chunks"]["inserted"], ended["chunks"]["deleted"]) == (
            0,
            sent,
            sent,
        )
        rows = [row["attributes"] for row in place.look().files()]
        found = {(row["space_key"], "/spaces/OPS/" in row["url"]) for row in rows if row["page_id"]}
        assert found == {("KI", False), ("OPS", True)}


@pytest.mark.parametrize("variant", ["vector_stores", "dash"])
def test_another_model_than_the_stores_is_refused(
    place: Place, site: ConfluenceSite, variant: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert place.sync(site, VECTOR_API_VARIANT=variant).code == 0
    (place.folder / "sync.sqlite3").unlink()  # the server tells it
    other = {"VECTOR_API_VARIANT": variant, "EMBEDDING_MODEL_ID": "another"}
    assert place.sync(site, **other).code == 2
    assert "EMBEDDING_MODEL_ID=another, but the store was made with " in caplog.text
    assert place.sync(site, VECTOR_API_VARIANT=variant)["chunks"]["inserted"] == 0


def test_with_dash_and_rotation_a_fresh_store_takes_over(
    place: Place, site: ConfluenceSite
) -> None:
    variant = {"VECTOR_API_VARIANT": "dash", "UPDATE_STRATEGY": "rotate"}
    assert place.sync(site, **variant).code == 0
    before = place.look().store
    place.state.edit(place.fox, to_body("Foxes live in the wood.", "Foxes eat berries."))
    place.state.trash(place.cat)
    second = place.sync(site, **variant)
    assert second.code == 0, second.report
    after = place.look().store
    assert after != before == place_gone(place, before)
    assert second["collection"] == after
    assert place.chunks("What do foxes eat?") == {
        to_text("Foxes", 0, "Foxes live in the wood."),
        to_text("Foxes", 1, "Foxes eat berries."),
        to_text("Cats", 0, "Cats sleep all day."),
    }
    third = place.sync(site, **variant)
    assert (third.code, place.look().store) == (0, after), "nothing changed: no new store"


def place_gone(place: Place, identifier: str) -> str:
    """The identifier, once it is proven that no store has it any more."""
    route = "/v1/vector_stores" if isinstance(place.server, LaterServer) else "/v1/vector-dbs"
    rows = requests.get(f"{place.server.base_url}{route}", timeout=30).json()["data"]
    assert identifier not in {row.get("id") or row.get("identifier") for row in rows}
    return identifier


def test_with_dash_and_upsert_stale_chunks_are_counted_and_named(
    place: Place, site: ConfluenceSite
) -> None:
    variant = {"VECTOR_API_VARIANT": "dash"}
    assert place.sync(site, **variant).code == 0
    place.state.edit(place.fox, to_body("Foxes live in the wood.", "Foxes eat berries."))
    second = place.sync(site, **variant)
    assert (second.code, second["chunks"]["inserted"], second["chunks"]["stale"]) == (7, 1, 1)
    assert second["stale"][0]["page_id"] == place.fox
    third = place.sync(site, **variant)
    assert (third["chunks"]["inserted"], third["chunks"]["stale"]) == (0, 1)


@pytest.mark.parametrize("has_ledger", [True, False])
def test_a_collection_made_with_dash_stays_one_until_the_user_changes_over(
    place: Place, site: ConfluenceSite, has_ledger: bool
) -> None:
    assert place.sync(site, VECTOR_API_VARIANT="dash").code == 0
    old = place.look().store
    if not has_ledger:
        (place.folder / "sync.sqlite3").unlink()
    place.state.edit(place.fox, to_body("Foxes live in the wood.", "Foxes eat berries."))
    kept = place.sync(site)
    assert (kept.code, place.look().store) == (7, old)
    assert "Foxes > Part 1 Foxes eat mice." in str(place.chunks("What do foxes eat?"))
    place.folder /= "changed-over"
    place.folder.mkdir()
    fresh = {"STATE_DIR": str(place.folder), "REPORT_FILE": str(place.folder / "report.json")}
    over = place.sync(site, VECTOR_API_VARIANT="vector_stores", **fresh)
    assert (over.code, over["chunks"]["inserted"]) == (0, 4)
    new = place.look().store
    assert new != old
    assert "mice" not in str(place.look().texts("What do foxes eat?"))
    later = place.sync(site, **fresh)
    assert (later.code, later["chunks"]["inserted"], place.look().store) == (0, 0, new)


def test_another_variant_on_the_same_state_folder_is_refused(
    place: Place, site: ConfluenceSite
) -> None:
    assert place.sync(site, VECTOR_API_VARIANT="vector_stores").code == 0
    assert place.sync(site, VECTOR_API_VARIANT="dash").code == 2
    assert place.sync(site).code == 0
