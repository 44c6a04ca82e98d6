"""Calls in daemon threads: several at once with ordered results, or one that a stop ends."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue

from pipeline.http import fulfil, in_background, in_new_thread, is_done
from pipeline.run.stop import Stop


def in_parallel[Argument, Result](
    call: Callable[[Argument], Result], arguments: Iterable[Argument], workers: int, stop: Stop
) -> Iterator[Result]:
    """Yield `call(argument)` for each argument, in order; compute at most 2 × `workers` ahead.

    An exception of a call is raised where its result would be yielded. The threads are daemons: a
    hanging request cannot keep a stopped run alive, as an executor's threads would.
    """
    tasks: SimpleQueue[tuple[Future[Result], Argument] | None] = SimpleQueue()

    def work() -> None:
        while (task := tasks.get()) is not None:
            future, argument = task
            fulfil(future, partial(call, argument))

    for number in range(workers):
        threading.Thread(target=work, name=f"fetch-{number}", daemon=True).start()
    pending: deque[Future[Result]] = deque()
    try:
        for argument in arguments:
            future: Future[Result] = Future()
            pending.append(future)
            tasks.put((future, argument))
            if len(pending) >= 2 * workers:
                yield _wait(pending.popleft(), stop)
        while pending:
            yield _wait(pending.popleft(), stop)
    finally:
        _drain(tasks)
        for _ in range(workers):
            tasks.put(None)


def call_interruptibly[Result](call: Callable[[], Result], stop: Stop) -> Result:
    """Return `call()`, made in another thread: however long it takes, a stop ends the wait."""
    return _wait(in_background(call, "beside"), stop)


def call_apart[Result](call: Callable[[], Result], stop: Stop) -> Result:
    """Return `call()` like `call_interruptibly`, made in a thread that ends with it."""
    return _wait(in_new_thread(call, "apart"), stop)


def read_ahead[Row](rows: Iterator[Row], stop: Stop) -> Iterator[Row]:
    """Yield the rows of an iterator that waits for a server; meanwhile the next one is asked for.

    The iterator is used by one thread at a time. A stop ends the wait, however long it is.
    """
    upcoming = in_background(partial(next, rows, None), "ahead")
    while (row := _wait(upcoming, stop)) is not None:
        upcoming = in_background(partial(next, rows, None), "ahead")
        yield row


def read_in_turns[Row](rows: Iterator[Row], stop: Stop) -> Iterator[Row]:
    """Yield the rows of an iterator that waits for a server; nothing is asked for meanwhile.

    So the iterator may use what the caller uses, such as a database. A stop ends the wait.
    """
    while (row := call_interruptibly(partial(next, rows, None), stop)) is not None:
        yield row


def _wait[Result](future: Future[Result], stop: Stop) -> Result:
    stop.check()
    while not is_done(future, 0.2):
        stop.check()
    try:
        return future.result()
    except Exception:
        stop.check()  # a request that the stop interrupted is not an error of its own
        raise


def _drain[Task](tasks: SimpleQueue[Task]) -> None:
    try:
        while True:
            tasks.get_nowait()
    except Empty:
        return
