"""One batch into a sink, whatever happens on the way: nothing twice, nothing lost unnoticed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.records import Chunk
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    VectorApiError,
)
from pipeline.upsert.sink import Sink

log = logging.getLogger(__name__)

ATTEMPTS = 3  # of a whole batch whose fate is unclear, before it is sent in parts
ATTEMPTS_ALONE = 2  # of a single chunk
THROTTLED_ATTEMPTS = 12  # about four minutes, longer if the server asks for longer
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds
SETTLING = (1.0, 4.0, 15.0)  # seconds between looks at a server that may still be storing
DEAD_AFTER = 10  # single chunks in a row that the server answered with failures

Wait = Callable[[float], bool]  # seconds → whether the run was told to stop meanwhile


@dataclass(slots=True)
class Inserted:
    """What became of a batch. A chunk in neither was not decided: the run was told to stop."""

    handles: dict[str, str] = field(default_factory=dict)  # chunk id → the store's name for it
    failed: dict[str, str] = field(default_factory=dict)  # chunk id → error


def insert_all(
    sink: Sink, chunks: Sequence[Chunk], stop: threading.Event, wait: Wait | None = None
) -> Inserted:
    """Insert one batch; what is rejected goes in halves, down to single chunks.

    Where nobody knows whether chunks are stored, they are looked for and only the missing ones
    are sent again. Raises `VectorApiError` when the server serves nothing more.
    """
    insertion = _Insertion(sink, wait or stop.wait, stop)
    insertion.send(list(chunks), ATTEMPTS)
    return insertion.done


class _Insertion:
    def __init__(self, sink: Sink, wait: Wait, stop: threading.Event) -> None:
        self._sink, self._wait, self._stop = sink, wait, stop
        self._failures_in_a_row = 0
        self.done = Inserted()

    def send(self, chunks: list[Chunk], attempts: int) -> None:
        """Send until all are stored, or split what still fails."""
        missing, throttled, unclear = chunks, 0, 0
        while missing and not self._stop.is_set():
            try:
                self._keep(self._sink.insert(missing))
                return
            except InsertThrottledError as error:
                throttled += 1
                if throttled == THROTTLED_ATTEMPTS:
                    raise VectorApiError(f"{error}: still so after {throttled} tries") from error
                self._pause(error.retry_after, throttled)
            except InsertRejectedError as error:
                self._split(missing, str(error))
                return
            except InsertUnclearError as error:
                unclear += 1
                log.debug("%d chunks unclear: %s", len(missing), error)
                missing = self._look(missing, error, unclear)
                if missing and unclear >= attempts and not self._stop.is_set():
                    if len(missing) == 1:
                        self._count_failure(error)
                    self._split(missing, str(error))
                    return

    def _look(self, chunks: list[Chunk], error: InsertUnclearError, unclear: int) -> list[Chunk]:
        """Wait, then see which of the chunks are there; return the missing ones."""
        pauses = SETTLING if error.still_at_work else (None,)
        for pause in pauses:
            if self._pause(error.retry_after if pause is None else pause, unclear):
                break
            self._keep(self._sink.find(chunks))
            chunks = [chunk for chunk in chunks if chunk.id not in self.done.handles]
            if not chunks:
                break
        return chunks

    def _keep(self, handles: Mapping[str, str]) -> None:
        if handles:
            self._failures_in_a_row = 0
        self.done.handles.update(handles)

    def _split(self, chunks: list[Chunk], error: str) -> None:
        if len(chunks) == 1:
            log.debug("chunk %s is not accepted: %s", chunks[0].id, error)
            self.done.failed[chunks[0].id] = error
            return
        middle = len(chunks) // 2
        for half in (chunks[:middle], chunks[middle:]):
            self.send(half, ATTEMPTS_ALONE if len(half) == 1 else 1)

    def _count_failure(self, error: InsertUnclearError) -> None:
        self._failures_in_a_row += 1
        if self._failures_in_a_row == DEAD_AFTER:
            raise VectorApiError(
                f"{error}: {DEAD_AFTER} chunks in a row failed that way, one by one"
            ) from error

    def _pause(self, asked: float | None, turn: int) -> bool:
        seconds = min(FIRST_WAIT * 2 ** (turn - 1), LONGEST_WAIT) if asked is None else asked
        return self._wait(seconds) or self._stop.is_set()
