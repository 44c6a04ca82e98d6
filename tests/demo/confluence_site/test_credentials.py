"""Credentials, scopes and refused methods."""

import pytest
import requests

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.site_client import SiteClient


def test_wrong_credentials_are_404_on_v2_and_403_on_v1(client: SiteClient) -> None:
    client.session.auth = ("demo@example.com", "expired")
    v2 = client.get("/wiki/api/v2/pages/1000")
    assert (v2.status_code, v2.json()["errors"][0]["title"]) == (404, "Not Found")
    assert client.get("/wiki/rest/api/user/current").status_code == 403


def test_a_missing_page_has_another_title_than_wrong_credentials(client: SiteClient) -> None:
    answer = client.get("/wiki/api/v2/pages/5")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["title"] != "Not Found"


def test_a_scoped_token_works_on_the_gateway_only(client: SiteClient) -> None:
    client.site.scoped_token = True
    assert client.get("/wiki/rest/api/user/current").status_code == 200
    own = client.session.get(f"{client.site.base_url}/wiki/rest/api/user/current", timeout=10)
    assert own.status_code == 401
    assert own.headers["Content-Type"].startswith("text/html")


def test_a_missing_scope_is_401(client: SiteClient) -> None:
    client.site.scopes = frozenset({"read:confluence-user"})
    assert client.get("/wiki/rest/api/user/current").status_code == 200
    answer = client.get("/wiki/api/v2/spaces")
    assert answer.status_code == 401
    assert "scope does not match" in answer.text


def test_a_bearer_site_refuses_basic(state: SiteState) -> None:
    with ConfluenceSite(state, auth="bearer") as site:
        url = f"{site.gateway_url}/wiki/rest/api/user/current"
        bearer = {"Authorization": f"Bearer {site.token}"}
        assert requests.get(url, headers=bearer, timeout=10).status_code == 200
        assert requests.get(url, auth=(site.user, site.token), timeout=10).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_writes_are_refused_and_recorded(client: SiteClient, method: str) -> None:
    url = f"{client.site.gateway_url}/wiki/api/v2/pages/1000"
    assert client.session.request(method, url, data="{}", timeout=10).status_code == 405
    assert [request.method for request in client.site.writes] == [method]
    assert client.get("/wiki/api/v2/pages/1000").status_code == 200
