"""Every wait of a run for a server, for an answer or between attempts: the run's end breaks it off.

An answer is awaited beside the thread that receives it. No time-out of a socket bounds what a slow
server does: one byte a minute, a name that is not resolved, headers without an end.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from pipeline.http.background import in_background, is_done
from pipeline.http.retry import RequestError

_LOOK_SECONDS = 0.1  # between two looks whether the run has ended


class StoppedWaitingError(RequestError):
    """The run has ended while a request waited for its turn or its answer; nothing is wrong."""


class Waiting:
    """The waits of one run, at both ends. Safe to use from several threads."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self._ended_at = math.inf  # time.monotonic()

    def end(self) -> None:
        """Break off every wait, and those that begin later."""
        self._ended_at = min(self._ended_at, time.monotonic())
        self.ended.set()

    def pause(self, seconds: float) -> None:
        """Sleep. Raises `StoppedWaitingError` as soon as the run ends."""
        if self.ended.wait(seconds):
            raise StoppedWaitingError("stopped while waiting for a server")

    def answer[Answer](
        self, request: Callable[[], Answer], seconds: float, finish_seconds: float = 0.0
    ) -> Answer:
        """Return what the request returns, made in another thread.

        Raises `TimeoutError` after `seconds`, and `StoppedWaitingError` once the run has ended for
        `finish_seconds`: what changes something gets a moment, so that its result is known.
        The thread is left behind then.
        """
        self._check(finish_seconds)
        answer = in_background(request, "request")
        deadline = time.monotonic() + seconds
        while not is_done(answer, _LOOK_SECONDS):
            self._check(finish_seconds)
            if time.monotonic() > deadline:
                raise TimeoutError(f"no whole answer within {seconds:g} s")
        return answer.result()

    def _check(self, finish_seconds: float) -> None:
        if time.monotonic() >= self._ended_at + finish_seconds:
            raise StoppedWaitingError("stopped while waiting for a server")
