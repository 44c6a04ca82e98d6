"""The limits under which a file is read. They hold for the rest of the process."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

from pipeline.markdown.attachments.limits import FileLimits

_OPEN_FILES = 64
_UNTIL_KILLED = 5  # seconds of CPU time after the signal that names the cause
_BYTES_OF_A_CHARACTER = 6  # of JSON, for a few that take more than one
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod",
            "os.chown", "os.truncate", "shutil.")  # fmt: skip
_LEAVES = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn",
           "os.startfile", "urllib.", "ftplib.", "http.")  # fmt: skip


class ForbiddenError(Exception):
    """What no conversion does: use the network, start a program, write elsewhere."""


def confine(limits: FileLimits, folder: str) -> None:
    """Limit the process: it writes only in `folder`, has no network, and ends with its parent.

    The kernel enforces memory, CPU time, size of files and, where it lets an ordinary user do so,
    the absence of a network; an audit hook what Python code may do.
    """
    megabyte = 1_000_000
    memory = limits.memory_mb * megabyte
    written = limits.characters * _BYTES_OF_A_CHARACTER + megabyte
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds, _UNTIL_KILLED)
    _limit(resource.RLIMIT_FSIZE, written)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    with suppress(AttributeError, OSError):  # not Linux
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    with suppress(AttributeError, OSError):
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    sys.addaudithook(_to_hook(os.path.join(folder, "")))


def _limit(kind: int, most: int, more: int = 0) -> None:
    """Lower a limit, after which the kernel allows `more`; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most, more = min(most, hard), min(more, max(0, hard - most))
    resource.setrlimit(kind, (most, most + more))


def _to_hook(folder: str):  # type: ignore[no-untyped-def]
    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            is_write = isinstance(flags, int) and flags & _WRITES
            if is_write and not os.path.abspath(os.fsdecode(path)).startswith(folder):  # type: ignore[arg-type]
                raise ForbiddenError("it writes outside its folder")
        elif event.startswith(_CHANGES):
            raise ForbiddenError("it changes files")
        elif event.startswith(_LEAVES):
            raise ForbiddenError("it uses the network or starts a program")

    return hook
