"""A route of the site that fails for ever: noticed after a few batches, tried now and then."""

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.http import FAILURES_IN_A_ROW
from pipeline.records import PageFailure
from tests.support.confluence_client import HASTY, QUICK, opened
from tests.support.site_pages import add_pages, list_all, pages_of

SEARCH, SINGLE = "content/search", r"/pages/\d+"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        (faults.server_error(503), QUICK.attempts),
        (faults.truncated_json(), QUICK.attempts),
        (faults.server_error(500), 3),  # 25, 12 and 6 pages
        (faults.hang(2), 3),
        (faults.error(410), 1),
    ],
    ids=["503", "truncated", "500", "time-out", "410"],
)
def test_a_search_that_always_fails_is_given_up_after_a_few_batches(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault, requests: int
) -> None:
    ids = add_pages(state, 25)
    failed = site.fail(SEARCH, fault, times=None)
    # Only where it is about time-outs: on a busy machine other answers would come too late, too.
    with opened(site, retry=HASTY if fault == faults.hang(2) else QUICK) as client:
        refs = list_all(client)
        for _ in range(12):
            assert list(pages_of(client.get_pages(refs))) == ids
    assert failed.hits == FAILURES_IN_A_ROW * requests


def test_a_search_that_works_again_is_used_again(site: ConfluenceSite, state: SiteState) -> None:
    ids = add_pages(state, 3)
    failed = site.fail(SEARCH, faults.server_error(503), times=None)
    with opened(site) as client:
        refs = list_all(client)
        for _ in range(FAILURES_IN_A_ROW + 25):
            client.get_pages(refs)
        assert failed.hits == FAILURES_IN_A_ROW * QUICK.attempts + 1, "tried once, without retries"
        site.clear_faults()
        for _ in range(20):
            client.get_pages(refs)
        before = client.requests
        assert list(pages_of(client.get_pages(refs))) == ids
        assert client.requests - before == 1


def test_a_search_that_fails_for_a_few_batches_only_stays_in_use(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 3)
    with opened(site) as client:
        refs = list_all(client)
        for _ in range(4):
            site.fail(SEARCH, faults.server_error(503), times=2 * QUICK.attempts)
            for _ in range(3):
                client.get_pages(refs)
            site.clear_faults()
        before = client.requests
        client.get_pages(refs)
        assert client.requests - before == 1


def test_pages_that_fail_one_by_one_are_not_waited_for_each(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 25)
    site.fail(SEARCH, faults.error(410), times=None)
    failed = site.fail(f"{SINGLE}.*export_view", faults.server_error(503), times=None)
    source = site.fail(f"{SINGLE}.*storage", faults.server_error(503), times=None)
    with opened(site) as client:
        results = client.get_pages(list_all(client))
    assert all(isinstance(result, PageFailure) for result in results)
    assert source.hits == 25
    assert failed.hits == FAILURES_IN_A_ROW * QUICK.attempts + 25 - FAILURES_IN_A_ROW


def test_a_throttled_route_is_no_failing_one(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 3)
    site.fail(SEARCH, faults.server_error(503), times=FAILURES_IN_A_ROW * QUICK.attempts)
    with opened(site) as client:
        refs = list_all(client)
        for _ in range(FAILURES_IN_A_ROW + 19):
            client.get_pages(refs)
        site.fail(SEARCH, faults.rate_limited("0"), times=2)
        before = client.requests
        client.get_pages(refs)
        assert client.requests - before == 3, "it is the try, and it is retried"
