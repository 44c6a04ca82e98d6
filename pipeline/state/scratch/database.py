"""The scratch database of a run: what is too large for memory, and not kept."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

_CACHE_KIB = 8_000


def open_scratch(path: Path | None) -> sqlite3.Connection:
    """Open an empty database at the path; without one, a temporary one of SQLite's own.

    The latter stays in memory while it is small. Close it, then remove the file.
    """
    if path is not None:
        path.unlink(missing_ok=True)  # of a run that was killed
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    scratch = sqlite3.connect(path or "", check_same_thread=False)
    # It does not outlive the run: nothing needs to be safe from a crash.
    for setting in ("journal_mode = MEMORY", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
        scratch.execute(f"PRAGMA {setting}")
    scratch.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    return scratch
