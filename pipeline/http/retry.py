"""How often a request is repeated, how long to wait in between, and how long for an answer."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception

log = logging.getLogger(__name__)


class RequestError(Exception):
    """A request without a usable answer; the base of both ends' errors."""

    can_pass = False  # whether the same request may succeed later
    retry_after: float | None = None  # seconds, where the server asks for a wait


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Attempts, waits and time-outs of one end. The defaults are common to both ends."""

    attempts: int = 6
    # Until the server has answered once: a wrong address is likelier than a restart.
    first_attempts: int = 3
    base_seconds: float  # wait after the first failed attempt; doubles after every further one
    longest_backoff_seconds: float = 32.0
    jitter: float = 0.3  # share by which these waits vary, so that many clients do not keep in step
    longest_retry_after: float = math.inf  # seconds; a server that asks for more gets this much
    total_seconds: float = math.inf  # a wait that ends later than this is not begun
    connect_seconds: float = 10.0
    read_seconds: float  # between two bytes of an answer
    answer_seconds: float = math.inf  # for one whole answer
    # Inserts are repeated by `pipeline.upsert.insert`:
    throttled_attempts: int = 12  # about four minutes, longer if the server asks for longer
    # Waits before each look for chunks that a server may still be storing.
    settling_seconds: tuple[float, ...] = (1.0, 4.0, 15.0)

    def wait_seconds(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the wait after the failed attempt of that number, from 1.

        It doubles each time, and is at least what the server asks for (`retry_after`, seconds).
        """
        doubled = self.base_seconds * 2.0 ** min(attempt - 1, 32)
        backoff = min(doubled, self.longest_backoff_seconds)
        varied = backoff * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - no secret
        return max(varied, min(retry_after or 0.0, self.longest_retry_after))

    @property
    def timeout(self) -> tuple[float, float]:
        """The time-outs as requests expects them."""
        return self.connect_seconds, self.read_seconds


# Waits of 2, 4, 8, 16 and 32 seconds, three minutes in all: Atlassian throttles by the minute, and
# a wait beyond that is better left to the next run.
CONFLUENCE_RETRY = RetryPolicy(
    base_seconds=2.0, total_seconds=180.0, read_seconds=60.0, answer_seconds=300.0
)
# Waits of 1, 2, 4, 8 and 16 seconds: a server that restarts is back by then. An insert of 100
# chunks is embedded before the first byte of the answer.
VECTOR_RETRY = RetryPolicy(base_seconds=1.0, longest_retry_after=120.0, read_seconds=300.0)


def is_passing_status(status: int) -> bool:
    """Return whether the same request may succeed later: overloaded, restarting, throttling."""
    return status in (408, 429) or (status >= 500 and status != 501)


class Retries:
    """Repeats calls to one server according to its policy. Safe to use from several threads."""

    def __init__(
        self,
        policy: RetryPolicy,
        sleep: Callable[[float], None],
        before_wait: Callable[[RequestError, float], None] = lambda _error, _seconds: None,
    ) -> None:
        """`sleep` waits for so many seconds; `before_wait` gets the error and the seconds."""
        self.has_answered = False  # set by the owner: the server has answered at least once
        self._policy, self._sleep, self._before_wait = policy, sleep, before_wait

    def run[Answer](
        self,
        call: Callable[[], Answer],
        is_final: Callable[[RequestError], bool] = lambda _error: False,
    ) -> Answer:
        """Return what the call returns, repeated while it raises a `RequestError` that can pass.

        Raises the last error. An error that `is_final` is raised at once.
        """

        def is_retried(error: BaseException) -> bool:
            return isinstance(error, RequestError) and error.can_pass and not is_final(error)

        return Retrying(
            retry=retry_if_exception(is_retried),
            stop=self._is_enough,
            wait=self._to_wait,
            before_sleep=self._announce,
            sleep=self._sleep,
            reraise=True,
        )(call)

    def _is_enough(self, state: RetryCallState) -> bool:
        policy = self._policy
        most = policy.attempts
        if not self.has_answered:
            most = min(most, policy.first_attempts)
        end = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        return state.attempt_number >= most or end > policy.total_seconds

    def _to_wait(self, state: RetryCallState) -> float:
        return self._policy.wait_seconds(state.attempt_number, _error_of(state).retry_after)

    def _announce(self, state: RetryCallState) -> None:
        error = _error_of(state)
        self._before_wait(error, state.upcoming_sleep)
        log.warning("%s; retrying in %.1f s", error, state.upcoming_sleep)


def _error_of(state: RetryCallState) -> RequestError:
    """Return why the attempt failed; tenacity waits after failed attempts only."""
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, RequestError) else RequestError()
