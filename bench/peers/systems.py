"""The systems that are compared, and how a whole sync of each is started."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.runs import ROOT, VECTOR_API, Ends

_BIN = ROOT / ".venv-peers" / "bin"
_OPEN_WEBUI = [sys.executable, "-m", "bench.peers.open_webui"]
_ADDED = re.compile(r"(\d+) (?:added|modified)")


@dataclass(frozen=True, slots=True)
class Start:
    """A program, its environment, and how its stdout shows how much was sent."""

    command: Sequence[str]
    environ: dict[str, str]
    count: Callable[[str], int] = int


@dataclass(frozen=True, slots=True)
class System:
    """One system: its server's command, and its program against both ends, with a folder."""

    name: str
    to_start: Callable[[Ends, Path], Start]
    api: Sequence[str] = tuple(VECTOR_API)


def _start_ours(ends: Ends, folder: Path) -> Start:
    report = folder / "report.json"
    environ = ends.settings | {"STATE_DIR": str(folder), "REPORT_FILE": str(report)}
    return Start(
        [sys.executable, "sync.py"],
        environ,
        lambda _: int(json.loads(report.read_text())["chunks"]["inserted"]),
    )


def _to_loader(module: str, *options: str) -> Callable[[Ends, Path], Start]:
    def start(ends: Ends, _: Path) -> Start:
        command = [str(_BIN / "python"), "-m", module, f"{_to_site(ends)}/wiki"]
        command += [ends.settings["VECTOR_API_BASE_URL"], *options]
        return Start(command, {"PATH": os.environ["PATH"]})

    return start


def _start_oikb(ends: Ends, _: Path) -> Start:
    command = [str(_BIN / "oikb"), "sync", "confluence:KI", "--kb-id", "bench"]
    command += ["--concurrency", "4"]  # as many as sync.py's workers; by default it is 1
    environ = {
        "PATH": os.environ["PATH"],
        "CONFLUENCE_URL": _to_site(ends),
        "CONFLUENCE_USER": ends.settings["CONF_USER"],
        "CONFLUENCE_TOKEN": ends.settings["CONF_API_TOKEN"],
        "OPEN_WEBUI_URL": ends.settings["VECTOR_API_BASE_URL"],
        "OPEN_WEBUI_API_KEY": "token",
    }
    return Start(command, environ, lambda printed: sum(map(int, _ADDED.findall(printed))))


def _to_site(ends: Ends) -> str:
    """Return the address of the site itself: these clients do not know the gateway."""
    return ends.settings["CONF_BASE_URL"].partition("/ex/")[0]


OURS = System("this project", _start_ours)
PEERS = (
    System("LangChain ConfluenceLoader", _to_loader("bench.peers.langchain")),
    System(
        "LangChain, requesting each page's restrictions (its default)",
        _to_loader("bench.peers.langchain", "checked"),
    ),
    System("LlamaIndex ConfluenceReader", _to_loader("bench.peers.llamaindex")),
    System("oikb, text of the storage format", _start_oikb, tuple(_OPEN_WEBUI)),
)
