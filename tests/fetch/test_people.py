"""Names of people: asked for in bulk, and what cannot be asked is an error, never an empty name."""

from collections.abc import Iterator

import pytest

from demo.confluence_site import ConfluenceSite, faults
from pipeline.fetch import PEOPLE_A_REQUEST, NamesError, Site
from pipeline.fetch.errors import SCOPES
from tests.support.confluence_client import opened

BULK = "user/bulk"
IDS = [f"557058:{number:08x}-1f2e-4d3c-8b7a-{number:012d}" for number in range(PEOPLE_A_REQUEST)]


@pytest.fixture
def client(site: ConfluenceSite) -> Iterator[Site]:
    site.state.people = {one: f"Person {number}" for number, one in enumerate(IDS)}
    with opened(site) as client:
        yield client


def test_many_people_are_one_request(site: ConfluenceSite, client: Site) -> None:
    assert client.list_names(IDS) == site.state.people
    assert site.count(BULK) == 1


def test_a_person_whom_the_site_does_not_know_has_no_name(client: Site) -> None:
    assert client.list_names([IDS[0], "gone"]) == {IDS[0]: "Person 0"}


def test_as_many_of_the_longest_ids_as_one_request_has_are_not_too_long(client: Site) -> None:
    assert client.list_names([f"{number:03}:{'x' * 124}" for number in range(len(IDS))]) == {}


def test_the_public_name_is_used_where_the_other_is_hidden(
    site: ConfluenceSite, client: Site
) -> None:
    row = {"accountId": "1", "displayName": None, "publicName": "robin\nroe"}
    odd = [None, {}, {"accountId": 2}, {"accountId": "3"}, {"accountId": "4", "displayName": 5}]
    site.fail(BULK, faults.Fault(rewrite=lambda _: {"results": [*odd, row]}))
    assert client.list_names(["1"]) == {"1": "robin roe"}


def test_a_missing_scope_is_named_and_final(site: ConfluenceSite, client: Site) -> None:
    site.scopes = frozenset(SCOPES.split()) - {"read:confluence-user"}
    with pytest.raises(NamesError, match="lacks the scope read:confluence-user") as caught:
        client.list_names(IDS)
    assert caught.value.is_final


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_final(site: ConfluenceSite, client: Site, status: int) -> None:
    site.fail(BULK, faults.error(status), times=None)
    with pytest.raises(NamesError) as caught:
        client.list_names(IDS)
    assert caught.value.is_final


def test_a_refused_question_may_be_answered_for_other_people(
    site: ConfluenceSite, client: Site
) -> None:
    site.fail(BULK, faults.error(400))
    with pytest.raises(NamesError) as caught:
        client.list_names(IDS)
    assert not caught.value.is_final
    assert len(client.list_names(IDS)) == len(IDS)


def test_a_failure_that_passes_is_retried(site: ConfluenceSite, client: Site) -> None:
    site.fail(BULK, faults.server_error(503))
    assert len(client.list_names(IDS)) == len(IDS)


def test_an_answer_without_results_is_an_error(site: ConfluenceSite, client: Site) -> None:
    site.fail(BULK, faults.Fault(rewrite=lambda _: {"results": "none"}), times=None)
    with pytest.raises(NamesError, match="expected a list of results"):
        client.list_names(IDS)


def test_a_route_that_fails_every_time_is_given_up_after_retries_of_the_first_call_only(
    site: ConfluenceSite, client: Site
) -> None:
    site.fail(BULK, faults.error(503), times=None)
    finals, requests = [], []
    for _ in range(3):
        before = site.count(BULK)
        with pytest.raises(NamesError) as caught:
            client.list_names(IDS)
        finals.append(caught.value.is_final)
        requests.append(site.count(BULK) - before)
    assert finals == [False, False, True]
    assert requests[0] > 1
    assert requests[1:] == [1, 1]
