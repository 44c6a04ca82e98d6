"""Whether a server stores anything at all, judged over all batches of a run."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

DOUBT_AFTER = 10  # chunks, each sent alone and not stored
DEAD_AFTER = 100  # chunks in a row that are not stored
DEAD_BATCHES = 3  # at least
DEAD_PAGES = 3  # at least: the chunks of one or two may be at fault themselves
LONG_SECONDS = 600.0  # without a stored chunk: no further chunks are waited for


class InsertHealth:
    """What happened since a chunk was stored. Safe to use from several threads.

    A few chunks that a server cannot take are no reason to end a run, whatever their number, as
    long as it stores others.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.error = ""  # the latest
        self._has_stored = False
        self._clock, self._lock = clock, threading.Lock()
        self._reset()

    def _reset(self) -> None:
        self._alone = self._failed = self._batches = 0
        self._pages = set[str]()  # of the chunks that were sent alone, as many as matter
        self._since = math.inf  # of the first failure

    def note_stored(self) -> None:
        """Record that the server has stored something."""
        with self._lock:
            self._has_stored = True
            self._reset()

    def note_failure(self) -> None:
        """Record a request that stored nothing."""
        with self._lock:
            self._since = min(self._since, self._clock())

    def note_failed_chunk(self, page_id: str, error: str) -> None:
        """Record a chunk of a page that was sent alone and is not stored."""
        with self._lock:
            self.error = error
            self._since = min(self._since, self._clock())
            self._alone += 1
            if len(self._pages) < DEAD_PAGES:
                self._pages.add(page_id)
            self._failed += 1

    def note_failed_batch(self, chunks: int) -> None:
        """Record that so many chunks of a batch are not tried, because nothing of it was stored."""
        with self._lock:
            self._batches += 1
            self._failed += chunks

    def has_failed(self, page_id: str) -> bool:
        """Return whether a chunk of the page is among the latest failures: of a few pages."""
        return page_id in self._pages

    @property
    def is_long(self) -> bool:
        """Whether nothing was stored for so long that every further wait is too much."""
        return self._clock() - self._since > LONG_SECONDS

    @property
    def is_doubtful(self) -> bool:
        """Whether so much failed that other chunks should show if the server works."""
        return self._alone >= DOUBT_AFTER or self.is_long

    @property
    def has_stored_nothing(self) -> bool:
        """Whether many chunks of several pages failed in this run, and none was stored."""
        return not self._has_stored and self.is_doubtful and self._is_of_several_pages

    @property
    def is_dead(self) -> bool:
        """Whether no further insert is worth an attempt."""
        is_much = self._failed >= DEAD_AFTER or self.is_long
        return self._batches >= DEAD_BATCHES and is_much and self._is_of_several_pages

    @property
    def _is_of_several_pages(self) -> bool:
        return len(self._pages) >= DEAD_PAGES or self.is_long
