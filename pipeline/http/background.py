"""Calls beside the thread that waits for them, in daemon threads.

A daemon cannot keep a stopped run alive, as the threads of an executor would. A page takes several
such calls, so a thread that has made one waits for the next.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue

_MOST_IDLE = 8  # threads that wait for a call; further ones end after theirs

_Work = tuple[Callable[[], None], str]  # a call that raises nothing, and its name
_idle: list[SimpleQueue[_Work]] = []  # of each idle thread; the latest is the next to be used
os.register_at_fork(after_in_child=_idle.clear)  # a child process has none of the threads


def in_background[Result](call: Callable[[], Result], name: str) -> Future[Result]:
    """Begin a call in another thread, which has its name meanwhile and may be used again."""
    future: Future[Result] = Future()
    try:
        tasks = _idle.pop()
    except IndexError:
        tasks = SimpleQueue()
        threading.Thread(target=_work, args=(tasks,), daemon=True).start()
    tasks.put((partial(fulfil, future, call), name))
    return future


def in_new_thread[Result](call: Callable[[], Result], name: str) -> Future[Result]:
    """Begin a call in a thread that ends with it, and with it all that a library keeps there."""
    future: Future[Result] = Future()
    threading.Thread(target=fulfil, args=(future, call), name=name, daemon=True).start()
    return future


def fulfil[Result](future: Future[Result], call: Callable[[], Result]) -> None:
    """Make the call; its result or its error becomes the future's."""
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)


def is_done[Result](future: Future[Result], seconds: float) -> bool:
    """Wait for the future for at most `seconds`; return whether it has ended, either way."""
    try:
        future.exception(seconds)
    except TimeoutError:
        return False
    return True


def _work(tasks: SimpleQueue[_Work]) -> None:
    while True:
        _make(*tasks.get())  # nothing of it is held here afterwards: a result may be large
        if len(_idle) >= _MOST_IDLE:
            return
        _idle.append(tasks)


def _make(call: Callable[[], None], name: str) -> None:
    thread = threading.current_thread()
    thread.name = name
    call()
    thread.name = "idle"
