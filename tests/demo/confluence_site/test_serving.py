"""The site as a server: address, request log, program."""

import subprocess
import sys
from itertools import islice

import pytest
import requests

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.program import ROOT
from tests.support.site_client import SiteClient


def test_a_site_restarts_at_its_address(state: SiteState) -> None:
    site = ConfluenceSite(state)
    for _ in range(2):
        with site:
            assert SiteClient(site).get("/wiki/rest/api/user/current").status_code == 200
    assert site.count() == 2


def test_requests_are_counted(client: SiteClient) -> None:
    client.get("/wiki/api/v2/pages", id="1,2")
    client.get("/wiki/api/v2/pages", id="3")
    assert client.site.count(r"/v2/pages\?id=1,2$") == 1
    assert client.site.count() == 2
    assert all(request.is_gateway and request.has_credentials for request in client.site.requests)


def test_a_rendered_body_takes_a_site_longer_than_the_storage_format(state: SiteState) -> None:
    with ConfluenceSite(state, rendering_seconds=60) as site:
        page = f"{site.gateway_url}/wiki/api/v2/pages/{next(iter(state.pages))}?body-format="
        auth = (site.user, site.token)
        assert requests.get(f"{page}storage", auth=auth, timeout=10).status_code == 200
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{page}export_view", auth=auth, timeout=0.2)


def test_the_site_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "demo.confluence_site"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            settings = dict(line.strip().split("=", 1) for line in islice(program.stdout, 3))
            credentials = (settings["CONF_USER"], settings["CONF_API_TOKEN"])
            url = f"{settings['CONF_BASE_URL']}/wiki/api/v2/spaces"
            rows = requests.get(url, auth=credentials, timeout=10).json()["results"]
        finally:
            program.terminate()
    assert [row["name"] for row in rows] == ["Known Issues", "Platform Handbook"]
