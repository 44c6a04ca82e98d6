"""A copy of this process that cannot end, because of a lock, fails its test soon."""

import threading

import pytest

from tests.support.forking import run_forked


def test_a_program_that_waits_for_ever_is_ended_and_shows_where_it_waited() -> None:
    lock = threading.Lock()

    def wait_for_ever() -> None:
        print("begun", flush=True)
        lock.acquire()

    with lock, pytest.raises(AssertionError, match=r"did not end(?s:.*)begun") as raised:
        run_forked(wait_for_ever, {}, seconds=0.5)
    assert "in wait_for_ever" in str(raised.value)


def test_a_program_that_ends_returns_its_code_and_output() -> None:
    def refuse() -> None:
        print("refused")
        raise SystemExit(7)

    assert run_forked(refuse, {}) == (7, "refused\n")
