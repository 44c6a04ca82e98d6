"""After any history of changes, failures and losses, one clean run leaves what a first one does.

MODEL_HISTORIES=500 python -m pytest -s tests/faults/test_convergence.py

tries more histories of each kind; MODEL_SEED repeats those of a seed, which each test prints. In CI
(the variable `CI`) they are the same in each run.
"""

import os
import random
import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from demo.confluence_site import ConfluenceSite, SiteState
from pipeline.upsert.files.listed import left_over
from tests.faults.model.machine import History
from tests.faults.model.on_pages import HistoryOnPages
from tests.faults.model.site import to_body
from tests.faults.model.stores import Kind
from tests.support.program import environment, sync_now
from tests.support.vector_api import Fault, VectorApi

HISTORIES = int(os.environ.get("MODEL_HISTORIES", "40"))
NEW_SEED = 1 if os.environ.get("CI") else random.randrange(1, 2**32)
SEED = int(os.environ.get("MODEL_SEED", "0")) or NEW_SEED
THOROUGH = settings(
    stateful_step_count=14, print_blob=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


class OnDash(History):
    """A server on which a chunk that is sent twice is there twice."""

    kind = Kind("dash")


class OnUnderscore(History):
    """A server that overwrites by id, and cannot delete."""

    kind = Kind("underscore")


class OnUnderscoreWithDelete(History):
    """The same with a route that deletes."""

    kind = Kind("underscore", delete_route="document")


class OnVectorStores(History):
    """A server that lists its files, alters their text, and can lose them from the list."""

    kind = Kind("files")


class WithoutVolume(History):
    """An earlier such server, and runs that remember nothing."""

    kind = Kind("files", version="0.7.3", has_volume=False)
    # With SINCE_HOURS and no volume, what is old when it comes into scope stays out.
    scopes: ClassVar[tuple[str, ...]] = ("one space", "two spaces", "labels")


class OnPagesOnDash(HistoryOnPages):
    """Files and comments where nothing can be deleted."""

    kind = OnDash.kind


class OnPagesOnUnderscoreWithDelete(HistoryOnPages):
    """Files and comments where the ledger alone knows what is stored."""

    kind = OnUnderscoreWithDelete.kind


class OnPagesOnVectorStores(HistoryOnPages):
    """Files and comments where the store's list replaces the ledger."""

    kind = OnVectorStores.kind


MACHINES = [OnDash, OnUnderscore, OnUnderscoreWithDelete, OnVectorStores, WithoutVolume]
MACHINES_ON_PAGES = [OnPagesOnDash, OnPagesOnUnderscoreWithDelete, OnPagesOnVectorStores]
SIDE_BY_SIDE = [
    pytest.param(machine, marks=pytest.mark.xdist_group(machine.__name__))
    for machine in (*MACHINES, *MACHINES_ON_PAGES)
]


@pytest.mark.slow
@pytest.mark.timeout(max(300, 20 * HISTORIES))
@pytest.mark.parametrize("machine", SIDE_BY_SIDE)
def test_one_clean_run_repairs_everything(
    machine: type[History], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_over, "REST_SECONDS", 0.0)  # the stand-in has no worker
    # Each file is converted in a process of its own.
    histories = max(1, HISTORIES // 5) if machine in MACHINES_ON_PAGES else HISTORIES
    print(f"{machine.__name__}: {histories} histories, MODEL_SEED={SEED}")
    chosen = settings(THOROUGH, max_examples=histories)
    run_state_machine_as_test(seed(SEED)(machine), settings=chosen)


def test_no_thread_outlives_a_failed_run(tmp_path: Path) -> None:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(40):
        state.add_page(f"Page {number}", "KI", to_body(["one red fox"]))
    with ConfluenceSite(state) as site, VectorApi(delete_route="document") as api:
        api.faults = [Fault(status=401, times=None)]
        before = {thread.name for thread in threading.enumerate()}
        assert sync_now(environment(site, api.base_url, tmp_path)).code == 5
        time.sleep(0.5)
        left = {t.name for t in threading.enumerate()} - before
        assert not {name for name in left if name.startswith(("writer", "fetch-"))}
