"""The insert of one batch, whatever fails: nothing is stored twice or lost unnoticed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.http import VECTOR_RETRY, RetryPolicy, StoppedWaitingError, Wait, Waiting
from pipeline.records import Chunk
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    TooLongError,
    VectorApiError,
)
from pipeline.upsert.server.text_limit import EmbeddingRoute
from pipeline.upsert.sink import Embedding, Sink

log = logging.getLogger(__name__)

ATTEMPTS = 3  # at a whole batch, before it is sent in parts
ATTEMPTS_ALONE = 2  # at a single chunk
DEAD_AFTER = 10  # single chunks in a row that the server answered with failures


@dataclass(slots=True)
class Inserted:
    """The result for a batch's chunks. One in none of these is undecided: the run was stopped."""

    handles: dict[str, str] = field(default_factory=dict)  # chunk id → the store's name for it
    failed: dict[str, str] = field(default_factory=dict)  # chunk id → error
    too_long: dict[str, str] = field(default_factory=dict)  # chunk id → error; smaller ones may fit


def insert_all(
    sink: Sink, chunks: Sequence[Chunk], waiting: Waiting, retry: RetryPolicy | None = None
) -> Inserted:
    """Insert one batch; what is rejected is sent in halves, down to single chunks.

    Where it is unclear whether chunks are stored, they are looked for and only the missing ones
    are sent again. Raises `VectorApiError` when no further insert can succeed.
    """
    insertion = _Insertion(sink, waiting, retry or VECTOR_RETRY)
    with contextlib.suppress(StoppedWaitingError):  # the next run looks for what is undecided
        insertion.send(list(chunks), ATTEMPTS)
    return insertion.done


class _Insertion:
    def __init__(self, sink: Sink, waiting: Waiting, retry: RetryPolicy) -> None:
        self._sink, self._waiting, self._retry = sink, waiting, retry
        self._failures_in_a_row = 0
        self._asked_seconds = 0.0  # that the server has asked to wait since it stored something
        self.done = Inserted()

    def send(self, chunks: list[Chunk], attempts: int) -> None:
        """Send until all are stored, or split what keeps failing."""
        missing, attempt, throttled, unclear = chunks, 0, 0, 0
        while missing and not self._waiting.ended.is_set():
            try:
                self._keep(self._sink.insert(missing))
                return
            except InsertThrottledError as error:
                attempt += 1
                wait = self._to_wait(attempt, error)
                throttled += not wait.is_asked
                if throttled == self._retry.throttled_attempts:
                    raise VectorApiError(f"{error}: throttled {throttled} times") from error
                self._waiting.pause(wait.seconds)
            except InsertRejectedError as error:
                if isinstance(error, TooLongError):
                    self._keep(error.stored)
                    missing = [chunk for chunk in missing if chunk.id not in error.stored]
                self._split(missing, error)
                return
            except InsertUnclearError as error:
                unclear += 1
                log.debug("%d chunks unclear: %s", len(missing), error)
                missing = self._look(missing, error, unclear)
                if missing and unclear >= attempts:
                    self._split(missing, error)
                    return

    def _look(self, chunks: list[Chunk], error: InsertUnclearError, unclear: int) -> list[Chunk]:
        """Wait, then see which of the chunks are stored; return the missing ones."""
        pauses = self._retry.settling_seconds
        if not error.still_at_work:
            pauses = (self._to_wait(unclear, error).seconds,)
        for pause in pauses:
            self._waiting.pause(pause)
            self._keep(self._sink.find(chunks))
            chunks = [chunk for chunk in chunks if chunk.id not in self.done.handles]
            if not chunks:
                break
        return chunks

    def _to_wait(self, attempt: int, error: InsertThrottledError | InsertUnclearError) -> Wait:
        """Return the next wait. Raises `VectorApiError` if the server has asked for too many."""
        wait = self._retry.to_wait(attempt, error.retry_after)
        if wait.is_asked:
            self._asked_seconds += wait.seconds
            if self._asked_seconds > self._retry.asked_seconds:
                raise VectorApiError(
                    f"{error}: the server asks for more than {self._retry.asked_seconds:g} s"
                ) from error
            log.warning("%s; %s", error, wait.text)
        return wait

    def _keep(self, handles: Mapping[str, str]) -> None:
        if handles:
            self._failures_in_a_row, self._asked_seconds = 0, 0.0
        self.done.handles.update(handles)

    def _split(self, chunks: list[Chunk], error: InsertRejectedError | InsertUnclearError) -> None:
        if len(chunks) == 1:
            self._give_up(chunks[0], error)
            return
        middle = len(chunks) // 2
        for half in (chunks[:middle], chunks[middle:]):
            self.send(half, ATTEMPTS_ALONE if len(half) == 1 else 1)

    def _give_up(self, chunk: Chunk, error: InsertRejectedError | InsertUnclearError) -> None:
        log.debug("chunk %s was rejected: %s", chunk.id, error)
        if isinstance(error, TooLongError) or self._is_refused(chunk.text):
            self.done.too_long[chunk.id] = str(error)
            return
        if isinstance(error, InsertUnclearError):
            self._count_failure(error)
        self.done.failed[chunk.id] = str(error)

    def _is_refused(self, text: str) -> bool:
        """Return whether the length is why an insert failed: not every server says so."""
        route = self._embedding_route
        return route is not None and route.refuses(text)

    @cached_property
    def _embedding_route(self) -> EmbeddingRoute | None:
        with suppress(VectorApiError):
            return self._sink.find_embedding_route() if isinstance(self._sink, Embedding) else None
        return None

    def _count_failure(self, error: InsertUnclearError) -> None:
        self._failures_in_a_row += 1
        if self._failures_in_a_row == DEAD_AFTER:
            raise VectorApiError(
                f"{error}: {DEAD_AFTER} single chunks in a row failed that way"
            ) from error
