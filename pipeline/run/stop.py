"""The end of a run by a signal or at its deadline: work in progress is finished and saved."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from pipeline.report import ExitCode

log = logging.getLogger(__name__)


class StoppedError(Exception):
    """The run was stopped; `exit_code` shows whether by a signal or the deadline."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


class Stop:
    """Set by SIGTERM, SIGINT or the deadline; every wait of the run ends when `event` is set."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.error: StoppedError | None = None

    def check(self) -> None:
        """Raise `StoppedError` if the run was stopped."""
        if self.error is not None:
            raise self.error

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Stop the run on SIGTERM or SIGINT; a second signal ends the process at once."""
        signals = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self._on_signal) for number in signals]
        try:
            yield
        finally:
            for number, action in zip(signals, before, strict=True):
                signal.signal(number, action)

    def after(self, seconds: int) -> None:
        """Stop the run after this many seconds; 0 means never."""
        if seconds:
            reason = f"RUN_DEADLINE_SECONDS={seconds} reached"
            timer = threading.Timer(seconds, self.end, (reason, ExitCode.PARTIAL))
            timer.daemon = True
            timer.start()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self.end(f"stopped by {signal.Signals(number).name}", 128 + number)

    def end(self, reason: str, exit_code: int) -> None:
        """Stop the run; only the first reason counts."""
        if self.error is None:
            self.error = StoppedError(
                f"{reason}: progress is saved; the next run resumes", exit_code
            )
            self.event.set()
