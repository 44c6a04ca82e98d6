"""The end of one page's conversion by its cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from pipeline.run.stop import Stop
from pipeline.run.threads import call_apart, call_interruptibly

# CPU time of a page: twenty times what ordinary pages take on a slow machine.
_SECONDS_A_PAGE, _SECONDS_A_MILLION = 60.0, 20.0  # in any case, and for a million characters
_CALLS_A_LOOK = 64  # looking at the clock costs a tenth of an element


class PageBudgetError(Exception):
    """A page takes more CPU time than any page should."""


class PageBudget:
    """The CPU time for the conversion and chunking of one page, which are made in other threads.

    Only their time counts: a machine that is busy with other work fails no page.
    """

    def __init__(
        self, characters: int, stop: Stop, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._seconds = _SECONDS_A_PAGE + _SECONDS_A_MILLION * characters / 1_000_000
        self._stop, self._clock = stop, clock
        self._spent, self._last = 0.0, clock()
        self._calls = 0

    def convert[Result](self, call: Callable[[], Result]) -> Result:
        """Return `call()`, a conversion in a new thread, whose time counts; a stop ends the wait.

        libxml2 keeps the names of all elements and attributes that a thread has read, and reads no
        new ones above 100 MB: in a thread that is used again, a page would lose what others fill.
        """
        return call_apart(partial(self._measure, call), self._stop)

    def spend[Result](self, call: Callable[[], Result]) -> Result:
        """Return `call()`, made in another thread, whose time counts; a stop ends the wait."""
        return call_interruptibly(partial(self._measure, call), self._stop)

    def check(self) -> None:
        """Raise `PageBudgetError` from the end of the budget on; `StoppedError` after a stop."""
        self._stop.check()
        self._calls += 1
        if self._calls % _CALLS_A_LOOK == 0:
            self._look()
        if self._spent > self._seconds:
            raise PageBudgetError(
                f"its conversion takes more than {self._seconds:.0f} s of CPU time"
            )

    def _measure[Result](self, call: Callable[[], Result]) -> Result:
        self._last = self._clock()  # each thread has a clock of its own
        try:
            return call()
        finally:
            self._look()

    def _look(self) -> None:
        now = self._clock()
        self._spent += now - self._last
        self._last = now
