"""Whole sync against whole sync: `sync.py`, LangChain's and LlamaIndex's loaders, and oikb.

    make bench            or: python -m bench.peers

Each has a stand-in site of its own and an empty store: a Vector API, for oikb Open WebUI. A request
to the site takes 25 ms, and a rendered page 20 ms more; an insert 30 ms, and a chunk 2 ms more. The
first run is followed by one in which nothing has changed and one in which one page is edited. The
loaders have no state and start over.

Medians of the rounds, as factors of this project's: read these, not the seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.peers.systems import OURS, PEERS, Start, System
from bench.runs import ROOT, Ends, servers

PAGES, ROUNDS = 500, 3
NIGHTS = ("first run", "nothing changed", "one page edited")


class Cost(NamedTuple):
    """What one run took."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    requests: float
    sent: float  # chunks; files by oikb


class Column(NamedTuple):
    """A column of the table: a figure of one night."""

    title: str
    night: int
    read: Callable[[Cost], float]
    unit: str


COLUMNS = (
    *(Column(title, at, lambda cost: cost.seconds, " s") for at, title in enumerate(NIGHTS)),
    *(Column(f"CPU, {NIGHTS[at]}", at, lambda cost: cost.cpu_seconds, " s") for at in (0, 1)),
    Column("peak memory", 0, lambda cost: cost.megabytes, " MB"),
    *(Column(f"requests, {NIGHTS[at]}", at, lambda cost: cost.requests, "") for at in (0, 1)),
)


def main() -> None:
    """Print the table, and how much each system sent."""
    found: dict[System, list[list[Cost]]] = {system: [] for system in (OURS, *PEERS)}
    for _ in range(ROUNDS):
        for system, rounds in found.items():
            rounds.append(measure(system))
    medians = {system: to_medians(rounds) for system, rounds in found.items()}
    print(f"{PAGES} pages, medians of {ROUNDS} rounds\n")
    print(f"| relative to this project | {' | '.join(column.title for column in COLUMNS)} |")
    print("|---|" + "---:|" * len(COLUMNS))
    for system, nights in medians.items():
        cells = [to_cell(column, nights, medians[OURS]) for column in COLUMNS]
        print(f"| {system.name} | {' | '.join(cells)} |")
    print("\nchunks (oikb: files) sent in each run:")
    for system, nights in medians.items():
        print(f"  {system.name}: {', '.join(f'{cost.sent:,.0f}' for cost in nights)}")


def measure(system: System) -> list[Cost]:
    """Return what each night took, on servers of its own."""
    costs = []
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(PAGES, slow=True, api=system.api) as ends,
    ):
        start = system.to_start(ends, Path(folder))
        for night in NIGHTS:
            if night == "one page edited":
                ends.edit_page()
            costs.append(run_once(ends, start))
    return costs


def run_once(ends: Ends, start: Start) -> Cost:
    """One run as a process of its own."""
    asked = ends.count_requests()
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            start.command, cwd=ROOT, env=start.environ, stdout=printed, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        log.seek(0)
        if process.returncode:
            raise RuntimeError(log.read()[-2000:])
        sent = start.count(printed.read())
    cpu, requests = used.ru_utime + used.ru_stime, ends.count_requests() - asked
    return Cost(seconds, cpu, used.ru_maxrss / 1024, requests, sent)


def to_medians(rounds: Sequence[Sequence[Cost]]) -> list[Cost]:
    """The medians of each night's figures."""
    return [
        Cost(*(statistics.median(figures) for figures in zip(*nights, strict=True)))
        for nights in zip(*rounds, strict=True)
    ]


def to_cell(column: Column, nights: Sequence[Cost], ours: Sequence[Cost]) -> str:
    """A figure of ours, or the factor of another's."""
    own, figure = (column.read(costs[column.night]) for costs in (ours, nights))
    if nights is ours:
        return f"{own:,.1f}{column.unit}" if column.unit == " s" else f"{own:,.0f}{column.unit}"
    return f"× {figure / own:.1f}"


if __name__ == "__main__":
    main()
