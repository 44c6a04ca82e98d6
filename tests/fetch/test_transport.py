"""The transport: retries, one cooldown, next links, and credentials that go to one host only."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import transport as confluence_http
from pipeline.fetch.addresses import to_next
from pipeline.fetch.cooldown import Cooldown, Patience, to_retry_after
from pipeline.fetch.errors import (
    AnswerError,
    BrokenAnswerError,
    ConfluenceError,
    SlowAnswerError,
    StoppedWaitingError,
    TooBigError,
    UnreachableError,
)
from pipeline.fetch.transport import Transport
from pipeline.settings import SYNC, Settings, load_settings
from tests.support.confluence_client import HASTY, QUICK, settings_of

USER = "/wiki/rest/api/user/current"
PAGES = "/wiki/api/v2/pages"
SEARCH = "/wiki/rest/api/content/search"


@pytest.fixture
def site() -> Iterator[ConfluenceSite]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(10):
        state.add_page(f"Page {number}", "KI", f"<p>{number}</p>" * 100)
    with ConfluenceSite(state) as site:
        yield site


@pytest.fixture
def transport(site: ConfluenceSite) -> Iterator[Transport]:
    made = Transport(settings_of(site), threading.Event(), QUICK)
    yield made
    made.close()


def settings_for(**environ: str) -> Settings:
    given = {"CONF_USER": "me@example.com", "CONF_API_TOKEN": "s3cret-token"}
    return load_settings(SYNC, given | {"VECTOR_API_BASE_URL": "http://127.0.0.1:1"} | environ)


def list_ids(transport: Transport, limit: int = 4) -> list[str]:
    params: dict[str, str | int] = {"status": "current", "limit": limit}
    return [row["id"] for rows in transport.list_answers(PAGES, params) for row in rows]


# Retries


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
    ],
    ids=[
        "429 with seconds", "429 with a date", "429 with nothing", "429 with X-RateLimit-Reset",
        "500", "502", "503 with Retry-After", "504", "reset", "reset in the body",
        "truncated JSON",
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
    transport = Transport(settings_of(site), threading.Event(), HASTY)
    injected = site.fail("user/current", faults.hang(1))
    assert transport.get(USER)["type"] == "known"
    assert injected.hits == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 418, 501])
def test_a_refusal_is_not_repeated(site: ConfluenceSite, transport: Transport, status: int) -> None:
    site.fail(PAGES, faults.error(status, {"message": "no such thing"}), times=None)
    with pytest.raises(AnswerError, match=f"GET {PAGES}: HTTP {status} .no such thing.") as caught:
        list_ids(transport)
    assert caught.value.status == status
    assert transport.requests == 1


def test_trying_again_has_an_end(site: ConfluenceSite, transport: Transport) -> None:
    site.fail(PAGES, faults.server_error(503), times=None)
    transport.get(USER)
    with pytest.raises(AnswerError, match="503"):
        list_ids(transport)
    assert transport.requests == 1 + QUICK.attempts


def test_a_site_that_never_answered_is_given_up_sooner(unused_port: int) -> None:
    settings = settings_for(CONF_BASE_URL=f"http://127.0.0.1:{unused_port}")
    transport = Transport(settings, threading.Event(), QUICK)
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{unused_port}: connection refused"):
        transport.get(USER)
    assert transport.requests == QUICK.first_attempts


def test_an_unknown_host_is_told_at_once() -> None:
    settings = settings_for(CONF_BASE_URL="https://nowhere.invalid")
    transport = Transport(settings, threading.Event(), QUICK)
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid: unknown host"):
        transport.get(USER)
    assert transport.requests == 1


def test_a_wait_longer_than_all_patience_is_refused(
    site: ConfluenceSite, transport: Transport
) -> None:
    site.fail(PAGES, faults.rate_limited("3600"), times=None)
    with pytest.raises(AnswerError, match="429"):
        list_ids(transport)
    assert transport.requests == 1


@pytest.mark.parametrize(
    ("fault", "kind", "patience"),
    [
        (faults.server_error(500), AnswerError, QUICK),
        (faults.server_error(504), AnswerError, QUICK),
        (faults.hang(2), SlowAnswerError, HASTY),
    ],
    ids=["500", "504", "time-out"],
)
def test_a_splittable_question_is_not_repeated_as_it_is(
    site: ConfluenceSite, fault: faults.Fault, kind: type[ConfluenceError], patience: Patience
) -> None:
    transport = Transport(settings_of(site), threading.Event(), patience)
    site.fail("content/search", fault, times=None)
    with pytest.raises(kind):
        list(transport.list_answers(SEARCH, {"cql": "type=page"}, splittable=True))
    assert transport.requests == 1


def test_waits_double_and_vary() -> None:
    for attempt, middle in [(1, 2.0), (2, 4.0), (3, 8.0), (5, 32.0)]:
        for _ in range(50):
            assert 0.7 * middle <= Patience().backoff(attempt) <= 1.3 * middle


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "", "X-RateLimit-Reset": ""}, None),
        (
            {
                "Retry-After": "Wed, 01 Jul 2026 10:00:30 GMT",
                "Date": "Wed, 01 Jul 2026 10:00:00 GMT",
            },
            30.0,
        ),
        (
            {
                "X-RateLimit-Reset": "2026-07-01T10:01Z",
                "Date": "Wed, 01 Jul 2026 10:00:00 GMT",
            },
            60.0,
        ),
        (
            {
                "Retry-After": "Wed, 01 Jul 2026 09:00:00 GMT",
                "Date": "Wed, 01 Jul 2026 10:00:00 GMT",
            },
            0.0,
        ),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], expected: float | None
) -> None:
    assert to_retry_after(headers) == expected


def test_a_date_is_compared_with_our_clock_when_the_answer_has_none() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    told = to_retry_after({"Retry-After": soon})
    assert told is not None
    assert 90 < told <= 100


# The cooldown, and the end of a run


def test_one_throttled_request_makes_all_threads_wait(site: ConfluenceSite) -> None:
    site.fail(PAGES, faults.rate_limited("1"))
    transport = Transport(settings_of(site), threading.Event(), QUICK)
    throttled = threading.Thread(target=lambda: list_ids(transport, 250), daemon=True)
    throttled.start()
    deadline = time.monotonic() + 5
    while transport._cooldown._until == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert transport._cooldown._until > 0
    transport.get(USER)
    throttled.join(5)
    first, *others = site.requests
    assert {request.path for request in others} == {USER, PAGES}
    assert all(request.at - first.at >= 1.0 for request in others)


def test_a_cooldown_is_never_shortened() -> None:
    stop = threading.Event()
    cooldown = Cooldown(stop)
    cooldown.extend(1000)
    cooldown.extend(0.001)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(StoppedWaitingError):
        cooldown.wait()


@pytest.mark.parametrize(
    "fault", [faults.rate_limited("60"), faults.server_error(503)], ids=["cooldown", "backoff"]
)
def test_a_stop_ends_a_wait_at_once(site: ConfluenceSite, fault: faults.Fault) -> None:
    stop = threading.Event()
    site.fail(PAGES, fault, times=None)
    transport = Transport(
        settings_of(site), stop, replace(QUICK, base_seconds=60, total_seconds=900)
    )
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(StoppedWaitingError):
        list_ids(transport)
    with pytest.raises(StoppedWaitingError):
        transport.get(USER)
    assert transport.requests == 1


# Answers that are none


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.login_page(), "expected JSON, got text/html.*login page.*CONF_BASE_URL"),
        (faults.wrong_content_type(), "expected JSON, got text/plain"),
        (faults.text("[]"), "expected a JSON object, got list"),
        (faults.text("null"), "expected a JSON object, got NoneType"),
        (faults.text("{}"), "expected a list of results"),
        (faults.text('{"results": [1]}'), "expected a list of results"),
        (faults.redirect("https://login.example/?next=x"), "redirects to login.example, which"),
        (faults.redirect("/wiki/login.action"), "redirects to another path"),
        (faults.redirect("http://u:p@[::1"), "headers are not valid"),
    ],
)
def test_what_is_no_answer_is_told_in_one_line(
    site: ConfluenceSite, transport: Transport, fault: faults.Fault, told: str
) -> None:
    site.fail(PAGES, fault, times=None)
    with pytest.raises(ConfluenceError, match=told) as caught:
        list_ids(transport)
    assert "\n" not in str(caught.value)
    assert transport.requests == 1


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


def test_a_page_of_20_mb_comes_whole(site: ConfluenceSite, transport: Transport) -> None:
    page = site.state.add_page("Huge", "KI", lambda: "<p>naïve</p>" * 1_700_000)
    answer = transport.get(f"{PAGES}/{page}", {"body-format": "export_view"})
    assert len(answer["body"]["export_view"]["value"]) > 20_000_000


def test_an_answer_beyond_all_bounds_is_refused(
    site: ConfluenceSite, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confluence_http, "LARGEST_ANSWER", 1 << 20)
    page = site.state.add_page("Huge", "KI", lambda: "x" * (2 << 20))
    with pytest.raises(TooBigError, match="larger than 1 MB"):
        transport.get(f"{PAGES}/{page}", {"body-format": "export_view"})
    assert transport.requests == 1


def test_an_answer_that_trickles_has_an_end(site: ConfluenceSite) -> None:
    transport = Transport(
        settings_of(site), threading.Event(), replace(QUICK, answer_seconds=0.0, attempts=1)
    )
    with pytest.raises(SlowAnswerError, match="trickled"):
        list_ids(transport)


# Lists


@pytest.mark.parametrize("shape", ["rest", "wiki", "absolute"])
@pytest.mark.parametrize("path", [PAGES, SEARCH])
def test_every_shape_of_next_link_leads_on(site: ConfluenceSite, shape: Any, path: str) -> None:
    site.paging = Paging(next_shape=shape)
    transport = Transport(settings_of(site), threading.Event(), QUICK)
    params: dict[str, str | int] = {"cql": "type=page", "limit": 3}
    rows = [row["id"] for rows in transport.list_answers(path, params) for row in rows]
    assert len(set(rows)) == 10
    assert all(request.is_gateway for request in site.requests)


def test_short_and_empty_answers_do_not_end_a_list(site: ConfluenceSite) -> None:
    site.paging = Paging(short_pages=True, empty_pages=True, repeated_rows=True)
    transport = Transport(settings_of(site), threading.Event(), QUICK)
    assert len(set(list_ids(transport))) == 10


def test_expand_is_put_back_into_next_links(site: ConfluenceSite, transport: Transport) -> None:
    site.paging = Paging(drops_expand=True)
    params: dict[str, str | int] = {"cql": "type=page", "expand": "version", "limit": 3}
    rows = [row for rows in transport.list_answers(SEARCH, params) for row in rows]
    assert all("version" in row for row in rows)
    assert len(rows) == 10


def test_a_link_header_leads_on_where_the_answer_has_no_next(
    site: ConfluenceSite, transport: Transport
) -> None:
    def drop(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"_links": {"base": answer["_links"]["base"]}}

    site.fail(PAGES, faults.rewritten(drop), times=None)
    assert len(list_ids(transport)) == 10


def test_a_repeated_cursor_is_an_error(site: ConfluenceSite, transport: Transport) -> None:
    site.fail(PAGES, faults.repeated_cursor(), times=None)
    with pytest.raises(ConfluenceError, match="repeated cursor"):
        list_ids(transport)
    assert transport.requests < 4


def test_endless_empty_answers_are_an_error() -> None:
    numbers = iter(range(10_000))

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        link = f"/wiki/api/v2/pages?cursor={next(numbers)}"
        return 200, {}, f'{{"results": [], "_links": {{"next": "{link}"}}}}'

    transport = Transport(
        settings_for(CONF_BASE_URL="https://conf.example"), threading.Event(), QUICK
    )
    with responses.RequestsMock() as mock:
        mock.add_callback(
            "GET",
            re.compile(r"https://conf\.example/"),
            answer,
            content_type="application/json",
        )
        with pytest.raises(ConfluenceError, match="circle"):
            list_ids(transport)


ROOT = "https://api.atlassian.com/ex/confluence/abc"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/rest/api/content/search?cursor=a%2Bb", "/wiki/rest/api/content/search?cursor=a%2Bb"),
        ("/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
        ("/wiki/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
        ("https://acme.example/wiki/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
        (f"{ROOT}/wiki/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
    ],
)
def test_next_links_are_put_on_our_own_root(link: str, expected: str) -> None:
    answer = {"_links": {"base": "https://acme.example/wiki"}}
    settings = settings_for(CONF_CLOUD_ID="abc")
    assert to_next(link, answer, {"limit": 5}, settings) == f"{expected}&limit=5"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/wiki/api/v2/pages?cursor=x",
        "//evil.example/wiki/api/v2/pages?cursor=x",
        "https://acme.example@evil.example/wiki/api/v2/pages",
        "https://acme.example:8443/wiki/api/v2/pages",
        "/wiki/api/v2/../../secret",
        "/wiki/api/v2/%2E%2e/secret",
        "/wiki/logout.action",
        "pages?cursor=x",
        "https://[",
    ],
)
def test_next_links_to_anywhere_else_are_refused(link: str) -> None:
    answer = {"_links": {"base": "https://acme.example/wiki"}}
    with pytest.raises(ConfluenceError, match=r"not followed|no link"):
        to_next(link, answer, {}, settings_for(CONF_CLOUD_ID="abc"))


# Credentials


def test_another_host_gets_no_request_and_no_credentials(
    site: ConfluenceSite, transport: Transport
) -> None:
    with ConfluenceSite(SiteState()) as other:
        for fault in (
            faults.next_link_to(f"{other.base_url}{PAGES}?cursor=x"),
            faults.redirect(f"{other.base_url}{PAGES}"),
        ):
            site.fail(PAGES, fault)
            with pytest.raises(ConfluenceError):
                list_ids(transport)
        assert other.requests == []


def test_only_get_requests_are_made(site: ConfluenceSite, transport: Transport) -> None:
    list_ids(transport)
    assert not site.writes
    assert all(request.has_credentials for request in site.requests)


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_the_token_is_sent_as_the_setting_says(site: ConfluenceSite, auth: Any) -> None:
    site.auth, site.user, site.token = auth, "jürgen@example.com", "tökén"
    if auth == "bearer":
        site.token = "token"
    transport = Transport(settings_of(site, CONF_AUTH=auth), threading.Event(), QUICK)
    assert transport.get(USER)["type"] == "known"


def test_a_netrc_file_does_not_replace_the_credentials(
    site: ConfluenceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    transport = Transport(settings_of(site), threading.Event(), QUICK)
    assert transport.get(USER)["type"] == "known"


def test_cookies_are_not_kept() -> None:
    transport = Transport(
        settings_for(CONF_BASE_URL="https://conf.example"), threading.Event(), QUICK
    )
    with responses.RequestsMock() as mock:
        headers = {"Set-Cookie": "session=abc; Path=/"}
        mock.add("GET", f"https://conf.example{USER}", json={}, headers=headers)
        transport.get(USER)
        transport.get(USER)
        assert "Cookie" not in mock.calls[1].request.headers


def test_no_secret_stands_in_errors_or_logs(
    site: ConfluenceSite, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body: dict[str, Any] = {"message": f"no luck with {site.token}\nFORGED line\u2028x"}
    site.fail(PAGES, faults.error(503, body), times=None)
    with pytest.raises(AnswerError) as caught:
        list_ids(transport)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("pipeline.")]
    assert len(ours) > 3
    for text in [*ours, str(caught.value), repr(caught.value)]:
        assert site.token not in text
        assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://conf.example", True),
        ("http://127.0.0.1:8090", False),
        ("http://localhost:8090", False),
        ("http://[::1]:8090", False),
        ("https://conf.example", False),
    ],
)
def test_plain_http_to_another_machine_warns_once(
    url: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    Transport(settings_for(CONF_BASE_URL=url), threading.Event(), QUICK)
    assert [r.levelname for r in caplog.records] == ["WARNING"] * warns


def test_tls_is_verified_even_when_the_environment_is_odd(
    site: ConfluenceSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    secure = site.base_url.replace("http://", "https://")
    transport = Transport(settings_for(CONF_BASE_URL=secure), threading.Event(), QUICK)
    assert transport._session.verify is True
    with pytest.raises(UnreachableError, match="TLS"):
        transport.get(USER)
    assert transport.requests == 1


def test_many_threads_share_the_connections_and_the_count(site: ConfluenceSite) -> None:
    transport = Transport(settings_of(site, WORKERS="8"), threading.Event(), QUICK)
    wrong: list[object] = []

    def ask(work: Callable[[], object]) -> None:
        for _ in range(20):
            try:
                work()
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask, args=(lambda: transport.get(USER),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not wrong
    assert transport.requests == len(site.requests) == 160


@pytest.fixture
def unused_port() -> int:
    with ConfluenceSite(SiteState()) as closed:
        return int(closed.base_url.rpartition(":")[2])
