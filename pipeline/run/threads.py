"""Calls in several threads at once, results in order, never more than a few ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from functools import partial
from queue import Empty, SimpleQueue

from pipeline.run.stop import Stop


def in_parallel[Given, Result](
    call: Callable[[Given], Result], given: Iterable[Given], workers: int, stop: Stop
) -> Iterator[Result]:
    """Yield `call(x)` for each x, in order; at most twice `workers` results are under way.

    The first exception of a call is raised in its place. The threads are daemons: a request that
    hangs cannot keep a stopped run alive, as an executor's threads would.
    """
    tasks: SimpleQueue[tuple[Future[Result], Given] | None] = SimpleQueue()

    def work() -> None:
        while (task := tasks.get()) is not None:
            future, argument = task
            _fulfil(future, partial(call, argument))

    for number in range(workers):
        threading.Thread(target=work, name=f"fetch-{number}", daemon=True).start()
    pending: deque[Future[Result]] = deque()
    try:
        for argument in given:
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
    """Begin a call in a thread of its own, again a daemon."""
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
            stop.check()  # what breaks off because of the stop is not an error of its own
            raise


def _drain[Task](tasks: SimpleQueue[Task]) -> None:
    try:
        while True:
            tasks.get_nowait()
    except Empty:
        return
