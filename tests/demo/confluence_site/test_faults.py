"""Injected faults."""

import pytest
import requests

from demo.confluence_site import ConfluenceSite, SiteState, faults
from demo.confluence_site.faults import Fault
from tests.support.site_client import SiteClient


@pytest.mark.parametrize(
    ("fault", "status", "sign"),
    [
        (faults.rate_limited("7"), 429, "Rate limit"),
        (faults.server_error(502), 502, "<html>"),
        (faults.error(418, "tea"), 418, "tea"),
        (faults.login_page(), 200, "Log in"),
        (faults.text("null"), 200, "null"),
        (faults.truncated_json(12), 200, '{"results": '),
        (faults.redirect("http://127.0.0.1:9/"), 302, ""),
        (faults.next_link_to("https://evil.example/"), 200, "https://evil.example/"),
        (faults.rewritten(lambda answer: answer | {"results": []}), 200, '"results": []'),
    ],
)
def test_a_fault_applies_once(client: SiteClient, fault: Fault, status: int, sign: str) -> None:
    client.site.fail(r"/wiki/api/v2/spaces$", fault)
    url = f"{client.site.gateway_url}/wiki/api/v2/spaces"
    answer = client.session.get(url, timeout=10, allow_redirects=False)
    assert answer.status_code == status
    assert sign in answer.text
    assert client.get("/wiki/api/v2/spaces").json()["results"]


def test_headers_of_a_fault_are_sent(client: SiteClient) -> None:
    client.site.fail("user", faults.rate_limited("7", X_RateLimit_NearLimit="true"))
    headers = client.get("/wiki/rest/api/user/current").headers
    assert (headers["Retry-After"], headers["X-RateLimit-NearLimit"]) == ("7", "true")


@pytest.mark.parametrize("fault", [faults.reset(), faults.reset_in_body(20)])
def test_a_reset_is_a_connection_error(client: SiteClient, fault: Fault) -> None:
    injected = client.site.fail(lambda request: request.number == 1, fault, times=None)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("/wiki/api/v2/spaces")
    assert client.get("/wiki/api/v2/spaces").status_code == 200
    assert injected.hits == 1


def test_a_fault_can_start_later_and_last_until_it_is_cleared(client: SiteClient) -> None:
    client.site.fail("spaces", faults.server_error(), times=None, after=1)
    statuses = [client.get("/wiki/api/v2/spaces").status_code for _ in range(3)]
    client.site.clear_faults()
    statuses.append(client.get("/wiki/api/v2/spaces").status_code)
    assert statuses == [200, 500, 500, 200]


def test_a_repeated_cursor_leads_to_the_same_place(client: SiteClient) -> None:
    client.site.fail("pages", faults.repeated_cursor(), times=None)
    answers = client.answers("/wiki/api/v2/pages", limit=1)
    links = [next(answers)["_links"]["next"] for _ in range(8)]
    assert len(set(links)) == 1


def test_a_list_can_end_too_early(client: SiteClient) -> None:
    client.site.fail("pages", faults.without_next())
    answer = client.get("/wiki/api/v2/pages", limit=1)
    assert "next" not in answer.json()["_links"]
    assert not answer.links


def test_closing_the_site_ends_a_hanging_answer(state: SiteState) -> None:
    site = ConfluenceSite(state)
    with site:
        site.fail("spaces", faults.hang(3600))
        with pytest.raises(requests.Timeout):
            requests.get(f"{site.gateway_url}/wiki/api/v2/spaces", timeout=0.05)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{site.gateway_url}/wiki/api/v2/spaces", timeout=1)
