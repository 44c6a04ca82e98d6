"""The process that reads one file: `main(folder)` reads `job.json` there, writes `answer.json`."""

from __future__ import annotations

import errno
import json
import traceback
from dataclasses import asdict
from pathlib import Path

from lxml import etree

from pipeline.markdown.attachments.errors import (
    BrokenFileError,
    FileError,
    TooLargeFileError,
)
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.readers import read_file
from pipeline.markdown.attachments.sandbox import confine
from pipeline.markdown.tree import TooCostlyError

# The second is what libxml2 makes of it: no expression comes from a file.
_WITHOUT_MEMORY = (MemoryError, etree.XPathEvalError)


def main(folder: str) -> None:
    """Convert the file of the job under its limits."""
    job = json.loads(Path(folder, "job.json").read_text("utf-8"))
    limits = FileLimits(**job["limits"])
    confine(limits, folder)
    answer = _answer(Path(job["path"]), job["name"], job["kind"], limits)
    Path(folder, "answer.json").write_bytes(answer)


def _answer(path: Path, name: str, kind: str, limits: FileLimits) -> bytes:
    try:
        return json.dumps(asdict(read_file(path, name, kind, limits))).encode()
    except _WITHOUT_MEMORY:
        failure = None  # what was read is let go of before anything else is made
    except Exception as error:
        failure = _to_file_error(error, limits)
    failure = failure or _to_memory_error(limits)
    return json.dumps({"error": type(failure).__name__, "text": str(failure)}).encode()


def _to_file_error(error: Exception, limits: FileLimits) -> FileError:
    """Name the cause. The text of a foreign error may quote the file: only its type is named."""
    if isinstance(error, FileError):
        return error
    if isinstance(error, TooCostlyError):
        return TooLargeFileError(str(error))
    if getattr(error, "errno", None) == errno.ENOMEM:
        return _to_memory_error(limits)
    if isinstance(error, RecursionError):
        return BrokenFileError("its parts are nested too deeply")
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return BrokenFileError(f"it is damaged ({type(error).__name__} at {where})")


def _to_memory_error(limits: FileLimits) -> FileError:
    return TooLargeFileError(f"its conversion takes more than {limits.memory_mb} MB of memory")
