"""How long a route that fails is waited for."""

import random

import pytest

from pipeline.http import FAILURES_IN_A_ROW, Route


def test_a_route_that_fails_in_a_row_is_not_waited_for_until_it_answers() -> None:
    route = Route("a route")
    for _ in range(FAILURES_IN_A_ROW):
        assert route.is_patient
        route.note(answered=False)
    assert not route.is_patient
    route.note(answered=True)
    assert route.is_patient


@pytest.mark.parametrize("failing", [0.2, 0.5, 0.8])
def test_a_route_on_which_many_calls_fail_is_waited_for_a_few_times_only(failing: float) -> None:
    route, waited, chance = Route("a route"), 0, random.Random(1)
    for _ in range(5_000):
        answered = chance.random() > failing
        waited += route.is_patient and not answered
        route.note(answered=answered)
    assert waited < 60


def test_a_route_on_which_few_calls_fail_is_waited_for_each_time() -> None:
    route = Route("a route")
    for call in range(5_000):
        assert route.is_patient
        route.note(answered=call % 60 > 0)


def test_a_route_is_waited_for_the_shorter_the_more_it_fails() -> None:
    route, shares = Route("a route"), list[float]()
    for _ in range(12):
        shares.append(route.share_of_time)
        route.note(answered=False)
    assert shares == sorted(shares, reverse=True)
    assert shares[FAILURES_IN_A_ROW - 1] == 1 > shares[FAILURES_IN_A_ROW] > shares[-1] > 0
    route.note(answered=True)
    assert route.share_of_time == 1


def test_time_outs_use_up_the_patience_sooner_than_other_failures() -> None:
    route, waited = Route("a route"), 0
    while route.is_patient:
        waited += 1
        route.note(answered=False)
        route.note_slow()
        route.note(answered=True)
    assert waited < 8
    assert route.share_of_time < 1
