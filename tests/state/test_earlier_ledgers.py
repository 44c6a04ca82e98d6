"""A collection made by an earlier version: its ledger is read, and little is sent again.

The folder `ledgers` holds ledgers as SQL, written by release 1.0.0 from the demo's pages.
"""

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.pages import demo_state
from tests.support.program import Ended, environment, sync_now
from tests.support.sinks import to_sink
from tests.support.vector_api import Form, VectorApi

LEDGERS = Path(__file__).parent / "ledgers"
SITE = "https://acme.example"
PAGES, CHUNKS = 24, 90
# This release cuts the tables of two pages into more chunks.
CUT_PAGES, OLD_CHUNKS, NEW_CHUNKS = 2, 2, 7


def to_state() -> SiteState:
    """The demo's pages, whose links lead to the same address in every run."""
    state = demo_state()
    for page in list(state.pages.values()):
        bodies = {name: str(body).replace("{{site}}", SITE) for name, body in page.bodies.items()}
        state.pages[page.id] = replace(page, bodies=bodies)
    state.reindex()
    return state


def to_environ(site: ConfluenceSite, api: VectorApi, folder: Path) -> dict[str, str]:
    """Return settings for a run in which only the ledger decides: the stand-in's store is empty."""
    return environment(site, api.base_url, folder, CONF_SITE_URL=f"{SITE}/wiki", VERIFY="0")


def restore(form: Form, server: str, folder: Path, *, forget_digests: bool) -> None:
    """Put the earlier ledger into STATE_DIR; with `forget_digests` every page is read again."""
    with contextlib.closing(sqlite3.connect(folder / "sync.sqlite3")) as ledger, ledger:
        ledger.executescript((LEDGERS / f"{form}.sql").read_text("utf-8"))
        ledger.execute("PRAGMA user_version = 1")
        ledger.execute("UPDATE about SET value = ? WHERE name = 'server'", (server,))
        if forget_digests:
            ledger.execute("UPDATE pages SET digest = ''")


def run_over_earlier_ledger(form: Form, folder: Path, *, forget_digests: bool) -> Ended:
    with VectorApi(form, delete_route="document") as api, ConfluenceSite(to_state()) as site:
        to_sink(api.base_url).close()  # the collection is there
        restore(form, api.base_url, folder, forget_digests=forget_digests)
        ended = sync_now(to_environ(site, api, folder))
        left = OLD_CHUNKS if form == "dash" else 0  # dash cannot delete
        assert ended.code == (7 if left else 0)
        chunks = ended["chunks"]
        assert (chunks["unchanged"], chunks["inserted"]) == (CHUNKS - OLD_CHUNKS, NEW_CHUNKS)
        assert (chunks["deleted"], chunks["stale"]) == (OLD_CHUNKS - left, left)
    return ended


def test_an_earlier_collection_follows_what_its_digests_did_not_have(tmp_path: Path) -> None:
    state = to_state()
    with VectorApi(delete_route="document") as api, ConfluenceSite(state) as site:
        to_sink(api.base_url).close()
        restore("underscore", api.base_url, tmp_path, forget_digests=False)
        environ = to_environ(site, api, tmp_path)
        assert sync_now(environ)["pages"]["changed"] == PAGES  # this release converts them anew
        again = sync_now(environ)
        assert again["pages"]["unchanged"] == PAGES
        assert again["requests"]["confluence"] < 10  # no body was fetched
        page = next(iter(state.page_ids("KI")))
        state.edit(page, "<p>Other text.</p>")
        state.drop_old_version(page)
        assert sync_now(environ)["pages"]["changed"] == 1
        ended = sync_now(environ | {"CONF_SITE_URL": "https://other.example/wiki"})
        assert ended["pages"]["changed"] == PAGES


@pytest.mark.parametrize("form", ["dash", "underscore"])
def test_a_newer_converter_reads_every_page_once_and_sends_what_differs(
    form: Form, tmp_path: Path
) -> None:
    ended = run_over_earlier_ledger(form, tmp_path, forget_digests=False)
    assert ended["pages"]["changed"] == PAGES


@pytest.mark.parametrize("form", ["dash", "underscore"])
def test_a_page_converted_again_gives_nearly_the_chunks_of_the_earlier_version(
    form: Form, tmp_path: Path
) -> None:
    ended = run_over_earlier_ledger(form, tmp_path, forget_digests=True)
    assert ended["pages"]["unchanged"] == PAGES - CUT_PAGES
