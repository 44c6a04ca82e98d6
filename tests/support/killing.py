"""A run in a process of its own that is killed, or stopped by a signal, at a chosen point."""

import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable

from pipeline.run.start import Signals
from tests.support.program import sync_now

_SECONDS_TO_END = 60.0


def sync_and_stop(
    environ: dict[str, str], seen: Callable[[], int], after: int, signum: int = signal.SIGKILL
) -> None:
    """Start a run in a new process; signal it when `seen()` has grown by `after`."""
    limit = seen() + after
    process = _fork(environ)
    deadline = time.monotonic() + _SECONDS_TO_END
    signalled = False
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
        elif seen() >= limit and not signalled:
            os.kill(process, signum)
            signalled = True
        time.sleep(0.0005)


def _fork(environ: dict[str, str]) -> int:
    """Return the id of a process that runs and ends: it has nothing to import any more.

    The threads of the servers, which it does not have, hold no lock while they wait for requests.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        return process
    try:
        signals = Signals()
        with signals.listening():
            sync_now(environ, signals=signals)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
