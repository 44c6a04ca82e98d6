"""Time against pages, also as plots: linear growth keeps the time a page the same."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.full_ledger import fill
from bench.plot import to_svg
from bench.runs import ROOT, VECTOR_API, run, servers, started

NEW_PAGES = (1000, 2000, 4000, 8000, 16000)
UNCHANGED_PAGES = (10_000, 30_000, 100_000, 300_000, 1_000_000)


def measure_growth() -> None:
    """A first run, and a run over unchanged pages with its peak memory."""
    points = []
    for pages in NEW_PAGES:
        with tempfile.TemporaryDirectory() as folder, servers(pages, slow=False) as ends:
            seconds = run(ends.settings, folder).seconds
        points.append((pages, seconds))
        print(f"{pages:7} new        {seconds:7.1f} s  {1000 * seconds / pages:6.3f} ms a page")
    plot(points, "growth.svg", "a first run")
    points = [(pages, measure_unchanged(pages)) for pages in UNCHANGED_PAGES]
    plot(points, "growth-unchanged.svg", "a run over unchanged pages (CPU)")


def measure_unchanged(pages: int) -> float:
    """Return the CPU seconds of a run over so many pages of which none has changed."""
    with tempfile.TemporaryDirectory() as folder, started(to_site(pages), VECTOR_API) as ends:
        with started(to_site(0), VECTOR_API) as nothing:
            empty = ends.settings | {"CONF_BASE_URL": nothing.settings["CONF_BASE_URL"]}
            run(empty, folder, (3,))  # makes the collection and the ledger, lists nothing, ends
        fill(Path(folder) / "sync.sqlite3", ends.settings, pages)
        ended = run(ends.settings, folder)
    assert ended.report["pages"]["unchanged"] == pages, ended.report
    print(
        f"{pages:7} unchanged  {ended.seconds:7.1f} s  CPU {ended.cpu_seconds:6.1f} s  "
        f"{1000 * ended.cpu_seconds / pages:6.3f} ms a page  peak {ended.peak_mb:4.0f} MB  "
        f"{ended.report['requests']['confluence']} Confluence requests",
        flush=True,
    )
    return ended.cpu_seconds


def to_site(pages: int) -> list[str]:
    return [sys.executable, "-m", "bench.wide_site", str(pages)]


def plot(points: list[tuple[int, float]], name: str, what: str) -> None:
    (ROOT / "docs" / name).write_text(to_svg(points, what), "utf-8")
    print(f"plotted in docs/{name}", flush=True)
