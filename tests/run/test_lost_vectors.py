"""A dash store whose vectors are lost is replaced on several proofs, and deleted in the end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from demo.confluence_site import ConfluenceSite
from tests.support.program import Ended, environment, sync_now
from tests.support.recovery import small_site
from tests.support.vector_api import Fault, VectorApi

PAGES = 4


class Place:
    """A site of four pages of today and an old one, and a server that has them all."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        aged = datetime.now(UTC) - timedelta(days=300)
        site.state.add_page("Aged", "KI", "<p>An old page.</p>", modified=aged)
        assert self.sync("0").code == 0
        self.first = api.identifiers()

    def sync(self, since_hours: str = "24") -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder)
        return sync_now(environ | {"SINCE_HOURS": since_hours})

    def titles(self, store: str) -> list[str]:
        return sorted(str(row.metadata["title"]) for row in self.api.documents(store).values())

    def check_that_one_full_store_is_left(self) -> None:
        (store,) = self.api.identifiers()
        assert store not in self.first
        assert self.titles(store) == ["Aged", *(f"Page {number}" for number in range(PAGES))]
        assert self.api.duplicates(store) == []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with small_site(PAGES) as site, VectorApi("dash") as api:
        yield Place(site, api, tmp_path)


def test_one_failed_query_is_no_proof(place: Place) -> None:
    place.api.faults = [Fault(status=500, on="query", times=1)]
    ended = place.sync()
    assert (ended.code, ended["pages"]["unchanged"]) == (0, PAGES + 1)
    assert (place.api.identifiers(), place.api.count("create")) == (place.first, 1)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_answers_every_query_with_errors_loses_no_store(
    status: int, place: Place
) -> None:
    place.api.faults = [Fault(status=status, on="query", times=None)]
    assert place.sync().code == 5
    assert place.api.identifiers() == place.first
    place.api.faults = []
    ended = place.sync()
    assert (ended.code, ended["pages"]["unchanged"]) == (0, PAGES + 1)


def test_a_store_whose_vectors_are_lost_is_replaced_by_a_full_one(place: Place) -> None:
    place.api.lose_vectors("confluence")
    ended = place.sync()
    assert ended.code == 0
    assert any("is gone or unusable" in warning for warning in ended["warnings"])
    place.check_that_one_full_store_is_left()


@pytest.mark.parametrize("keeps_ledger", [True, False])
def test_the_lost_store_stays_until_the_other_is_complete(keeps_ledger: bool, place: Place) -> None:
    place.api.lose_vectors("confluence")
    if not keeps_ledger:
        (place.folder / "sync.sqlite3").unlink()
    place.api.faults = [Fault(status=400, saying="This is page 2", times=None)]
    assert place.sync().code == 1
    assert len(place.api.identifiers()) == 2
    place.api.faults = []
    if not keeps_ledger:
        (place.folder / "sync.sqlite3").unlink()
        (place.folder / "confluence.vdb").unlink()
    assert place.sync().code == 0
    place.check_that_one_full_store_is_left()


def test_another_store_of_the_name_that_fails_is_kept_and_fails_no_run(place: Place) -> None:
    other = {"vector_db_id": "conf-confluence-2", "provider_vector_db_id": "conf-confluence-2"}
    body = other | {"vector_db_name": "confluence", "embedding_model": "st/all-MiniLM-L6-v2"}
    requests.post(f"{place.api.base_url}/v1/vector-dbs", json=body, timeout=5).raise_for_status()
    place.api.lose_vectors("conf-confluence-2", provider="faiss")
    assert place.sync().code == 0
    assert "conf-confluence-2" in place.api.identifiers()
