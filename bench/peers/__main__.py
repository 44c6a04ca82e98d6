"""Whole sync against whole sync: `sync.py`, LangChain's loader and LlamaIndex's reader.

    make bench            or: python -m bench.peers

The same stand-in site and an empty Vector API for each; first with no delay, then with 150 ms a
Confluence request. The second run of each finds that nothing has changed: the loaders have no
state and start over. Medians of the rounds; read the ratios, not the seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.runs import ROOT, SECONDS_A_REQUEST, Ends, servers

PEERS_PYTHON = str(ROOT / ".venv-peers" / "bin" / "python")
OURS = "this project"
PEERS = {
    "LangChain ConfluenceLoader": ["bench.peers.langchain"],
    "LangChain, its default: restrictions asked for": ["bench.peers.langchain", "checked"],
    "LlamaIndex ConfluenceReader": ["bench.peers.llamaindex"],
}
COLUMNS = ("s", "CPU-s", "peak MB", "requests", "chunks sent")


class Cost(NamedTuple):
    """What one run took."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    requests: float
    chunks: float


@dataclass(frozen=True, slots=True)
class Case:
    """A site, and how often each system is run against it."""

    pages: int
    slow: bool
    rounds: int

    def __str__(self) -> str:
        delay = f"{1000 * SECONDS_A_REQUEST:.0f} ms a request" if self.slow else "no delay"
        return f"{self.pages:,} pages, {delay}"


CASES = (Case(1000, slow=False, rounds=3), Case(300, slow=True, rounds=1))


def main() -> None:
    """Print one Markdown table for each case."""
    for case in CASES:
        found: dict[str, list[list[Cost]]] = {name: [] for name in (OURS, *PEERS)}
        for _ in range(case.rounds):
            for name, costs in found.items():
                costs.append(measure(name, case))
        medians = {name: to_medians(costs) for name, costs in found.items()}
        for at, title in enumerate(("first run", "nothing changed")):
            show(f"{case}, {title}", {name: runs[at] for name, runs in medians.items()})


def measure(name: str, case: Case) -> list[Cost]:
    """The first run and the one after it, on servers of their own."""
    with tempfile.TemporaryDirectory() as folder, servers(case.pages, slow=case.slow) as ends:
        run = sync_command(ends, folder) if name == OURS else peer_command(ends, PEERS[name])
        return [run_once(ends, *run) for _ in range(2)]


def sync_command(ends: Ends, folder: str) -> tuple[list[str], dict[str, str], Callable[[str], int]]:
    """The command, its environment, and how the number of chunks is found afterwards."""
    report = Path(folder) / "report.json"
    environ = ends.settings | {"STATE_DIR": folder, "REPORT_FILE": str(report)}
    return (
        [sys.executable, "sync.py"],
        environ,
        lambda _: int(json.loads(report.read_text())["chunks"]["inserted"]),
    )


def peer_command(
    ends: Ends, module: list[str]
) -> tuple[list[str], dict[str, str], Callable[[str], int]]:
    """The same for a peer, which prints the number."""
    site = ends.settings["CONF_BASE_URL"].partition("/ex/")[0] + "/wiki"
    name, *rest = module
    command = [PEERS_PYTHON, "-m", name, site, ends.settings["VECTOR_API_BASE_URL"], *rest]
    return command, {"PATH": os.environ["PATH"]}, int


def run_once(
    ends: Ends, command: list[str], environ: dict[str, str], count: Callable[[str], int]
) -> Cost:
    """One run as a process of its own."""
    asked = ends.count_requests()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as log:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=said, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        log.seek(0)
        if process.returncode:
            raise RuntimeError(log.read()[-2000:])
        chunks = count(said.read())
    cpu, requests = used.ru_utime + used.ru_stime, ends.count_requests() - asked
    return Cost(seconds, cpu, used.ru_maxrss / 1024, requests, chunks)


def to_medians(rounds: list[list[Cost]]) -> list[Cost]:
    """The medians of each run's figures."""
    return [
        Cost(*(statistics.median(figures) for figures in zip(*runs, strict=True)))
        for runs in zip(*rounds, strict=True)
    ]


def show(title: str, costs: dict[str, Cost]) -> None:
    """A Markdown table: figures, and what the others took for each unit of ours."""
    print(f"\n| {title} | {' | '.join(COLUMNS)} | time, × ours | CPU, × ours |")
    print("|---|" + "---:|" * (len(COLUMNS) + 2))
    ours = costs[OURS]
    for name, cost in costs.items():
        figures = [f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.megabytes:.0f}"]
        figures += [f"{cost.requests:,.0f}", f"{cost.chunks:,.0f}"]
        figures.append(f"{cost.seconds / ours.seconds:.1f}")
        figures.append(f"{cost.cpu_seconds / ours.cpu_seconds:.1f}")
        print(f"| {name} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
