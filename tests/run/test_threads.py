"""Results in order, errors in their place, never too far ahead, and an end at once."""

import threading
import time
from collections.abc import Iterator

import pytest

from pipeline.run.stop import Stop, StoppedError
from pipeline.run.threads import in_parallel, read_in_turns


def test_results_are_in_order_whatever_takes_longer() -> None:
    def slow_when_even(number: int) -> int:
        time.sleep(0.01 * (number % 2 == 0))
        return number * 10

    assert list(in_parallel(slow_when_even, range(40), 4, Stop())) == [n * 10 for n in range(40)]


def test_an_error_is_raised_in_its_place() -> None:
    def refuse_three(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    results = in_parallel(refuse_three, range(10), 2, Stop())
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_it_does_not_run_far_ahead_of_a_slow_reader() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = in_parallel(lambda number: number, numbers(), 3, Stop())
    next(results)
    assert len(taken) <= 6


def test_a_stop_ends_the_wait_for_a_call_that_hangs() -> None:
    stop, hang = Stop(), threading.Event()
    results = in_parallel(lambda _: hang.wait(60), [1], 1, stop)
    threading.Timer(0.1, lambda: stop.end("stopped by a test", 143)).start()
    with pytest.raises(StoppedError, match="stopped by a test"):
        next(results)
    hang.set()


def test_no_thread_is_left_behind() -> None:
    before = set(threading.enumerate())
    results = in_parallel(lambda number: number, range(1000), 4, Stop())
    next(results)
    own = set(threading.enumerate()) - before
    assert len(own) == 4
    results.close()  # type: ignore[attr-defined]
    for thread in own:
        thread.join(60)
    assert not any(thread.is_alive() for thread in own)


def test_what_breaks_off_because_of_a_stop_is_no_error_of_its_own() -> None:
    stop = Stop()

    def break_off(_: int) -> None:
        stop.end("stopped by a test", 143)
        raise ConnectionError("cut off")

    with pytest.raises(StoppedError, match="stopped by a test"):
        next(in_parallel(break_off, [1], 1, stop))


def test_in_turns_nothing_is_read_while_the_reader_is_busy() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(1, 4):
            taken.append(number)
            yield number

    rows = read_in_turns(numbers(), Stop())
    for number in (1, 2, 3):
        assert next(rows) == number
        time.sleep(0.01)  # a thread that reads ahead would have begun
        assert taken[-1] == number
    assert list(rows) == []


def test_a_stop_ends_the_wait_for_a_row_that_never_comes() -> None:
    stop, hang = Stop(), threading.Event()

    def rows() -> Iterator[bool]:
        yield hang.wait(60)

    threading.Timer(0.1, lambda: stop.end("stopped by a test", 143)).start()
    with pytest.raises(StoppedError, match="stopped by a test"):
        next(read_in_turns(rows(), stop))
    hang.set()
