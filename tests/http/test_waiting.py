"""One kind of wait for both ends: a stop ends it, unless a result is about to be known."""

import threading
import time

import pytest

from pipeline.http import StoppedWaitingError, Waiting


def end_soon(waiting: Waiting) -> None:
    threading.Timer(0.1, waiting.end).start()


def test_the_result_or_the_error_is_that_of_the_request() -> None:
    def refuse() -> None:
        raise TimeoutError("of the request")

    assert Waiting().answer(lambda: 7, 60) == 7
    with pytest.raises(TimeoutError, match="of the request"):
        Waiting().answer(refuse, 60)


def test_an_answer_is_waited_for_so_long_and_no_longer() -> None:
    hang = threading.Event()
    with pytest.raises(TimeoutError, match="no whole answer within"):
        Waiting().answer(hang.wait, 0.2)
    hang.set()


def test_the_end_of_the_run_breaks_off_a_pause_and_a_request() -> None:
    waiting, hang = Waiting(), threading.Event()
    end_soon(waiting)
    with pytest.raises(StoppedWaitingError):
        waiting.answer(hang.wait, 60)
    with pytest.raises(StoppedWaitingError):
        waiting.pause(60)
    hang.set()


def test_a_request_that_changes_something_gets_a_moment_for_its_result() -> None:
    waiting = Waiting()

    def store() -> str:
        time.sleep(0.5)
        return "stored"

    end_soon(waiting)
    assert waiting.answer(store, 60, finish_seconds=20) == "stored"
    with pytest.raises(StoppedWaitingError):
        waiting.answer(threading.Event().wait, 60, finish_seconds=0.7)


def test_no_request_is_begun_after_the_end() -> None:
    waiting, begun = Waiting(), []
    waiting.end()
    with pytest.raises(StoppedWaitingError):
        waiting.answer(lambda: begun.append(1), 60)
    assert not begun
