"""Calls in daemon threads: several at once with ordered results, interruptible, in background."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from functools import partial
from queue import Empty, SimpleQueue

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
            _fulfil(future, partial(call, argument))

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
    """Return `call()`, made in a thread of its own: a hanging answer does not delay a stop."""
    return next(in_parallel(lambda question: question(), [call], 1, stop))


def in_background[Result](call: Callable[[], Result], name: str) -> Future[Result]:
    """Start a call in a daemon thread of its own."""
    future: Future[Result] = Future()
    threading.Thread(target=_fulfil, args=(future, call), name=name, daemon=True).start()
    return future


def _fulfil[Result](future: Future[Result], call: Callable[[], Result]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)


def _wait[Result](future: Future[Result], stop: Stop) -> Result:
    while True:
        stop.check()
        try:
            return future.result(timeout=0.2)
        except NotYetError:
            if future.done():
                raise  # the call itself timed out
        except Exception:
            stop.check()  # a request that the stop interrupted is not an error of its own
            raise


def _drain[Task](tasks: SimpleQueue[Task]) -> None:
    try:
        while True:
            tasks.get_nowait()
    except Empty:
        return
