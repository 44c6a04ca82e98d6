"""Fifty nightly runs, most with faults: no page is lost, and no resource grows."""

import gc
import logging
import random
import threading
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.faults.model.machine import API_FAULTS, SITE_FAULTS
from tests.support.program import environment, sync_now
from tests.support.vector_api import Fault, VectorApi

NIGHTS, PAGES = 50, 15
OPEN_FILES = Path("/proc/self/fd")


def change(state: SiteState, chance: random.Random, night: int) -> None:
    """Edit, rename, add and trash pages, as in a day."""
    pages = [page for page in state.page_ids("KI") if state.page(page).status == "current"]
    for page in chance.sample(pages, 3):
        state.edit(page, f"<h2>Night {night}</h2><p>Edited {chance.random()}.</p>")
    state.rename(chance.choice(pages), f"Renamed {night}")
    state.add_page(f"New {night}", "KI", f"<p>Added in night {night}.</p>")
    state.trash(chance.choice(pages))


def count_open_files() -> int:
    gc.collect()  # errors keep their connections open until they are collected
    return len(list(OPEN_FILES.iterdir())) if OPEN_FILES.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("form", ["underscore", "dash"])
def test_fifty_runs_with_faults_leave_what_a_first_run_leaves(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest keeps every log record, whose traceback keeps a connection open.
    monkeypatch.setattr(logging.getLogger("pipeline"), "propagate", False)
    monkeypatch.setattr(logging, "lastResort", None)
    chance = random.Random(20260601)
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(PAGES):
        state.add_page(f"Page {number}", "KI", f"<p>This is page {number}.</p>")
    kind = {"form": form, "delete_route": "document"}
    more = {"BATCH_SIZE": "4", "MAX_DELETE_PERCENT": "100"}
    sizes, files, threads, codes = [], [], [], set()
    with ConfluenceSite(state) as site, VectorApi(**kind) as api:  # type: ignore[arg-type]
        environ = environment(site, api.base_url, tmp_path, **more)
        assert sync_now(environ).code == 0
        for night in range(NIGHTS):
            change(state, chance, night)
            if chance.random() < 0.7:
                fault = chance.choice(SITE_FAULTS)()
                site.fail("", fault, after=chance.randrange(8), times=chance.randrange(1, 6))
            if chance.random() < 0.5:
                api.faults = [Fault(**chance.choice(API_FAULTS), times=chance.randrange(1, 6))]
            codes.add(sync_now(environ).code)
            site.clear_faults()
            api.faults = []
            api.start()  # a fault may have stopped it
            sizes.append((tmp_path / "sync.sqlite3").stat().st_size)
            files.append(count_open_files())
            threads.append(threading.active_count())
        assert sync_now(environ).code == (0 if form == "underscore" else 7)  # dash cannot delete
        with VectorApi(**kind) as fresh:  # type: ignore[arg-type]
            assert sync_now(environment(site, fresh.base_url, tmp_path / "fresh")).code == 0
            actual, expected = api.documents("confluence"), fresh.documents("confluence")
        assert not api.duplicates("confluence")
    stale = 0 if form == "underscore" else len(actual) - len(expected)
    assert len(actual) == len(expected) + stale
    assert expected.keys() <= actual.keys()
    assert codes - {0, 7}, "no run met a fault: the test shows nothing"
    assert max(files[-10:]) <= max(files[:10]) + 12, files
    assert max(threads[-10:]) <= max(threads[:10]) + 8, threads
    if form == "underscore":  # dash has to remember every stale chunk
        assert max(sizes) <= 3 * sizes[0], sizes
