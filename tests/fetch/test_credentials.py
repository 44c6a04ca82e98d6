"""Credentials go to one host only, and into no error or log line."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch.errors import (
    ConfluenceError,
    StatusError,
)
from pipeline.fetch.transport import Transport
from pipeline.http import Waiting
from tests.support.confluence_client import (
    PAGES,
    QUICK,
    USER,
    list_ids,
    settings_for,
    settings_of,
    ten_pages,
)


@pytest.fixture
def state() -> SiteState:
    return ten_pages()


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
def test_the_token_is_sent_in_the_form_that_is_set(site: ConfluenceSite, auth: Any) -> None:
    site.auth, site.user, site.token = auth, "jürgen@example.com", "tökén"
    if auth == "bearer":
        site.token = "token"
    transport = Transport(settings_of(site, CONF_AUTH=auth), Waiting(), QUICK)
    assert transport.get(USER)["type"] == "known"


def test_no_secret_appears_in_errors_or_logs(
    site: ConfluenceSite, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body: dict[str, Any] = {"message": f"no luck with {site.token}\nFORGED line\u2028x"}
    site.fail(PAGES, faults.error(503, body), times=None)
    with pytest.raises(StatusError) as caught:
        list_ids(transport)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("pipeline.")]
    assert len(ours) > 3
    for text in [*ours, str(caught.value), repr(caught.value)]:
        assert site.token not in text
        assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "warns"), [("http://conf.example", True), ("http://127.0.0.1:8090", False)]
)
def test_plain_http_to_another_machine_is_warned_about_once(
    url: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    Transport(settings_for(CONF_BASE_URL=url), Waiting(), QUICK)
    expected = "CONF_BASE_URL is plain http: the token is sent unencrypted; use https"
    assert [record.getMessage() for record in caplog.records] == [expected] * warns


def test_many_threads_share_the_connections_and_the_count(site: ConfluenceSite) -> None:
    transport = Transport(settings_of(site, WORKERS="8"), Waiting(), QUICK)
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
