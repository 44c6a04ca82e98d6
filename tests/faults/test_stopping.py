"""A signal or the deadline, wherever the run is: ended in time, reported, repaired by the next."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, faults
from tests.support.program import ROOT, environment, load_report, sync_now
from tests.support.recovery import LISTING, SEARCH, SINGLE, small_site
from tests.support.vector_api import Fault, Form, VectorApi

SECONDS = 30.0
HANG = faults.hang(60)
ASKED = "600"  # seconds that a server asks to wait
# A program in which one function, once it is called, never returns.
STUCK = """
import pathlib, runpy, sys, time
import {module}
def stuck(*_, **__):
    pathlib.Path({mark!r}).touch()
    {loop}
{module}.{name} = stuck
runpy.run_path("sync.py", run_name="__main__")
"""


@dataclass
class Scene:
    """A site, a server and a run between them."""

    site: ConfluenceSite
    api: VectorApi
    folder: Path
    process: subprocess.Popen[str] | None = None

    @property
    def mark(self) -> Path:
        return self.folder / "stuck"

    def has_signals(self, field: str) -> bool:
        """Return whether SIGTERM is in a signal set of the process: SigCgt (caught), SigBlk."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        mask = int(status.split(f"{field}:")[1].split()[0], 16)
        return bool(mask >> (signal.SIGTERM - 1) & 1)


@dataclass(frozen=True)
class Place:
    """Where a run is when it is stopped."""

    name: str
    hold: Callable[[Scene], Callable[[], bool]]  # returns whether the run has come there
    form: Form = "underscore"
    code: int = 143
    signals: tuple[int, ...] = (signal.SIGTERM,)
    program: str = "sync.py"
    stuck: tuple[str, str, str] = ("", "", "")  # module, function, what it does for ever
    is_later_run: bool = False  # pages are edited and trashed after a first one
    attempts: int = 1  # to find a run there: on a busy machine, a test may look too late
    more: dict[str, str] = field(default_factory=dict)


def on_site(match: str, fault: faults.Fault = HANG) -> Callable[[Scene], Callable[[], bool]]:
    def hold(scene: Scene) -> Callable[[], bool]:
        injected = scene.site.fail(match, fault, times=None)
        return lambda: injected.hits > 0

    return hold


def without_search(scene: Scene) -> Callable[[], bool]:
    scene.site.fail(SEARCH, faults.error(410), times=None)
    return on_site(SINGLE)(scene)


def on_api(on: str, **about: Any) -> Callable[[Scene], Callable[[], bool]]:
    def hold(scene: Scene) -> Callable[[], bool]:
        fault = Fault(on=on, times=None, **{"answer": "hang"} | about)
        scene.api.faults.append(fault)
        before = scene.api.count(on)
        return lambda: scene.api.count(on) > before

    return hold


def in_signals(field: str) -> Callable[[Scene], Callable[[], bool]]:
    return lambda scene: lambda: scene.has_signals(field)


def in_a_call(scene: Scene) -> Callable[[], bool]:
    return scene.mark.exists


BUSY, ASLEEP = "while True: pass", "time.sleep(1000)"
ROTATE = {"UPDATE_STRATEGY": "rotate"}
PLACES = [  # those that take longest come first: they run side by side
    Place("a ledger that hangs", in_a_call, stuck=("pipeline.state", "Ledger.pages", ASLEEP)),
    Place("a deletion", on_api("delete"), is_later_run=True),
    Place("an insert", on_api("insert", stored="half")),
    Place("an insert on dash", on_api("insert", stored="all"), "dash"),
    Place("the creation", on_api("create"), "dash"),
    Place("the old store", on_api("delete"), "dash", is_later_run=True, more=ROTATE),
    Place("before the imports", in_signals("SigBlk"), program="entrypoint.py", attempts=10),
    Place("the imports", in_signals("SigCgt")),
    Place("the imports, by Ctrl-C", in_signals("SigCgt"), code=130, signals=(signal.SIGINT,)),
    Place("the account", on_site("user/current")),
    Place("a second question", on_site("user/current", faults.error(401))),
    Place("a log-in page", on_site(LISTING, faults.login_page())),
    Place("the canaries", on_api("query"), is_later_run=True),
    Place("the spaces", on_site(r"v2/spaces\?")),
    Place("the listing", on_site(LISTING)),
    Place("a throttled listing", on_site(LISTING, faults.rate_limited(ASKED))),
    Place("the restrictions", on_site(SEARCH), more={"RESTRICTED_PAGES": "skip"}),
    Place("the bodies", on_site(SEARCH)),
    Place("a body", without_search),
    Place("the missing pages", on_site(r"v2/pages\?id="), is_later_run=True),
    Place("the discovery", on_api("describe")),
    Place("a throttled discovery",
          on_api("describe", answer="status", status=503, retry_after=ASKED)),
    Place("a throttled insert", on_api("insert", answer="status", status=429, retry_after=ASKED)),
    Place("an unclear insert", on_api("insert", answer="status", status=504, stored="all")),
    Place("the look-up", on_api("query")),
    Place("a conversion", in_a_call, stuck=("pipeline.markdown", "convert_page", BUSY)),
    Place("the chunking", in_a_call, stuck=("pipeline.chunk", "split", BUSY)),
    Place("the deadline", on_api("describe"), code=1, signals=(),
          more={"RUN_DEADLINE_SECONDS": "1"}),
    Place("a second signal", on_api("insert"), signals=(signal.SIGTERM, signal.SIGINT), code=130),
]  # fmt: skip


@dataclass(frozen=True)
class Stopped:
    """How a run ended after its signal."""

    scene: Scene
    code: int
    seconds: float
    log: str
    report: dict[str, Any]


def stop_at(place: Place, scene: Scene) -> Stopped:
    """Let a run come to the place, and send the signals."""
    environ = environment(scene.site, scene.api.base_url, scene.folder, BATCH_SIZE="4")
    environ |= place.more
    if place.is_later_run:
        assert sync_now(environ).code == 0
        first, second, *_ = scene.site.state.page_ids()
        scene.site.state.trash(first)
        scene.site.state.edit(second, "<p>Edited.</p>")
        (scene.folder / "report.json").unlink()
    is_there = place.hold(scene)
    command = [place.program]
    if module := place.stuck[0]:
        name, loop = place.stuck[1:]
        command = ["-c", STUCK.format(module=module, name=name, loop=loop, mark=str(scene.mark))]
    for _ in range(place.attempts):
        scene.process = process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environ | {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.poll() is None and not is_there():
            time.sleep(0.005)
        if process.poll() is None:
            break
    assert process.poll() is None, process.stderr and process.stderr.read()
    began = time.monotonic()
    for number in place.signals:
        process.send_signal(number)
        time.sleep(0.5 * (len(place.signals) > 1))
    try:
        log = process.communicate(timeout=2 * SECONDS)[1]
    finally:
        process.kill()
    return Stopped(scene, process.returncode, time.monotonic() - began, log, load_report(environ))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Stopped]]]:
    """Every place's run, several side by side: most of the time they wait."""
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(8))
        ended: dict[str, Future[Stopped]] = {}
        for place in PLACES:
            api = stack.enter_context(VectorApi(place.form, delete_route="document"))
            scene = Scene(stack.enter_context(small_site()), api, tmp_path_factory.mktemp("state"))
            ended[place.name] = pool.submit(stop_at, place, scene)
        yield ended


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_run_that_is_stopped_ends_in_time_and_the_next_one_repairs_it(
    place: Place, stopped: dict[str, Future[Stopped]], tmp_path: Path
) -> None:
    ended = stopped[place.name].result()
    assert (ended.code, ended.seconds < SECONDS) == (place.code, True), (ended.seconds, ended.log)
    assert "Traceback" not in ended.log
    assert ("did not end by itself" in ended.log) == (place.stuck[2] == ASLEEP)
    if len(place.signals) < 2:
        assert ended.report["exit_code"] == place.code
        assert "the next run resumes" in ended.log
    else:
        assert ended.seconds < SECONDS / 3, "it ends at once"
    site, api = ended.scene.site, ended.scene.api
    site.clear_faults()
    api.faults = []
    again = sync_now(environment(site, api.base_url, ended.scene.folder, **place.more))
    assert again.code == 0, again["warnings"]
    with VectorApi(place.form, delete_route="document") as fresh:
        anew = sync_now(environment(site, fresh.base_url, tmp_path))
        assert anew.code == 0
        held, expected = (
            server.documents(run["collection"]) for server, run in ((api, again), (fresh, anew))
        )
        assert held.keys() == expected.keys()
    assert not api.duplicates(again["collection"])
