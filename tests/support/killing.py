"""A run in a process of its own that is killed, or stopped by a signal, at a chosen point."""

import os
import signal
import tempfile
import time
from collections.abc import Callable

from pipeline.run.start import Signals
from tests.support.forking import fork
from tests.support.program import sync_now

_SECONDS_TO_END = 60.0


def sync_and_stop(
    environ: dict[str, str], seen: Callable[[], int], after: int, signum: int = signal.SIGKILL
) -> None:
    """Start a run in a new process; signal it when `seen()` has grown by `after`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # if it is killed
        _fork_and_stop(environ, folder, seen, after, signum)


def _fork_and_stop(
    environ: dict[str, str], folder: str, seen: Callable[[], int], after: int, signum: int
) -> None:
    limit = seen() + after
    process = fork(lambda: _sync(environ, folder))
    deadline = time.monotonic() + _SECONDS_TO_END
    signalled = False
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
        elif seen() >= limit and not signalled:
            os.kill(process, signum)
            signalled = True
        time.sleep(0.0005)


def _sync(environ: dict[str, str], folder: str) -> None:
    tempfile.tempdir = folder
    signals = Signals()
    with signals.listening():
        sync_now(environ, signals=signals)
