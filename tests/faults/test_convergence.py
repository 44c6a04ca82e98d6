"""After any sequence of failures, one clean run leaves exactly the current pages."""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    rule,
    run_state_machine_as_test,
)

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.run.start import Signals
from tests.support.program import DETAILS, Ended, environment, load_report, sync_now
from tests.support.vector_api import DeleteRoute, Fault, Form, VectorApi

TITLES = st.sampled_from(["Alpha", "Beta", "Gamma", "Delta"])
TEXTS = st.lists(
    st.sampled_from(["one red fox", "two blue birds", "three green frogs", "four grey wolves"]),
    min_size=0, max_size=4,
)  # fmt: skip
LABELS = st.sets(st.sampled_from(["keep", "other"]))
SITE_FAULTS: list[Callable[[], faults.Fault]] = [
    faults.reset,
    faults.truncated_json,
    faults.login_page,
    lambda: faults.server_error(500),
    lambda: faults.server_error(503),
    lambda: faults.rate_limited("0"),
    lambda: faults.error(403),
    lambda: faults.error(404),
    faults.repeated_cursor,
]
API_FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 500, "stored": "half"},
    {"status": 504, "stored": "all"},
    {"status": 400},
    {"status": 413},
    {"answer": "reset", "stored": "all"},
    {"answer": "cut"},
    {"status": 500, "on": "delete"},
    {"status": 503, "on": "query"},
]


SIZES = st.sampled_from([{}, {"CHUNK_TOKENS": "150", "CHUNK_OVERLAP": "0"}])


def to_body(texts: list[str]) -> str:
    """Each part is a chunk of its own, and several with a small CHUNK_TOKENS."""
    return "".join(f"<h2>Part {n}</h2><p>Say {text}. {DETAILS}</p>" for n, text in enumerate(texts))


def _sync_in_child(environ: dict[str, str]) -> None:
    signals = Signals()
    with signals.listening():
        sync_now(environ, signals=signals)


def sync_and_stop(
    environ: dict[str, str], seen: Callable[[], int], after: int, signum: int = signal.SIGKILL
) -> None:
    """Start a run in a new process; signal it when `seen()` has grown by `after`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.test_convergence"])
    process = context.Process(target=_sync_in_child, args=(environ,), daemon=True)
    limit = seen() + after
    process.start()
    deadline = time.monotonic() + 60
    while process.is_alive() and seen() < limit and time.monotonic() < deadline:
        time.sleep(0.0005)
    if process.is_alive() and process.pid:
        os.kill(process.pid, signum)
    process.join()


class Site(RuleBasedStateMachine):
    """A site that is edited between runs that fail, are killed, or succeed."""

    pages = Bundle("pages")
    options: ClassVar[dict[str, str]] = {}
    age = timedelta()  # of every version, by its date
    form: ClassVar[Form] = "underscore"
    delete_route: ClassVar[DeleteRoute] = "document"
    complete: ClassVar[tuple[int, ...]] = (0,)  # exit codes of a run without failures

    def __init__(self) -> None:
        super().__init__()
        self.size: dict[str, str] = {}  # settings that change between runs
        self.folder = Path(tempfile.mkdtemp())
        self.state = SiteState()
        self.state.add_space("KI", "Known Issues")
        self.state.add_space("OPS", "Operations")
        self.home = self.state.add_page("Home", "KI", to_body(["home"]), labels=["keep"])
        self.site = ConfluenceSite(self.state).__enter__()
        self.api = self.to_api().start()

    def to_api(self) -> VectorApi:
        return VectorApi(self.form, self.delete_route)

    def sync(self) -> Ended:
        return sync_now(self.environ(self.api, self.folder))

    def writes(self) -> int:
        """What a run is killed after: requests that change the collection."""
        return self.api.count("insert") + self.api.count("delete")

    def environ(self, api: VectorApi, folder: Path) -> dict[str, str]:
        scope = {"SPACE_NAME": "Known Issues", "MAX_DELETE_PERCENT": "100", "BATCH_SIZE": "3"}
        return environment(self.site, api.base_url, folder, **(scope | self.options | self.size))

    def date(self) -> datetime:
        return self.state.clock() - self.age

    @initialize(target=pages, title=TITLES, texts=TEXTS)
    def begin(self, title: str, texts: list[str]) -> str:
        return self.state.add_page(
            title, "KI", to_body(texts), labels=["keep"], modified=self.date()
        )

    @rule(target=pages, title=TITLES, texts=TEXTS, labels=LABELS)
    def add(self, title: str, texts: list[str], labels: set[str]) -> str:
        return self.state.add_page(
            title, "KI", to_body(texts), labels=labels, parent=self.home, modified=self.date()
        )

    @rule(page=pages, texts=TEXTS)
    def edit(self, page: str, texts: list[str]) -> None:
        self.state.edit(page, to_body(texts), modified=self.date())

    @rule(page=pages, title=TITLES)
    def rename(self, page: str, title: str) -> None:
        self.state.rename(page, title, modified=self.date())

    @rule(page=pages, space=st.sampled_from(["KI", "OPS"]))
    def move(self, page: str, space: str) -> None:
        self.state.move(page, space=space)

    @rule(page=pages, labels=LABELS)
    def label(self, page: str, labels: set[str]) -> None:
        self.state.set_labels(page, labels)

    @rule(page=pages)
    def archive(self, page: str) -> None:
        self.state.archive(page)

    @rule(page=pages)
    def restore(self, page: str) -> None:
        self.state.restore(page)

    @rule(page=consumes(pages))
    def purge(self, page: str) -> None:
        self.state.purge(page)

    @rule()
    def run(self) -> None:
        assert self.sync().code in self.complete

    @rule(fault=st.sampled_from(SITE_FAULTS), after=st.integers(0, 8), times=st.integers(1, 9))
    def run_with_a_site_that_fails(
        self, fault: Callable[[], faults.Fault], after: int, times: int
    ) -> None:
        self.site.fail("", fault(), after=after, times=times)
        assert self.sync().code in (*self.complete, 1, 3, 4)
        self.site.clear_faults()

    @rule(fault=st.sampled_from(API_FAULTS), times=st.integers(1, 9))
    def run_with_a_vector_api_that_fails(self, fault: dict[str, Any], times: int) -> None:
        self.api.faults = [Fault(**fault, times=times)]
        assert self.sync().code in (*self.complete, 1, 5)
        self.api.faults = []

    @rule(after=st.integers(1, 30))
    def run_and_kill(self, after: int) -> None:
        sync_and_stop(
            self.environ(self.api, self.folder),
            lambda: len(self.api.log) + len(self.site.requests),
            after,
        )

    @rule(after=st.integers(1, 4))
    def run_and_kill_between_writes(self, after: int) -> None:
        sync_and_stop(self.environ(self.api, self.folder), self.writes, after)

    @rule(size=SIZES)
    def change_the_chunk_size(self, size: dict[str, str]) -> None:
        self.size = size

    @rule(size=SIZES, after=st.integers(1, 4))
    def kill_a_run_with_a_chunk_size_that_is_put_back(
        self, size: dict[str, str], after: int
    ) -> None:
        before, self.size = self.size, size
        self.run_and_kill_between_writes(after)
        self.size = before

    @rule(page=pages, after=st.integers(1, 4))
    def kill_a_run_while_a_page_is_away(self, page: str, after: int) -> None:
        before = self.state.pages[page].space
        self.state.move(page, space="OPS" if before == "KI" else "KI")
        self.run_and_kill_between_writes(after)
        self.state.move(page, space=before)

    def documents_in(self, api: VectorApi, folder: Path) -> dict[str, tuple[object, ...]]:
        """Return chunk id → text, and the metadata that readers filter by."""
        return {
            row.id: (row.text, *(row.metadata[name] for name in ("title", "space_key", "url")))
            for row in api.documents("confluence").values()
        }

    def teardown(self) -> None:
        try:
            self.state.reindex()
            assert self.sync().code in self.complete
            with self.to_api() as fresh, tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                complete = {"SINCE_HOURS": "0"}
                assert sync_now(self.environ(fresh, folder) | complete).code == 0
                assert self.documents_in(self.api, self.folder) == self.documents_in(fresh, folder)
            again = self.sync()
            assert (again["chunks"]["inserted"], again["chunks"]["deleted"]) == (0, 0)
            assert self.site.writes == []
        finally:
            self.api.stop()
            self.site.__exit__(None, None, None)
            shutil.rmtree(self.folder)


class TwoSpaces(Site):
    """The same with both spaces in scope: a page that moves stays."""

    options: ClassVar[dict[str, str]] = {"SPACE_NAME": ""}


class WithoutDeletion(Site):
    """A server that cannot delete: apart from what is reported as stale, all is as it should be."""

    delete_route: ClassVar[DeleteRoute] = ""
    complete: ClassVar[tuple[int, ...]] = (0, 7)

    def documents_in(self, api: VectorApi, folder: Path) -> dict[str, tuple[object, ...]]:
        assert not api.duplicates("confluence"), "stored twice"
        report = load_report({"REPORT_FILE": str(folder / "report.json")})
        stale = {row["chunk_id"] for row in report["stale"]}
        rows = api.documents("confluence").values()
        return {row.id: (row.text,) for row in rows if row.id not in stale}


class OnDash(WithoutDeletion):
    """A server on which a chunk that is sent twice is there twice."""

    form: ClassVar[Form] = "dash"


class LabelledSite(Site):
    """The same with a label filter: a page can leave or join without an edit."""

    options: ClassVar[dict[str, str]] = {"LABELS": "keep"}


class AgedSite(LabelledSite):
    """The same with a window that no page is in: only the first run, of Home alone, has one."""

    options: ClassVar[dict[str, str]] = {"LABELS": "keep", "SINCE_HOURS": "24"}
    age = timedelta(days=300)

    def __init__(self) -> None:
        super().__init__()
        self.run()


THOROUGH = settings(
    max_examples=25, stateful_step_count=12, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "machine", [Site, LabelledSite, AgedSite, TwoSpaces, WithoutDeletion, OnDash]
)
def test_a_clean_run_repairs_everything(machine: type[Site]) -> None:
    run_state_machine_as_test(machine, settings=THOROUGH)


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
