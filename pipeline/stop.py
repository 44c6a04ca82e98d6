"""How a run is told to end: a signal or its deadline. Work in hand is finished and saved."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

log = logging.getLogger("confluence")


class StoppedError(Exception):
    """The run was told to end; `exit_code` says by what."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


class Stop:
    """Set by SIGTERM, SIGINT or the deadline; every wait of the run listens to `event`."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._error: StoppedError | None = None

    def check(self) -> None:
        """Raise `StoppedError` if the run was told to end."""
        if self._error is not None:
            raise self._error

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT; a second signal ends the process at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def after(self, seconds: int) -> None:
        """End the run cleanly after so many seconds; 0 is never."""
        if seconds:
            timer = threading.Timer(seconds, self._end, (f"deadline of {seconds} s reached", 1))
            timer.daemon = True
            timer.start()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self._end(f"stopped by {signal.Signals(number).name}", 128 + number)

    def _end(self, reason: str, exit_code: int) -> None:
        if self._error is None:
            self._error = StoppedError(
                f"{reason}: what is done is saved, the next run goes on", exit_code
            )
            self.event.set()
