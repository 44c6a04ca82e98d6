"""Hostile files: each fails by name in a process of its own, which leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.http import StoppedWaitingError, Waiting
from pipeline.markdown.attachments import (
    ConvertedFile,
    FileError,
    FileLimits,
    FileTimeoutError,
    convert_file,
)
from tests.markdown.attachments.hostile_files import attacks, table, to_pages
from tests.markdown.attachments.reading import DOCUMENTS

ROOT = Path(__file__).parents[3]
SLOW = b"BT /F 9 Tf 72 700 Td " + b"(Some words of a line) Tj 0 -10 Td " * 60 + b"ET"


def run(content: bytes | Path, name: str, **limits: int) -> ConvertedFile | FileError:
    try:
        return convert_file(content, name, name.rpartition(".")[2], FileLimits(**limits), Waiting())
    except FileError as error:
        return error


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ConvertedFile | FileError]:
    """Convert all hostile files; every temporary file would be in one folder."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(tempfile, "tempdir", str(folder))
        done = {attack.name: pool.submit(run, attack.content, attack.name) for attack in attacks()}
        results = {name: future.result() for name, future in done.items()}
    assert not list(folder.iterdir())
    return results


NAMES = [name for name, *_ in table()]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "_make", "error", "words"), table(), ids=NAMES)
def test_a_hostile_file_fails_by_name(
    name: str, _make: object, error: str, words: str, outcomes: Mapping[str, object]
) -> None:
    outcome = outcomes[name]
    assert isinstance(outcome, FileError)
    assert (type(outcome).__name__, words in str(outcome)) == (error, True), outcome
    assert "\n" not in str(outcome)
    assert name not in str(outcome)


def test_a_file_is_what_its_content_is_whatever_its_name() -> None:
    result = run(DOCUMENTS / "article.groff.pdf", "article.docx")
    assert isinstance(result, ConvertedFile)
    assert result.kind == "pdf"
    assert result.text.startswith("# 1. Moving shards without pauses")


@pytest.mark.slow
def test_more_cpu_time_than_allowed_ends_the_process() -> None:
    outcome = run(to_pages(900, SLOW), "slow.pdf", cpu_seconds=1)
    assert isinstance(outcome, FileTimeoutError)
    assert str(outcome) == "its conversion takes more than 1 s of CPU time"


def test_a_file_that_takes_too_long_is_given_up() -> None:
    outcome = run(to_pages(900, SLOW), "slow.pdf", seconds=1)
    assert isinstance(outcome, FileTimeoutError)
    assert str(outcome) == "not converted within 1 s"
    assert not children()


@pytest.mark.parametrize("memory_mb", [110, pytest.param(140, marks=pytest.mark.slow)])
def test_a_lack_of_memory_is_named_wherever_it_is_noticed(memory_mb: int) -> None:
    rows = (b"<tr>" + b"<td>abc</td>" * 12 + b"</tr>") * 20_000
    outcome = run(b"<table>" + rows + b"</table>", "cells.html", memory_mb=memory_mb)
    assert isinstance(outcome, FileError)
    assert str(outcome).endswith(f"takes more than {memory_mb} MB of memory")


def children() -> list[int]:
    """Return the processes that convert files for this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid() and b"attachments.child" in command:
            found.append(int(path.name))
    return found


def test_a_stop_ends_the_process_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONF_API_TOKEN", "secret-token")
    waiting, ended = Waiting(), threading.Event()

    def convert() -> None:
        with pytest.raises(StoppedWaitingError):
            convert_file(to_pages(900, SLOW), "slow.pdf", "pdf", FileLimits(), waiting)
        ended.set()

    threading.Thread(target=convert, daemon=True).start()
    while not (found := children()):
        time.sleep(0.01)
    assert b"secret-token" not in Path(f"/proc/{found[0]}/environ").read_bytes()
    waiting.end()
    assert ended.wait(10)
    assert not children()


@pytest.mark.slow
def test_the_process_ends_with_the_run_that_started_it(tmp_path: Path) -> None:
    program = (
        "import os, sys, threading, time; from pathlib import Path; "
        "from pipeline.http import Waiting; "
        "from pipeline.markdown.attachments import FileLimits, convert_file; "
        "from tests.markdown.attachments.test_hostile import SLOW, children; "
        "from tests.markdown.attachments.hostile_files import to_pages; "
        "run = lambda: convert_file("
        "to_pages(900, SLOW), 'slow.pdf', 'pdf', FileLimits(), Waiting()); "
        "threading.Thread(target=run, daemon=True).start(); "
        "exec('while not children(): time.sleep(0.01)'); time.sleep(1.5); "
        "print(children()[0], flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},  # a run that is killed leaves its folder
    )
    child = Path(f"/proc/{done.stdout.strip()}")
    deadline = time.monotonic() + 60
    while child.exists() and "Z" not in (child / "stat").read_text().rpartition(")")[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "attempt",
    ["open('/tmp/written-by-a-conversion', 'w')", "__import__('os').remove('/tmp/x')",
     "__import__('os').system('true')", "__import__('subprocess').run(['true'])",
     "__import__('socket').create_connection(('127.0.0.1', 9))"],
)  # fmt: skip
def test_a_confined_process_neither_writes_elsewhere_nor_uses_the_network(
    attempt: str, tmp_path: Path
) -> None:
    program = (
        "from pipeline.markdown.attachments.limits import FileLimits\n"
        "from pipeline.markdown.attachments.sandbox import ForbiddenError, confine\n"
        f"confine(FileLimits(), {str(tmp_path)!r})\n"
        f"open({str(tmp_path / 'answer')!r}, 'w').close()\n"
        f"try:\n    {attempt}\nexcept ForbiddenError:\n    print('forbidden')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("forbidden\n", "")
    assert (tmp_path / "answer").exists()


def test_pages_alone_import_nothing_that_reads_files() -> None:
    program = (
        "import sys, sync, pipeline.run, pipeline.markdown, pipeline.markdown.attachments; "
        "print(sorted({'pypdfium2', 'mammoth', 'python_calamine'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
