"""The whole `sync.py` against stand-ins in processes of their own: overlap, memory, requests.

    make bench            or: python -m bench.sync [overlap] [memory] [growth] [start] [big]

Machines differ and are shared: read the ratios, not the seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.big_pages import BIG_PAGES
from bench.plot import to_svg

ROOT = Path(__file__).parent.parent
PLOT = ROOT / "docs" / "growth.svg"
SECONDS_A_REQUEST = 0.150  # Confluence
SECONDS_AN_INSERT, SECONDS_A_CHUNK = 0.030, 0.002


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a measurement."""

    settings: dict[str, str]  # of a run against them
    _site: subprocess.Popen[str]

    def count_requests(self) -> int:
        """How many requests the site was asked so far."""
        assert self._site.stdin is not None
        assert self._site.stdout is not None
        self._site.stdin.write("\n")
        self._site.stdin.flush()
        return int(self._site.stdout.readline())


@contextmanager
def servers(
    pages: int,
    *,
    slow: bool,
    big_page: str = "",
    insert_free: bool = False,
    fetch_free: bool = False,
) -> Iterator[Ends]:
    """A site with so many pages and a Vector API, each in a process."""
    delay = SECONDS_A_REQUEST if slow and not fetch_free else 0
    site = [sys.executable, "-m", "bench.site", str(pages), str(delay)]
    api = [sys.executable, "-m", "tests.support.vector_api", "--delete-route", "document"]
    if slow and not insert_free:
        api += ["--seconds-a-request", str(SECONDS_AN_INSERT)]
        api += ["--seconds-a-chunk", str(SECONDS_A_CHUNK)]
    started = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for command in (site + [big_page] * bool(big_page), api)
    ]
    try:
        addresses = [process.stdout.readline().strip() for process in started if process.stdout]
        settings = {
            "CONF_BASE_URL": addresses[0],
            "CONF_USER": "demo@example.com",
            "CONF_API_TOKEN": "demo-token",
            "VECTOR_API_BASE_URL": addresses[1],
            "VERIFY": "0",
            "PATH": os.environ["PATH"],
        }
        yield Ends(settings, started[0])
    finally:
        for process in started:
            process.kill()
            process.wait()


def run(environ: dict[str, str], folder: str) -> tuple[float, float, dict[str, dict[str, int]]]:
    """One run: wall seconds, peak MB, report."""
    report = Path(folder) / "report.json"
    environ = environ | {"STATE_DIR": folder, "REPORT_FILE": str(report)}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "sync.py"], cwd=ROOT, env=environ, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode not in (0, 1):
            log.seek(0)
            raise RuntimeError(log.read().decode()[-2000:])
    return seconds, usage.ru_maxrss / 1024, json.loads(report.read_text())


def measure_overlap(pages: int = 1000, rounds: int = 3) -> None:
    """The whole run against its slowest stage alone."""
    whole, fetch, insert = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, servers(pages, slow=True) as ends:
            seconds, _, report = run(ends.settings, folder)
            whole.append(seconds)
        free = servers(pages, slow=True, insert_free=True)
        with tempfile.TemporaryDirectory() as folder, free as ends:
            fetch.append(run(ends.settings | {"DRY_RUN": "1"}, folder)[0])
        free = servers(pages, slow=True, fetch_free=True)
        with tempfile.TemporaryDirectory() as folder, free as ends:
            insert.append(run(ends.settings, folder)[0])
    slowest = max(statistics.median(fetch), statistics.median(insert))
    chunks = report["chunks"]["inserted"]
    in_turn = -(-chunks // 100) * SECONDS_AN_INSERT + chunks * SECONDS_A_CHUNK
    print(f"{pages} pages, {chunks} chunks, median of {rounds}:")
    print(f"  whole run                                  {statistics.median(whole):6.2f} s")
    print(f"  inserts cost nothing (dry run)             {statistics.median(fetch):6.2f} s")
    print(f"  Confluence answers at once                 {statistics.median(insert):6.2f} s")
    print(f"  whole / slower one of these                {statistics.median(whole) / slowest:6.2f}")
    print(f"  the server's time, one insert at a time    {in_turn:6.2f} s")


def measure_memory() -> None:
    """Peak memory by number of pages, and what a run costs when nothing has changed."""
    for pages in (1000, 8000):
        with tempfile.TemporaryDirectory() as folder, servers(pages, slow=False) as ends:
            seconds, peak, _ = run(ends.settings, folder)
            again, _, unchanged = run(ends.settings, folder)
        print(
            f"{pages} pages: {seconds:.1f} s, peak {peak:.0f} MB; no change: {again:.1f} s, "
            f"{unchanged['requests']['confluence']} Confluence requests, "
            f"{unchanged['chunks']['inserted']} chunks inserted"
        )


def measure_big() -> None:
    """Time and peak memory of a run over 200 pages, one of them of an extreme size."""
    for name in BIG_PAGES:
        big = servers(200, slow=False, big_page=name)
        with tempfile.TemporaryDirectory() as folder, big as ends:
            seconds, peak, report = run(ends.settings, folder)
        chunks = report["chunks"]["inserted"]
        print(f"{name:30} {seconds:6.1f} s  {peak:5.0f} MB  {chunks:6} chunks", flush=True)
        for failure in report["failures"]:
            print(f"  {failure['title']}: {failure['error']}")


def measure_growth() -> None:
    """Time against pages, also as a plot: linear growth keeps the time a page the same."""
    points = []
    for pages in (1000, 2000, 4000, 8000, 16000):
        with tempfile.TemporaryDirectory() as folder, servers(pages, slow=False) as ends:
            seconds = run(ends.settings, folder)[0]
        points.append((pages, seconds))
        print(f"{pages:6} pages  {seconds:7.1f} s  {1000 * seconds / pages:6.2f} ms a page")
    PLOT.write_text(to_svg(points), "utf-8")
    print(f"plotted in {PLOT.relative_to(ROOT)}")


def measure_start() -> None:
    """Measure how soon invalid settings are reported."""
    times = []
    for _ in range(7):
        began = time.perf_counter()
        plain = {"PATH": os.environ["PATH"]}
        subprocess.run(
            [sys.executable, "sync.py"], cwd=ROOT, env=plain, capture_output=True, check=False
        )
        times.append(time.perf_counter() - began)
    print(f"wrong settings answered in {statistics.median(times):.2f} s (median of 7)")


if __name__ == "__main__":
    names = sys.argv[1:] or ["start", "overlap", "memory", "growth"]
    for name in names:
        {
            "start": measure_start,
            "overlap": measure_overlap,
            "memory": measure_memory,
            "growth": measure_growth,
            "big": measure_big,
        }[name]()
