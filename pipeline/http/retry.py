"""How often a request is repeated, how long to wait in between, and how long for an answer."""

from __future__ import annotations

import itertools
import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


class RequestError(Exception):
    """A request without a usable answer; the base of both ends' errors."""

    can_pass = False  # whether the same request may succeed later
    retry_after: float | None = None  # seconds, where the server asks for a wait


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait before the next attempt."""

    seconds: float
    is_asked: bool  # the server has named a time
    text: str  # for the log


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Attempts, waits and time-outs of one end. The defaults are common to both ends."""

    attempts: int = 6
    # Until the server has answered once: a wrong address is likelier than a restart.
    first_attempts: int = 3
    base_seconds: float  # wait after the first failed attempt; doubles after every further one
    longest_backoff_seconds: float = 32.0
    jitter: float = 0.3  # share by which these waits vary, so that many clients do not keep in step
    # The waits that a server asks for are no failed attempts, but add up to no more than this.
    asked_seconds: float = 600.0
    # A wait of ours that ends later than this is not begun; those of the server do not count.
    total_seconds: float = math.inf
    connect_seconds: float = 10.0
    read_seconds: float  # between two bytes of an answer
    answer_seconds: float  # for one whole answer
    # Inserts are repeated by `pipeline.upsert.insertion.insert`:
    throttled_attempts: int = 12  # about four minutes, longer if the server asks for longer
    # Waits before each look for chunks that a server may still be storing.
    settling_seconds: tuple[float, ...] = (1.0, 4.0, 15.0)

    def to_wait(self, attempt: int, retry_after: float | None = None) -> Wait:
        """Return the wait after the failed attempt of that number, from 1.

        It doubles each time, and is at least what the server asks for (`retry_after`, seconds).
        """
        doubled = self.base_seconds * 2.0 ** min(attempt - 1, 32)
        backoff = min(doubled, self.longest_backoff_seconds)
        varied = backoff * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - no secret
        asked = min(retry_after or 0.0, self.asked_seconds)
        seconds = max(varied, asked)
        text = f"retrying in {seconds:.1f} s"
        if retry_after and seconds == asked:
            cap = f", not after {retry_after:.0f} s" if asked < retry_after else ""
            text += f", as the server asks{cap}"
        return Wait(seconds, asked > 0, text)

    @property
    def timeout(self) -> tuple[float, float]:
        """The time-outs as requests expects them."""
        return self.connect_seconds, self.read_seconds


# Waits of 2, 4, 8, 16 and 32 seconds, three minutes in all: Atlassian throttles by the minute, and
# a wait beyond that is better left to the next run, unless the site asks for it.
CONFLUENCE_RETRY = RetryPolicy(
    base_seconds=2.0, total_seconds=180.0, read_seconds=60.0, answer_seconds=300.0
)
# Waits of 1, 2, 4, 8 and 16 seconds: a server that restarts is back by then. An insert of 100
# chunks is embedded before the first byte of the answer.
VECTOR_RETRY = RetryPolicy(base_seconds=1.0, read_seconds=300.0, answer_seconds=600.0)


def is_passing_status(status: int) -> bool:
    """Return whether the same request may succeed later: overloaded, restarting, throttling."""
    return status in (408, 429) or (status >= 500 and status != 501)


class Retries:
    """Repeats calls to one server according to its policy. Safe to use from several threads."""

    def __init__(
        self,
        policy: RetryPolicy,
        pause: Callable[[float], None],
        before_attempt: Callable[[], None] = lambda: None,
        before_wait: Callable[[RequestError, float], None] = lambda _error, _seconds: None,
    ) -> None:
        """`pause` waits for so many seconds; `before_wait` gets the error and the seconds."""
        self.has_answered = False  # set by the owner: the server has answered at least once
        self._policy, self._pause = policy, pause
        self._before_attempt, self._before_wait = before_attempt, before_wait

    def run[Answer](
        self,
        call: Callable[[], Answer],
        is_final: Callable[[RequestError], bool] = lambda _error: False,
    ) -> Answer:
        """Return what the call returns, repeated while it raises a `RequestError` that can pass.

        Raises the last error. An error that `is_final` is raised at once.
        """
        failed = 0  # attempts, without those after which the server asked for a wait
        spent = asked = 0.0  # seconds of calls and our waits, and of the waits that it asked for
        for attempt in itertools.count(1):
            self._before_attempt()
            began = time.monotonic()
            try:
                return call()
            except RequestError as error:
                if not error.can_pass or is_final(error):
                    raise
                spent += time.monotonic() - began
                wait = self._policy.to_wait(attempt, error.retry_after)
                if wait.is_asked:
                    asked += wait.seconds
                else:
                    failed, spent = failed + 1, spent + wait.seconds
                if self._is_enough(failed, wait, spent, asked):
                    raise
                self._before_wait(error, wait.seconds)
                log.warning("%s; %s", error, wait.text)
            self._pause(wait.seconds)
        raise AssertionError  # the loop has no end

    def _is_enough(self, failed: int, wait: Wait, spent: float, asked: float) -> bool:
        policy = self._policy
        if wait.is_asked:
            return asked > policy.asked_seconds
        most = policy.attempts
        if not self.has_answered:
            most = min(most, policy.first_attempts)
        return failed >= most or spent > policy.total_seconds
