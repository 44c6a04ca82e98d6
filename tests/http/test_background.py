"""Calls beside the one who waits: their results, their threads, and what these keep."""

import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.http import in_background, is_done
from pipeline.http.background import _MOST_IDLE
from tests.support.forking import fork


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def count_idle_threads() -> int:
    return sum(thread.name == "idle" for thread in threading.enumerate())


def test_the_result_or_the_error_becomes_that_of_the_future() -> None:
    def refuse() -> None:
        raise TimeoutError("of the call")

    assert in_background(lambda: 7, "seven").result(60) == 7
    refused = in_background(refuse, "refusal")
    assert is_done(refused, 60)
    with pytest.raises(TimeoutError, match="of the call"):
        refused.result()


def test_a_call_has_a_daemon_thread_of_its_name() -> None:
    thread = in_background(threading.current_thread, "request").result(60)
    assert thread.daemon
    named = in_background(lambda: threading.current_thread().name, "insert")
    assert named.result(60) == "insert"


def test_calls_one_after_the_other_share_their_threads() -> None:
    used = {in_background(threading.current_thread, "call").result(60) for _ in range(200)}
    assert len(used) <= _MOST_IDLE + 1  # one may still be about to wait when the next call comes


def test_a_call_that_hangs_keeps_no_other_waiting_and_few_threads_stay() -> None:
    hang, begun = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        begun.release()
        hang.wait(60)

    hanging = [in_background(wait, "hanging") for _ in range(3 * _MOST_IDLE)]
    for _ in hanging:
        assert begun.acquire(timeout=60)
    assert not is_done(hanging[0], 0.01)
    assert in_background(lambda: 7, "beside").result(60) == 7
    hang.set()
    assert all(is_done(future, 60) for future in hanging)
    wait_until(lambda: count_idle_threads() <= _MOST_IDLE + 2)


def test_a_forked_process_starts_threads_of_its_own(tmp_path: Path) -> None:
    in_background(lambda: None, "call").result(60)
    wait_until(lambda: count_idle_threads() > 0)
    done = tmp_path / "done"
    process = fork(lambda: in_background(done.touch, "in the child").result(60))
    os.waitpid(process, 0)
    assert done.exists()


def test_an_idle_thread_keeps_no_result() -> None:
    class Large:
        pass

    large = in_background(Large, "large").result(60)
    reference = weakref.ref(large)
    del large
    wait_until(lambda: reference() is None)
