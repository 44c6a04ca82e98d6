"""The whole `sync.py` against stand-ins in processes of their own: time, memory, requests.

    make bench            or: python -m bench.sync [start] [night] [overlap] [memory] [growth] [big]

Machines differ and are shared: read the ratios, not the seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from bench.big_pages import BIG_PAGES
from bench.growth import measure_growth
from bench.runs import ROOT, SECONDS_A_CHUNK, SECONDS_AN_INSERT, run, servers


def measure_overlap() -> None:
    """The whole run against its slowest stage alone."""
    for pages in (1000, 8000):
        measure_stages(pages)


def measure_stages(pages: int, rounds: int = 3) -> None:
    """The whole run, and runs in which one end costs nothing, in turn."""
    whole, fetch, insert = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, servers(pages, slow=True) as ends:
            ended = run(ends.settings, folder)
            whole.append(ended.seconds)
        free = servers(pages, slow=True, insert_free=True)
        with tempfile.TemporaryDirectory() as folder, free as ends:
            fetch.append(run(ends.settings | {"DRY_RUN": "1"}, folder).seconds)
        free = servers(pages, slow=True, fetch_free=True)
        with tempfile.TemporaryDirectory() as folder, free as ends:
            insert.append(run(ends.settings, folder).seconds)
    slowest = max(statistics.median(fetch), statistics.median(insert))
    chunks = ended.report["chunks"]["inserted"]
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
            first = run(ends.settings, folder)
            again = run(ends.settings, folder)
        print(
            f"{pages} pages: {first.seconds:.1f} s, peak {first.peak_mb:.0f} MB; "
            f"no change: {again.seconds:.1f} s, "
            f"{again.report['requests']['confluence']} Confluence requests, "
            f"{again.report['chunks']['inserted']} chunks inserted"
        )


def measure_night(pages: int = 100, rounds: int = 7) -> None:
    """CPU time of the whole program where no page has changed."""
    with tempfile.TemporaryDirectory() as folder, servers(pages, slow=False) as ends:
        run(ends.settings, folder)
        nights = [run(ends.settings, folder) for _ in range(rounds)]
    assert not nights[-1].report["chunks"]["inserted"]
    seconds = statistics.median(night.cpu_seconds for night in nights)
    print(f"{pages} unchanged pages: {seconds:.2f} s of CPU time (median of {rounds})")


def measure_big() -> None:
    """Time and peak memory of a run over 200 pages, one of them of an extreme size."""
    for name in BIG_PAGES:
        big = servers(200, slow=False, big_page=name)
        with tempfile.TemporaryDirectory() as folder, big as ends:
            ended = run(ends.settings, folder)
        chunks = ended.report["chunks"]["inserted"]
        print(
            f"{name:30} {ended.seconds:6.1f} s  {ended.peak_mb:5.0f} MB  {chunks:6} chunks",
            flush=True,
        )
        for failure in ended.report["failures"]:
            print(f"  {failure['title']}: {failure['error']}")


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
    names = sys.argv[1:] or ["start", "night", "overlap", "memory", "growth"]
    for name in names:
        {
            "start": measure_start,
            "night": measure_night,
            "overlap": measure_overlap,
            "memory": measure_memory,
            "growth": measure_growth,
            "big": measure_big,
        }[name]()
