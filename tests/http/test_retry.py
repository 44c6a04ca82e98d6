"""The retry policy: how often, how long, and what a server may ask for."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipeline.http import (
    CONFLUENCE_RETRY,
    VECTOR_RETRY,
    RequestError,
    Retries,
    RetryPolicy,
    is_passing_status,
    to_retry_after,
)

EXACT = replace(VECTOR_RETRY, jitter=0.0)
NOW = "Wed, 01 Jul 2026 10:00:00 GMT"


class PassingError(RequestError):
    can_pass = True

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("HTTP 503")
        self.retry_after = retry_after


def failing(*errors: Exception) -> Callable[[], str]:
    """Return a call that raises these errors, then succeeds."""
    left = list(errors)

    def call() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return call


@pytest.mark.parametrize(
    ("policy", "waits"),
    [(CONFLUENCE_RETRY, [2, 4, 8, 16, 32, 32]), (VECTOR_RETRY, [1, 2, 4, 8, 16, 32])],
)
def test_waits_double_up_to_a_limit_and_vary(policy: RetryPolicy, waits: list[float]) -> None:
    for attempt, wait in enumerate(waits, start=1):
        drawn = {policy.to_wait(attempt).seconds for _ in range(50)}
        assert all(0.7 * wait <= seconds <= 1.3 * wait for seconds in drawn)
        assert len(drawn) > 1


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, 1.0), (0.0, 1.0), (9.0, 9.0), (86400.0, 600.0)]
)
def test_what_the_server_asks_for_is_the_least_and_is_bounded(
    asked: float | None, expected: float
) -> None:
    assert EXACT.to_wait(1, asked).seconds == expected


def test_a_very_late_attempt_has_a_wait_too() -> None:
    assert EXACT.to_wait(5000).seconds == EXACT.longest_backoff_seconds


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_an_overloaded_or_restarting_server_may_answer_later(status: int) -> None:
    assert is_passing_status(status)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 410, 413, 422, 501])
def test_a_refusal_is_final(status: int) -> None:
    assert not is_passing_status(status)


def test_a_call_is_repeated_until_it_succeeds() -> None:
    waits: list[float] = []
    retries = Retries(EXACT, waits.append)
    retries.has_answered = True
    assert retries.run(failing(PassingError(9.0), PassingError(), PassingError())) == "done"
    assert waits == [9.0, 2.0, 4.0]


@pytest.mark.parametrize(("has_answered", "waits"), [(False, 2), (True, 5)])
def test_a_server_that_never_answered_is_given_up_sooner(has_answered: bool, waits: int) -> None:
    waited: list[float] = []
    retries = Retries(EXACT, waited.append)
    retries.has_answered = has_answered
    with pytest.raises(PassingError):
        retries.run(failing(*(PassingError() for _ in range(20))))
    assert len(waited) == waits


def test_a_wait_of_ours_beyond_the_total_is_not_begun() -> None:
    waited: list[float] = []
    with pytest.raises(PassingError):
        Retries(replace(EXACT, total_seconds=0.9), waited.append).run(failing(PassingError()))
    assert waited == []


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (240.0, [240.0, 240.0]),  # a third would be more than ten minutes
        (60.0, [60.0] * 10),
        (3600.0, [600.0]),
        (18446744073709551615.0, [600.0]),
        (math.inf, [600.0]),
    ],
)
def test_a_server_is_waited_for_as_it_asks_for_ten_minutes_in_all(
    asked: float, waits: list[float]
) -> None:
    waited: list[float] = []
    with pytest.raises(PassingError):
        Retries(CONFLUENCE_RETRY, waited.append).run(failing(*[PassingError(asked)] * 30))
    assert waited == waits


def test_a_wait_that_the_server_asks_for_is_no_failed_attempt() -> None:
    waited: list[float] = []
    asked = [PassingError(50.0)] * 8
    assert Retries(EXACT, waited.append).run(failing(*asked, PassingError())) == "done"
    assert len(waited) == 9


def test_other_errors_and_final_ones_are_raised_at_once() -> None:
    retries = Retries(EXACT, lambda _seconds: pytest.fail("waited"))
    with pytest.raises(RequestError, match="no such page"):
        retries.run(failing(RequestError("no such page")))
    with pytest.raises(ZeroDivisionError):
        retries.run(failing(ZeroDivisionError()))
    with pytest.raises(PassingError):
        retries.run(failing(PassingError()), is_final=lambda _error: True)


def test_every_wait_is_announced_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    announced: list[float] = []
    retries = Retries(
        EXACT, lambda _: None, before_wait=lambda _error, seconds: announced.append(seconds)
    )
    retries.has_answered = True
    retries.run(failing(PassingError(7.0), PassingError()))
    retries.run(failing(PassingError(1e6)))
    assert announced == [7.0, 2.0, 600.0]
    assert [record.getMessage() for record in caplog.records] == [
        "HTTP 503; retrying in 7.0 s, as the server asks",
        "HTTP 503; retrying in 2.0 s",
        "HTTP 503; retrying in 600.0 s, as the server asks, not after 1000000 s",
    ]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 0 "}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "NaN"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "18446744073709551615"}, 18446744073709551615.0),
        ({"Retry-After": "9" * 5000}, math.inf),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359", "Date": NOW}, 251619487139.0),
        ({"Retry-After": NOW, "Date": "Fri, 31 Dec 9999 23:59:59 GMT"}, 0.0),
        ({"Retry-After": "Wed, 01 Jul 2026 10:00:30 +99999999999999999999"}, None),
        ({"Retry-After": "", "X-RateLimit-Reset": ""}, None),
        ({"Retry-After": "Wed, 01 Jul 2026 10:00:30 GMT", "Date": NOW}, 30.0),
        ({"Retry-After": "Wed, 01 Jul 2026 09:00:00 GMT", "Date": NOW}, 0.0),
        ({"X-RateLimit-Reset": "2026-07-01T10:01Z", "Date": NOW}, 60.0),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], expected: float | None
) -> None:
    assert to_retry_after(headers) == expected


def test_a_date_is_compared_with_our_clock_when_the_answer_has_none() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    seconds = to_retry_after({"Retry-After": soon})
    assert seconds is not None
    assert 90 < seconds <= 100
