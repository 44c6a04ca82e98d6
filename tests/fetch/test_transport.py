"""What the transport does with failures: retried, reported in one line, or refused."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch.errors import (
    BrokenAnswerError,
    ConfluenceError,
    ForeignAnswerError,
    SlowAnswerError,
    StatusError,
    TooBigError,
    UnreachableError,
    asks_too_much,
)
from pipeline.fetch.transport import Transport
from pipeline.http import CONFLUENCE_RETRY, RetryPolicy, Waiting, bounded
from tests.support.confluence_client import (
    HASTY,
    PAGES,
    QUICK,
    SEARCH,
    USER,
    list_ids,
    settings_for,
    ten_pages,
    to_transport,
)
from tests.support.waiting import Recorded


@pytest.fixture
def state() -> SiteState:
    return ten_pages()


@pytest.mark.parametrize(
    "fault",
    [
        faults.rate_limited("0"),
        faults.rate_limited(format_datetime(datetime.now(UTC), usegmt=True)),
        faults.rate_limited(),
        faults.rate_limited(X_RateLimit_Reset=datetime.now(UTC).isoformat()),
        faults.server_error(500),
        faults.server_error(502),
        faults.error(503, Retry_After="0"),
        faults.server_error(504),
        faults.reset(),
        faults.reset_in_body(),
        faults.truncated_json(),
        faults.login_page(),
        faults.wrong_content_type(),
    ],
    ids=[
        "429 with seconds", "429 with a date", "429 with nothing", "429 with X-RateLimit-Reset",
        "500", "502", "503 with Retry-After", "504", "reset", "reset in the body",
        "truncated JSON", "a log-in page", "a page of text",
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again(
    site: ConfluenceSite, transport: Transport, fault: faults.Fault
) -> None:
    injected = site.fail(PAGES, fault, times=2)
    assert len(list_ids(transport, 250)) == 10
    assert injected.hits == 2
    assert transport.requests == 3


def test_a_time_out_is_tried_again(site: ConfluenceSite) -> None:
    transport = to_transport(site, HASTY)
    injected = site.fail("user/current", faults.hang(1))
    assert transport.get(USER)["type"] == "known"
    assert injected.hits == 1


@pytest.mark.parametrize(
    ("status", "requests"),
    [(400, 1), (401, 2), (403, 2), (404, 2), (410, 1), (413, 1), (418, 1), (501, 1)],
)
def test_only_a_refusal_of_the_account_is_repeated_and_once(
    site: ConfluenceSite, transport: Transport, status: int, requests: int
) -> None:
    site.fail(PAGES, faults.error(status, {"message": "no such thing"}), times=None)
    with pytest.raises(StatusError, match=f"GET {PAGES}: HTTP {status} .no such thing.") as caught:
        list_ids(transport)
    assert caught.value.status == status
    assert transport.requests == requests


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_list_that_is_refused_once_is_complete(
    site: ConfluenceSite, transport: Transport, status: int
) -> None:
    refused = site.fail(PAGES, faults.error(status), times=1, after=1)
    assert len(list_ids(transport)) == 10
    assert refused.hits == 1


@pytest.mark.parametrize(("status", "requests"), [(401, 2), (403, 1), (404, 1)])
def test_an_object_that_is_not_there_is_asked_for_once(
    site: ConfluenceSite, transport: Transport, status: int, requests: int
) -> None:
    site.fail(PAGES, faults.error(status), times=None)
    with pytest.raises(StatusError):
        transport.get(f"{PAGES}/1")
    assert transport.requests == requests


def test_a_refused_account_is_asked_again_some_seconds_later(site: ConfluenceSite) -> None:
    waits = Recorded()
    transport = to_transport(site, CONFLUENCE_RETRY, waits)
    site.fail(PAGES, faults.error(401), times=1)
    list_ids(transport)
    assert 2.5 < sum(waits.seconds) < 6


def test_retries_have_an_end(site: ConfluenceSite, transport: Transport) -> None:
    site.fail(PAGES, faults.server_error(503), times=None)
    transport.get(USER)
    with pytest.raises(StatusError, match="503"):
        list_ids(transport)
    assert transport.requests == 1 + QUICK.attempts


def test_a_site_that_never_answered_is_given_up_sooner() -> None:
    with ConfluenceSite(SiteState()) as closed:
        host = closed.base_url.removeprefix("http://")
    settings = settings_for(CONF_BASE_URL=f"http://{host}")
    transport = Transport(settings, Waiting(), QUICK)
    with pytest.raises(UnreachableError, match=f"GET {USER} at {host}: connection refused"):
        transport.get(USER)
    assert transport.requests == QUICK.first_attempts


def test_an_unknown_host_is_reported_at_once() -> None:
    settings = settings_for(CONF_BASE_URL="https://nowhere.invalid")
    transport = Transport(settings, Waiting(), QUICK)
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid: unknown host"):
        transport.get(USER)
    assert transport.requests == 1


def test_a_site_that_only_asks_for_waits_is_given_up_at_last(site: ConfluenceSite) -> None:
    site.fail(PAGES, faults.rate_limited("3600"), times=None)
    transport = to_transport(site, replace(QUICK, asked_seconds=0.3))
    with pytest.raises(StatusError, match="429"):
        list_ids(transport)
    assert transport.requests == 2


@pytest.mark.parametrize(
    ("fault", "kind", "retry"),
    [
        (faults.server_error(500), StatusError, QUICK),
        (faults.server_error(504), StatusError, QUICK),
        (faults.hang(2), SlowAnswerError, HASTY),
    ],
    ids=["500", "504", "time-out"],
)
def test_a_splittable_question_is_not_repeated_as_it_is(
    site: ConfluenceSite, fault: faults.Fault, kind: type[ConfluenceError], retry: RetryPolicy
) -> None:
    transport = to_transport(site, retry)
    site.fail("content/search", fault, times=None)
    with pytest.raises(kind):
        list(transport.list_answers(SEARCH, {"cql": "type=page"}, asks_too_much))
    assert transport.requests == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.text("[]"), "expected a JSON object, got list"),
        (faults.text("null"), "expected a JSON object, got NoneType"),
        (faults.text("{}"), "expected a list of results"),
        (faults.text('{"results": [1]}'), "expected a list of results"),
        (
            faults.redirect("https://login.example/?next=x"),
            r"redirects to https://login\.example/, which",
        ),
        (faults.redirect("/wiki/login.action"), "redirects to /wiki/login.action, which"),
        (faults.redirect("http://u:p@[::1"), "redirects to an invalid address"),
    ],
)
def test_an_unusable_answer_is_reported_in_one_line(
    site: ConfluenceSite, transport: Transport, fault: faults.Fault, message: str
) -> None:
    site.fail(PAGES, fault, times=None)
    with pytest.raises(ConfluenceError, match=message) as caught:
        list_ids(transport)
    assert "\n" not in str(caught.value)
    assert transport.requests == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.login_page(), "expected JSON, got text/html.*login page.*CONF_BASE_URL"),
        (faults.wrong_content_type(), "expected JSON, got text/plain"),
    ],
)
def test_a_page_in_place_of_every_answer_is_reported_soon_and_in_one_line(
    site: ConfluenceSite, transport: Transport, fault: faults.Fault, message: str
) -> None:
    site.fail(PAGES, fault, times=None)
    with pytest.raises(ForeignAnswerError, match=message) as caught:
        list_ids(transport)
    assert "\n" not in str(caught.value)
    assert transport.requests == QUICK.first_attempts


@pytest.mark.parametrize(
    "fault",
    [faults.truncated_json(), faults.reset_in_body(), faults.text(""), faults.text("[" * 100_000)],
)
def test_an_answer_that_stays_broken_is_an_error(
    site: ConfluenceSite, transport: Transport, fault: faults.Fault
) -> None:
    site.fail(PAGES, fault, times=None)
    with pytest.raises(BrokenAnswerError):
        list_ids(transport)


def test_a_page_of_20_mb_arrives_whole(site: ConfluenceSite, transport: Transport) -> None:
    page = site.state.add_page("Huge", "KI", lambda: "<p>naïve</p>" * 1_700_000)
    answer = transport.get(f"{PAGES}/{page}", {"body-format": "export_view"})
    assert len(answer["body"]["export_view"]["value"]) > 20_000_000


def test_an_answer_that_is_too_large_is_refused(
    site: ConfluenceSite, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "LARGEST_ANSWER", 1 << 20)
    page = site.state.add_page("Huge", "KI", lambda: "x" * (2 << 20))
    with pytest.raises(TooBigError, match="the answer is larger than"):
        transport.get(f"{PAGES}/{page}", {"body-format": "export_view"})
    assert transport.requests == 1
