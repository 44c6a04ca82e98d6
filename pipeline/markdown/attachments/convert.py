"""`convert_file`: a file is read in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.markdown.attachments.errors import (
    ERRORS,
    FileCrashError,
    FileTimeoutError,
    TooLargeFileError,
)
from pipeline.markdown.attachments.limits import ConvertedFile, FileLimits

if TYPE_CHECKING:  # the child imports this package too, and needs no HTTP
    from pipeline.http import Waiting

_ROOT = Path(__file__).parents[3]
# Without the environment's Python settings; the package is found where it is running from.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from pipeline.markdown.attachments.child import main; main(sys.argv[2])"
)
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": os.defpath}


def convert_file(
    content: bytes | Path, name: str, kind: str, limits: FileLimits, waiting: Waiting
) -> ConvertedFile:
    """Convert a file; `kind`, one of `ATTACHMENT_TYPES`, is what it should be.

    Raises a `FileError` for what is wrong with the file, `StoppedWaitingError` as soon as the run
    ends; the process has ended too by then. What is written is in a temporary folder, beside the
    file if it is one. Safe to call from several threads.
    """
    import tempfile  # late, as is `subprocess`: runs over pages alone need neither

    beside = content.parent if isinstance(content, Path) else None
    with tempfile.TemporaryDirectory(prefix="attachment-", dir=beside) as folder:
        path = content if isinstance(content, Path) else Path(folder, "file")
        if isinstance(content, bytes):
            path.write_bytes(content)
        job = {"path": str(path.absolute()), "name": name, "kind": kind,
               "limits": asdict(limits)}  # fmt: skip
        Path(folder, "job.json").write_text(json.dumps(job), "utf-8")
        code = _run(folder, limits, waiting)
        answer = _read_answer(Path(folder, "answer.json"))
    if code or answer is None:
        raise _to_error(code, limits)
    if error := answer.get("error"):
        raise ERRORS[error](answer["text"])
    return ConvertedFile(**{**answer, "warnings": tuple(answer["warnings"])})


def _run(folder: str, limits: FileLimits, waiting: Waiting) -> int:
    """Run the process in a group of its own; return its exit code, negative for a signal."""
    import subprocess

    process = subprocess.Popen(  # noqa: S603  # this interpreter, with fixed arguments
        [sys.executable, "-I", "-B", "-c", _START, str(_ROOT), folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_ENVIRONMENT | {"TMPDIR": folder, "HOME": folder},
        start_new_session=True,
    )
    try:
        return waiting.answer(process.wait, limits.seconds)
    except TimeoutError:
        raise FileTimeoutError(f"not converted within {limits.seconds} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _read_answer(path: Path) -> dict | None:  # type: ignore[type-arg]
    try:
        return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return None


def _to_error(code: int, limits: FileLimits) -> Exception:
    if code == -signal.SIGXCPU:
        return FileTimeoutError(
            f"its conversion takes more than {limits.cpu_seconds} s of CPU time"
        )
    if code == -signal.SIGKILL:
        return TooLargeFileError("its conversion was killed, probably for want of memory")
    if code < 0:
        name = signal.Signals(-code).name
        return FileCrashError(
            f"its conversion ended by {name}: "
            f"it is damaged, or takes more than {limits.memory_mb} MB of memory"
        )
    return FileCrashError(f"its conversion ended with code {code} and without an answer")
