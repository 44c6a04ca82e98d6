"""Bodies when the site fails: in the bulk search, for one page, or for all."""

from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch import (
    ConfluenceError,
    PageError,
)
from pipeline.fetch.errors import UnreachableError
from pipeline.http import StoppedWaitingError, Waiting
from pipeline.records import Page, PageFailure
from tests.support.confluence_client import HASTY, opened
from tests.support.site_pages import add_pages, list_all, pages_of


@pytest.mark.parametrize("status", [500, 504])
def test_a_search_that_is_too_much_is_halved(
    site: ConfluenceSite, state: SiteState, status: int
) -> None:
    ids = add_pages(state, 25)

    def is_large(request: faults.Request) -> bool:
        return "content/search" in request.path and int(request.query["limit"]) > 7

    site.fail(is_large, faults.server_error(status), times=None)
    with opened(site) as client:
        refs = list_all(client)
        before = client.requests
        assert list(pages_of(client.get_pages(refs))) == ids
        assert client.requests - before == 1 + 2 + 4


def test_one_page_that_always_fails_is_one_failure(site: ConfluenceSite, state: SiteState) -> None:
    ids = add_pages(state, 25)
    site.fail(rf"content/search.*\b{ids[7]}\b", faults.server_error(500), times=None)
    site.fail(rf"/pages/{ids[7]}\b", faults.server_error(500), times=None)
    with opened(site) as client:
        fetched = client.get_pages(list_all(client))
    failures = [result for result in fetched if isinstance(result, PageFailure)]
    assert [failure.page_id for failure in failures] == [ids[7]]
    assert "500" in failures[0].error
    assert len(fetched) == 25


@pytest.mark.parametrize(
    "fault",
    [
        faults.error(410, {"message": "This deprecated endpoint has been removed."}),
        faults.error(400),
        faults.error(403),
        faults.truncated_json(),
        faults.server_error(503),
        faults.rewritten(lambda answer: answer | {"results": []}),
        faults.text('{"results": [{"id": "1", "title": "no version"}]}'),
    ],
    ids=["410", "400", "403", "truncated", "503", "empty", "malformed"],
)
def test_pages_are_fetched_singly_when_the_search_fails(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    ids = add_pages(state, 4)
    site.fail("content/search", fault, times=None)
    with opened(site) as client:
        assert list(pages_of(client.get_pages(list_all(client)))) == ids


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("", faults.server_error(503)),
        ("", faults.server_error(500)),
        ("", faults.reset_in_body(10)),
        ("content/search", faults.rate_limited("0")),
        (r"/pages/\d+", faults.rate_limited("0")),
    ],
    ids=["all 503", "all 500", "all cut off", "search throttled", "pages throttled"],
)
def test_a_site_that_is_down_is_one_error_and_not_one_a_page(
    site: ConfluenceSite, state: SiteState, pattern: str, fault: faults.Fault
) -> None:
    add_pages(state, 25)
    with opened(site) as client:
        refs = list_all(client)
        site.fail(pattern, fault, times=None)
        if pattern.startswith("/pages"):
            site.fail("content/search", faults.error(400), times=None)
        before = client.requests
        with pytest.raises(ConfluenceError):
            client.get_pages(refs)
        assert client.requests - before < 50


def test_a_search_that_hangs_is_not_waited_for_twice(
    site: ConfluenceSite, state: SiteState
) -> None:
    ids = add_pages(state, 4)
    with opened(site) as client:
        refs = list_all(client)
    hung = site.fail("content/search", faults.hang(5), times=None)
    with opened(site, retry=HASTY) as client:
        assert list(pages_of(client.get_pages(refs))) == ids
    assert hung.hits == 1


def test_a_page_that_is_not_described_in_full_is_one_failure(
    site: ConfluenceSite, state: SiteState
) -> None:
    first, second = add_pages(state, 2)
    site.fail("content/search", faults.error(400), times=None)
    incomplete = faults.text('{"id": "1", "status": "current", "title": "T"}')
    site.fail(f"/pages/{first}", incomplete, times=None)
    with opened(site) as client:
        bad, good = client.get_pages(list_all(client))
    assert isinstance(bad, PageFailure)
    assert "without a required field" in bad.error
    assert isinstance(good, Page)
    assert good.ref.id == second


def test_no_connection_is_not_a_page_that_failed(state: SiteState) -> None:
    add_pages(state, 2)
    with ConfluenceSite(state) as site, opened(site) as client:
        refs = list_all(client)
    with opened(site) as client, pytest.raises(UnreachableError):
        client.get_pages(refs)


def test_a_stop_is_not_a_page_that_failed(site: ConfluenceSite, state: SiteState) -> None:
    add_pages(state, 2)
    stop = Waiting()
    with opened(site, stop) as client:
        refs = list_all(client)
        stop.end()
        with pytest.raises(StoppedWaitingError):
            client.get_pages(refs)


@pytest.mark.parametrize(
    "fault",
    [
        faults.server_error(500),
        faults.truncated_json(),
        faults.error(400),
        faults.rewritten(lambda answer: answer | {"body": {}}),
    ],
    ids=["500", "truncated", "400", "no body"],
)
def test_a_single_page_that_fails_is_no_failure_of_the_site(
    site: ConfluenceSite, state: SiteState, fault: faults.Fault
) -> None:
    add_pages(state, 1)
    site.fail(r"/pages/\d+", fault, times=None)
    with opened(site) as client:
        (ref,) = list_all(client)
        with pytest.raises(PageError):
            client.get_page(ref)
        assert isinstance(client.get_pages([ref])[0], PageFailure)


def test_a_page_with_more_labels_than_it_carries_has_them_all(
    site: ConfluenceSite, state: SiteState
) -> None:
    labels = [f"label-{n:03}" for n in range(120)]
    state.add_page("P", "KI", labels=labels)

    def shorten(answer: dict[str, Any]) -> dict[str, Any]:
        answer["labels"]["results"] = answer["labels"]["results"][:50]
        answer["labels"]["meta"]["hasMore"] = True
        return answer

    site.fail("include-labels", faults.rewritten(shorten), times=None)
    with opened(site) as client:
        assert client.get_page(list_all(client)[0]).labels == tuple(labels)


def test_lone_surrogates_and_control_characters_are_removed(
    site: ConfluenceSite, state: SiteState
) -> None:
    page_id = state.add_page("P", "KI")
    body = (
        '{"id": "%s", "status": "current", "title": "A\\ud800\\nB", "version": {"number": 2, '
        '"createdAt": "2026-06-15T09:30:00+02:00"}, "body": '
        '{"export_view": {"value": "x\\udfffy"}, "storage": {"value": ""}}, '
        '"_links": {}}'
    )
    site.fail(f"/pages/{page_id}", faults.text(body % page_id), times=None)
    with opened(site) as client:
        page = client.get_page(list_all(client)[0])
    assert page.html == "x\ufffdy"
    assert page.ref.title == "A\ufffd B"
    assert page.ref.modified == "2026-06-15T07:30:00.000Z"
