"""How long and how often to try again: backoff, Retry-After, one cooldown for all threads."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pipeline.fetch.errors import StoppedWaitingError


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits of 2, 4, 8, 16, 32 seconds (each times 0.7 to 1.3), three minutes in all."""

    attempts: int = 6
    first_attempts: int = 3  # until the first answer ever: rather a wrong address than a hiccup
    base_seconds: float = 2.0
    total_seconds: float = 180.0
    connect_seconds: float = 10.0
    read_seconds: float = 60.0  # between two bytes
    answer_seconds: float = 300.0  # for one whole answer

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt of that number, from 1."""
        jitter = random.uniform(0.7, 1.3)  # noqa: S311 - spreads load, guards nothing
        return float(self.base_seconds * 2 ** (attempt - 1) * jitter)


class Cooldown:
    """When a site asks one thread to slow down, all of them do."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._until = 0.0  # time.monotonic()

    def extend(self, seconds: float) -> None:
        """Nobody sends anything for so long."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when the cooldown is over. Raises `StoppedWaitingError` once the run ends."""
        while (left := self._until - time.monotonic()) > 0:
            self.pause(left)
        self.pause(0)

    def pause(self, seconds: float) -> None:
        """Sleep, unless the run ends: then `StoppedWaitingError`, at once."""
        if self._stop.is_set() or (seconds > 0 and self._stop.wait(seconds)):
            raise StoppedWaitingError("stopped while talking to Confluence")


def to_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from Retry-After (seconds or a date) or X-RateLimit-Reset (a date).

    Dates are compared with the answer's own Date where it has one, so that a wrong clock on
    either side does not matter.
    """
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    moment = to_moment(told) or to_moment(headers.get("X-RateLimit-Reset", "").strip())
    if moment is None:
        return None
    now = to_moment(headers.get("Date", "").strip()) or datetime.now(UTC)
    return max((moment - now).total_seconds(), 0.0)


def to_moment(text: str) -> datetime | None:
    """An HTTP date or ISO 8601 as an aware time; None for anything else."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
