"""The insert of one batch, whatever fails: nothing is stored twice or lost unnoticed."""

from __future__ import annotations

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
from pipeline.upsert.insertion.insert_health import InsertHealth
from pipeline.upsert.server.text_limit import EmbeddingRoute
from pipeline.upsert.sink import Embedding, Sink

log = logging.getLogger(__name__)

ATTEMPTS = 3  # at a whole batch, before it is sent in parts
ATTEMPTS_ALONE = 2  # at a single chunk
EXAMPLES = 3  # other chunks of a batch that are tried alone, once many have failed


@dataclass(slots=True)
class Inserted:
    """The result for a batch's chunks. One in none of these is undecided: the run was stopped."""

    handles: dict[str, str] = field(default_factory=dict)  # chunk id → the store's name for it
    failed: dict[str, str] = field(default_factory=dict)  # chunk id → error
    too_long: dict[str, str] = field(default_factory=dict)  # chunk id → error; smaller ones may fit
    given_up: dict[str, str] = field(default_factory=dict)  # chunk id → error; it may be stored


def insert_all(
    sink: Sink,
    chunks: Sequence[Chunk],
    waiting: Waiting,
    retry: RetryPolicy | None = None,
    health: InsertHealth | None = None,
) -> Inserted:
    """Insert one batch; what is rejected is sent in halves, down to single chunks.

    Where it is unclear whether chunks are stored, they are looked for and only the missing ones
    are sent again. Where chunk after chunk fails, others of the batch show whether the server
    works: if they fail too, the rest is given up. `health` is that of all batches of a run.
    Raises `VectorApiError` when no further insert can succeed.
    """
    insertion = _Insertion(sink, chunks, waiting, retry or VECTOR_RETRY, health or InsertHealth())
    with suppress(StoppedWaitingError):  # the next run looks for what is undecided
        insertion.send_all()
    return insertion.done


class _Insertion:
    def __init__(
        self,
        sink: Sink,
        batch: Sequence[Chunk],
        waiting: Waiting,
        retry: RetryPolicy,
        health: InsertHealth,
    ) -> None:
        self._sink, self._batch = sink, batch
        self._waiting, self._retry, self._health = waiting, retry, health
        self._asked_seconds = 0.0  # that the server has asked to wait since it stored something
        self._is_trying_others = False
        self.done = Inserted()

    def send_all(self) -> None:
        """Send the batch."""
        if self._health.is_doubtful:
            self._try_others()
        self._send(self._batch, ATTEMPTS)

    def _send(self, chunks: Sequence[Chunk], attempts: int) -> None:
        """Send until all are stored, or split what keeps failing."""
        missing, attempt, throttled, unclear = self._select_undecided(chunks), 0, 0, 0
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
                self._health.note_failure()
                log.debug("%d chunks unclear: %s", len(missing), error)
                missing = self._look(missing, error, unclear)
                if missing and (unclear >= attempts or self._health.is_doubtful):
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
            self._asked_seconds = 0.0
            self._health.note_stored()
        self.done.handles.update(handles)

    def _split(self, chunks: list[Chunk], error: InsertRejectedError | InsertUnclearError) -> None:
        if len(chunks) == 1:
            self._reject(chunks[0], error)
            return
        if self._health.is_doubtful:
            self._try_others()
        middle = len(chunks) // 2
        for half in (chunks[:middle], chunks[middle:]):
            self._send(half, ATTEMPTS_ALONE if len(half) == 1 else 1)

    def _select_undecided(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        done = self.done
        decided = {*done.handles, *done.failed, *done.too_long, *done.given_up}
        return [chunk for chunk in chunks if chunk.id not in decided]

    def _try_others(self) -> None:
        """Send a few other chunks of the batch; give up the rest unless one of them is stored.

        Raises `VectorApiError` if batch after batch was given up.
        """
        if self._is_trying_others:
            return
        self._is_trying_others = True
        for chunk in self._choose_examples(1 if self._health.is_long else EXAMPLES):
            if self._health.is_doubtful:
                self._send([chunk], 1)
        self._is_trying_others = False
        if not self._health.is_doubtful or self._waiting.ended.is_set():
            return
        rest = self._select_undecided(self._batch)
        self.done.given_up.update({chunk.id: self._health.error for chunk in rest})
        self._health.note_failed_batch(len(rest))
        if self._health.is_dead:
            raise VectorApiError(f"{self._health.error}: nothing is stored any more")

    def _choose_examples(self, few: int) -> list[Chunk]:
        """Return so many undecided chunks, first one each of pages that have not failed.

        All chunks of a page may be refused for the same reason.
        """
        left = self._select_undecided(self._batch)
        others = {one.page_id: one for one in left if not self._health.has_failed(one.page_id)}
        chosen = _spread(list(others.values()), few)
        rest = [chunk for chunk in left if chunk not in chosen]
        return chosen + _spread(rest, few - len(chosen))

    def _reject(self, chunk: Chunk, error: InsertRejectedError | InsertUnclearError) -> None:
        log.debug("chunk %s was rejected: %s", chunk.id, error)
        if isinstance(error, TooLongError) or self._is_refused(chunk.text):
            self.done.too_long[chunk.id] = str(error)
            return
        self.done.failed[chunk.id] = str(error)
        self._health.note_failed_chunk(chunk.page_id, str(error))
        if self._health.is_doubtful:
            self._try_others()

    def _is_refused(self, text: str) -> bool:
        """Return whether the length is why an insert failed: not every server names it."""
        route = self._embedding_route
        return route is not None and route.refuses(text)

    @cached_property
    def _embedding_route(self) -> EmbeddingRoute | None:
        with suppress(VectorApiError):
            return self._sink.find_embedding_route() if isinstance(self._sink, Embedding) else None
        return None


def _spread(chunks: Sequence[Chunk], few: int) -> list[Chunk]:
    """Return at most so many of the chunks, from the beginning to the end."""
    return list(chunks[:: max(1, len(chunks) // few)][:few]) if few else []
