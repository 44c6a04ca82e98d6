"""Whether a route of a server works at all, learned from its answers."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 3  # each after all retries: then it is not waited for any more
_TRIED_EVERY = 20  # calls: a route may recover during a long run
# Failures, each after all retries, that are waited for: an hour at the most, shared by the
# workers. Where fewer than one call in fifty fails, there is no limit.
_PATIENCE, _REGAINED = 20.0, 0.02
_SLOW = 2.0  # besides: the retries of a time-out take as long as those of three other failures
# How long an answer is waited for, of the usual time: on a route of which many calls fail, and on
# one that has failed for so many calls in a row.
_IN_DOUBT, _HOPELESS, _HOPELESS_FROM = 1 / 4, 1 / 12, 10


class Route:
    """One route. Safe to use from several threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._failures = 0
        self._patience = _PATIENCE
        self._passed_over = 0

    @property
    def is_failing(self) -> bool:
        """Whether it has failed so often that another attempt is not worth a wait."""
        return self._failures >= FAILURES_IN_A_ROW

    @property
    def is_patient(self) -> bool:
        """Whether a failing call is worth its retries: not on a route of which many calls fail."""
        return not self.is_failing and self._patience >= 1

    @property
    def share_of_time(self) -> float:
        """How long to wait for an answer, of the usual time."""
        if self.is_patient:
            return 1.0
        return _HOPELESS if self._failures >= _HOPELESS_FROM else _IN_DOUBT

    def is_due(self) -> bool:
        """Return whether to ask it: always while it works, else now and then."""
        if not self.is_failing:
            return True
        with self._lock:
            self._passed_over += 1
            return self._passed_over % _TRIED_EVERY == 0

    def note_slow(self) -> None:
        """Record a time-out within a call, whatever its result will be."""
        with self._lock:
            self._patience = max(self._patience - _SLOW, 0.0)

    def note(self, *, answered: bool) -> None:
        """Record the result of a call that was worth its retries, or of the latest attempt."""
        with self._lock:
            was_failing = self.is_failing
            self._failures = 0 if answered else self._failures + 1
            regained = self._patience + (_REGAINED if answered else -1)
            self._patience = min(max(regained, 0.0), _PATIENCE)
        if self.is_failing and not was_failing:
            log.warning("%s fails every time: it is not waited for any more", self._name)
        if was_failing and answered:
            log.info("%s works again", self._name)
