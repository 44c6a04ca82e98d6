"""Both ends of a run of `sync.py`, each in a process of its own, and the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SECONDS_A_REQUEST, SECONDS_A_RENDERING = 0.025, 0.020  # Confluence; a page's rendered body
SECONDS_AN_INSERT, SECONDS_A_CHUNK = 0.030, 0.002
VECTOR_API = [sys.executable, "-m", "tests.support.vector_api", "--delete-route", "document"]


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a measurement."""

    settings: dict[str, str]  # of a run against them
    _site: subprocess.Popen[str]

    def count_requests(self) -> int:
        """How many requests the site was asked so far."""
        return self._say("count")

    def edit_page(self) -> None:
        """Save a new version of one page of the site."""
        self._say("edit")

    def _say(self, command: str) -> int:
        assert self._site.stdin is not None
        assert self._site.stdout is not None
        self._site.stdin.write(f"{command}\n")
        self._site.stdin.flush()
        return int(self._site.stdout.readline())


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    report: dict[str, Any]


@contextmanager
def servers(
    pages: int,
    *,
    slow: bool,
    big_page: str = "",
    insert_free: bool = False,
    fetch_free: bool = False,
    api: Sequence[str] = VECTOR_API,
) -> Iterator[Ends]:
    """A site with so many pages and a Vector API, each in a process."""
    site = [sys.executable, "-m", "bench.site", str(pages)]
    is_slow = slow and not fetch_free
    site += map(str, (SECONDS_A_REQUEST, SECONDS_A_RENDERING) if is_slow else (0, 0))
    delays: list[str] = []
    if slow and not insert_free:
        delays += ["--seconds-a-request", str(SECONDS_AN_INSERT)]
        delays += ["--seconds-a-chunk", str(SECONDS_A_CHUNK)]
    with started(site + [big_page] * bool(big_page), [*api, *delays]) as ends:
        yield ends


@contextmanager
def started(site: list[str], api: list[str]) -> Iterator[Ends]:
    """Start both ends, whose first line on stdout is their address."""
    processes = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for command in (site, api)
    ]
    try:
        addresses = [process.stdout.readline().strip() for process in processes if process.stdout]
        settings = {
            "CONF_BASE_URL": addresses[0],
            "CONF_USER": "demo@example.com",
            "CONF_API_TOKEN": "demo-token",
            "VECTOR_API_BASE_URL": addresses[1],
            "VERIFY": "0",
            "PATH": os.environ["PATH"],
        }
        yield Ends(settings, processes[0])
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run(environ: dict[str, str], folder: str, codes: tuple[int, ...] = (0, 1)) -> Run:
    """One run, which ends with one of the exit codes."""
    report = Path(folder) / "report.json"
    environ = environ | {"STATE_DIR": folder, "REPORT_FILE": str(report)}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "sync.py"], cwd=ROOT, env=environ, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode not in codes:
            log.seek(0)
            raise RuntimeError(log.read().decode()[-2000:])
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu_seconds, usage.ru_maxrss / 1024, json.loads(report.read_text()))
