"""One cooldown for all threads: a site that throttles one request makes every thread wait."""

from __future__ import annotations

import threading
import time

from pipeline.http import Waiting


class Cooldown:
    """The time until which no thread sends a request."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._lock = threading.Lock()
        self._until = 0.0  # time.monotonic()

    def extend(self, seconds: float) -> None:
        """Pause every thread's requests for `seconds`; a longer pause stays as it is."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when the cooldown is over. Raises `StoppedWaitingError` once the run ends."""
        while (left := self._until - time.monotonic()) > 0:
            self._waiting.pause(left)
