"""Run a program as a user does (in a process of its own) or at once (in this one).

Between the two: `fork_program` in forking.py.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.confluence_site import ConfluenceSite
from pipeline.http import RetryPolicy
from pipeline.run import SYNC
from pipeline.run.execute import execute
from pipeline.run.programs import Program
from pipeline.run.start import Signals
from pipeline.settings import load_settings
from sync import sync
from tests.support.fast_retries import FAST

ROOT = Path(__file__).parent.parent.parent
MOST_SECONDS = 240  # of a program in a process of its own
# What a report counts of a content type of which there is nothing.
NONE = {"listed": 0, "new": 0, "changed": 0, "unchanged": 0, "deleted": 0, "failed": 0}
# Enough text that its section is a chunk of its own: short sections share one.
DETAILS = " ".join(f"Detail {number} is written here." for number in range(30))


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    log: str
    report: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.report[name]


def environment(site: ConfluenceSite, vector_url: str, folder: Path, **more: str) -> dict[str, str]:
    """Return settings for a run of either program; `more` adds to them."""
    return {
        "CONF_BASE_URL": site.gateway_url,
        "CONF_USER": site.user,
        "CONF_API_TOKEN": site.token,
        "VECTOR_API_BASE_URL": vector_url,
        "LLAMA_BASE_URL": vector_url,
        "STATE_DIR": str(folder),
        "REPORT_FILE": str(folder / "report.json"),
        **more,
    }


def run_program(name: str, environ: Mapping[str, str]) -> Ended:
    """Run `<name>.py` with these settings and nothing else of this environment."""
    plain = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, str(ROOT / f"{name}.py")],
        env=plain | dict(environ),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout + done.stderr, load_report(environ))


def sync_now(
    environ: Mapping[str, str],
    retry: RetryPolicy = FAST,
    program: Program = SYNC,
    signals: Signals | None = None,
) -> Ended:
    """Run sync.py in this process: the same steps, without start-up and long waits."""
    code = execute(program, load_settings(program.name, environ), sync, signals, retry)
    return Ended(code, "", load_report(environ))


def load_report(environ: Mapping[str, str]) -> dict[str, Any]:
    path = Path(environ.get("REPORT_FILE", "/nonexistent"))
    return json.loads(path.read_text("utf-8")) if path.exists() else {}
