"""The end of a run by a signal or at its deadline.

Work in progress is finished and saved: every wait of the run ends at once; requests that store or
delete something get a moment. Should the run nevertheless not end (a volume that hangs), a thread
saves the report and ends the process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial

from pipeline.http import Waiting, in_background, is_done
from pipeline.report import ExitCode

OVERDUE_SECONDS = 25.0  # after a stop: the run should have ended long ago, and must within 30


class StoppedError(Exception):
    """The run was stopped; `exit_code` shows whether by a signal or the deadline."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


class Stop:
    """Set by SIGTERM, SIGINT or the deadline; every wait of the run ends with `waiting`."""

    def __init__(self) -> None:
        self.waiting = Waiting()
        self.error: StoppedError | None = None
        self._lock = threading.Lock()
        self._give_up: Callable[[StoppedError], None] | None = None

    def check(self) -> None:
        """Raise `StoppedError` if the run was stopped."""
        if self.error is not None:
            raise self.error

    def on_signal(self, number: int) -> None:
        """Stop the run because of a signal."""
        self.end(f"stopped by {signal.Signals(number).name}", 128 + number)

    def after(self, seconds: int) -> None:
        """Stop the run after this many seconds; 0 means never."""
        if seconds:
            reason = f"RUN_DEADLINE_SECONDS={seconds} reached"
            _start_timer(seconds, lambda: self.end(reason, ExitCode.PARTIAL))

    def end(self, reason: str, exit_code: int) -> None:
        """Stop the run; only the first reason counts."""
        with self._lock:
            if self.error is not None:
                return
            self.error = StoppedError(
                f"{reason}: progress is saved; the next run resumes", exit_code
            )
        self.waiting.end()
        _start_timer(OVERDUE_SECONDS, self._end_overdue)

    @contextlib.contextmanager
    def bounded(self, give_up: Callable[[StoppedError], None]) -> Iterator[None]:
        """If the block does not end soon after a stop, call `give_up` and end the process."""
        self._give_up = give_up
        try:
            yield
        finally:
            with self._lock:
                self._give_up = None

    def _end_overdue(self) -> None:
        with self._lock:
            if self._give_up and self.error:
                # What keeps the run may keep this, too.
                is_done(in_background(partial(self._give_up, self.error), "give up"), 4.0)
                os._exit(self.error.exit_code)


def _start_timer(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
