"""The folder in which files wait to be converted: gone with the run, or with the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

_PREFIX = "confluence-sync-files-"
_LOCK, _UNLOCKED = "lock", "unlocked"  # the file has its name once it is locked


class FilesFolder:
    """A temporary folder, made when it is first needed. Safe to use from several threads.

    A process that is killed cannot remove its folder. The kernel releases its lock, by which
    another process of the same user knows that the folder is nobody's.
    """

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._descriptor: int | None = None  # of the lock

    def open(self) -> Path:
        """Return the folder's path. Raises `OSError` if it cannot be made."""
        with self._making:
            if self._folder is None:
                _remove_abandoned(Path(tempfile.gettempdir()))
                self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
                self._descriptor = _lock(Path(self._folder.name))
            return Path(self._folder.name)

    def close(self) -> None:
        """Remove the folder and what is in it."""
        with self._making:
            if self._folder:
                self._folder.cleanup()
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


def _lock(folder: Path) -> int | None:
    """Lock a new folder; return the descriptor, None on a file system without locks."""
    descriptor = os.open(folder / _UNLOCKED, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (folder / _UNLOCKED).rename(folder / _LOCK)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of this user's processes that were killed; no other ones."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            about = folder.lstat()
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid():
                _remove_unless_locked(folder)


def _remove_unless_locked(folder: Path) -> None:
    """Remove a folder whose lock is held by no process. Raises `OSError` if one holds it."""
    descriptor = os.open(folder / _LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)
