"""Nights on the server that OpenShift AI 3.5 runs, with no more settings than it needs."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.ogx_on_postgres import OgxOnPostgres
from tests.support.program import Ended, environment, sync_now
from tests.support.store_files import Looker, new_name

pytestmark = pytest.mark.real_server

PAGES = 80  # enough that the deletion of fifteen is within MAX_DELETE_PERCENT


def to_body(page: int, edition: int) -> str:
    code = f"apps:\n  page-{page}:\n\n    edition:   {edition}\n\n\n    ports:\n\t- {8000 + page}\n"
    return f"<p>Page {page} is about thing {page * 7}.</p><pre>{code}</pre>"


class Nights:
    """A space beside the server, and a folder for the state."""

    def __init__(self, server: OgxOnPostgres, site: ConfluenceSite, folder: Path) -> None:
        self.server, self._site, self._folder = server, site, folder
        self._name = new_name()

    def run(self, name: str = "", folder: Path | None = None) -> Ended:
        folder = folder or self._folder
        plain = environment(self._site, self.server.base_url, folder, SPACE_NAME="Known Issues")
        return sync_now(plain | {"COLLECTION_ID": name or self._name})

    def run_fresh(self) -> Counter[str]:
        """Return what a first run stores, in a collection and a folder of its own."""
        folder = self._folder / "fresh"
        folder.mkdir()
        assert self.run("fresh-" + self._name, folder).code == 0
        return self.texts(folder)

    def texts(self, folder: Path | None = None) -> Counter[str]:
        """Return every text that the store holds, and how often: a query shows 40 at most."""
        [path] = (folder or self._folder).glob("*.vdb")
        look = Looker(self.server.base_url, path.read_text().strip(), "/v1")
        assert look.uploads() == {row["id"] for row in look.files()}, "the list can be read"
        table = "vs_" + look.store.replace("-", "_")
        rows = self.server.query_database(f"SELECT document->>'content' FROM {table}", [])
        return Counter(text for (text,) in rows)


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    return state


@pytest.fixture
def nights(ogx_postgres: OgxOnPostgres, state: SiteState, tmp_path: Path) -> Iterator[Nights]:
    with ConfluenceSite(state) as site:
        yield Nights(ogx_postgres, site, tmp_path)


def test_three_nights_leave_what_a_fresh_run_stores_and_the_last_writes_nothing(
    nights: Nights,
    state: SiteState,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(nights.server.database, "seconds", 0.001)  # it widens every race
    caplog.set_level("INFO")
    pages = [state.add_page(f"Page {n}", "KI", to_body(n, 1)) for n in range(PAGES)]
    assert nights.run().code == 0
    assert "each chunk is written again by vector-io" in caplog.text
    for n, page in enumerate(pages[:20]):
        state.edit(page, to_body(n, 2))
    for page in pages[-15:]:
        state.trash(page)
    second = nights.run()
    assert (second.code, second["chunks"]["stale"]) == (0, 0)
    assert (second["pages"]["changed"], second["pages"]["deleted"]) == (20, 15)
    third = nights.run()
    assert third.code == 0
    assert (third["chunks"]["inserted"], third["chunks"]["deleted"]) == (0, 0)
    texts = nights.texts()
    assert set(texts.values()) == {1}
    assert texts == nights.run_fresh()
    assert sum("\n\n    edition:   2\n\n\n    ports:\n\t- 80" in text for text in texts) == 20


@pytest.mark.parametrize("status", [401, 503])
def test_a_night_without_the_embedding_service_is_made_up_for_in_the_next(
    nights: Nights,
    state: SiteState,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    pages = [state.add_page(f"Page {n}", "KI", to_body(n, 1)) for n in range(12)]
    service = nights.server.embeddings
    monkeypatch.setattr(service, "answers_left", 5)
    monkeypatch.setattr(service, "refusal", status)
    away = nights.run()
    assert away.code == 5
    assert "refuses every request" in caplog.text
    monkeypatch.setattr(service, "answers_left", None)
    monkeypatch.setattr(service, "refusal", None)
    state.edit(pages[0], to_body(0, 2))
    assert nights.run().code == 0
    texts = nights.texts()
    assert set(texts.values()) == {1}
    assert texts == nights.run_fresh()
    last = nights.run()
    assert (last.code, last["chunks"]["inserted"], last["chunks"]["deleted"]) == (0, 0, 0)
