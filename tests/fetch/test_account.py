"""The account: accepted, refused with a cure, or not to be asked because the site fails."""

import pytest
import responses

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch import (
    ConfluenceError,
    CredentialsError,
    Site,
)
from pipeline.fetch.errors import SCOPES
from pipeline.settings import load_settings
from tests.support.confluence_client import QUICK, opened, settings_for
from tests.support.site_pages import add_pages, list_all, list_in, places_in
from tests.support.sockets import answering, serving


def test_the_accounts_name_is_returned(site: ConfluenceSite) -> None:
    with opened(site) as client:
        assert client.check_credentials() == "demo"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.error(401, {"message": "Unauthorized; scope does not match"}), "lacks the scope"),
        (faults.error(401), "expired.*CONF_API_TOKEN"),
        (faults.error(403), "expired.*CONF_API_TOKEN"),
        (faults.error(404), "CONF_BASE_URL.*expired"),
        (faults.text('{"type": "anonymous"}'), "anonymous visitor"),
    ],
)
def test_refused_credentials_say_what_to_do(
    site: ConfluenceSite, fault: faults.Fault, message: str
) -> None:
    site.fail("user/current", fault, times=None)
    with opened(site) as client, pytest.raises(CredentialsError, match=message):
        client.check_credentials()


@pytest.mark.parametrize(
    "fault",
    [*map(faults.error, (401, 403, 404)), faults.text('{"type": "anonymous"}')],
    ids=["401", "403", "404", "anonymous"],
)
def test_an_account_that_is_refused_once_is_accepted(
    site: ConfluenceSite, fault: faults.Fault
) -> None:
    site.fail("user/current", fault)
    with opened(site) as client:
        assert client.check_credentials() == "demo"
        assert client.requests == 2


@pytest.mark.parametrize("environ", [{"CONF_API_TOKEN": "wrong"}, {"CONF_USER": "x@example.com"}])
def test_wrong_credentials_are_refused(site: ConfluenceSite, environ: dict[str, str]) -> None:
    with opened(site, **environ) as client, pytest.raises(CredentialsError, match="403"):
        client.check_credentials()


def test_a_wrong_cloud_id_is_named_in_the_error() -> None:
    settings = load_settings(
        "sync",
        {
            "CONF_CLOUD_ID": "11111111-2222-3333-4444-555555555555",
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": "http://x",
        },
    )
    url = f"{settings.conf_base_url}/wiki/rest/api/user/current"
    with responses.RequestsMock() as mock:
        mock.add("GET", url, json={"message": "No message"}, status=404)
        with pytest.raises(CredentialsError, match="check CONF_CLOUD_ID"):
            Site(settings, retry=QUICK).check_credentials()


def test_a_scoped_token_on_a_sites_own_address_is_sent_to_the_gateway() -> None:
    settings = load_settings(
        "sync",
        {
            "CONF_BASE_URL": "https://acme.atlassian.net",
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": "http://x",
        },
    )
    with responses.RequestsMock() as mock:
        url = "https://acme.atlassian.net/wiki/rest/api/user/current"
        mock.add("GET", url, body="<html>log in</html>", status=401, content_type="text/html")
        with pytest.raises(CredentialsError, match="set CONF_CLOUD_ID"):
            Site(settings, retry=QUICK).check_credentials()


def test_a_site_that_fails_is_not_one_that_refuses(site: ConfluenceSite) -> None:
    site.fail("user/current", faults.server_error(503), times=None)
    with opened(site) as client, pytest.raises(ConfluenceError) as caught:
        client.check_credentials()
    assert not isinstance(caught.value, CredentialsError)


def test_a_token_revoked_in_the_middle_never_makes_pages_look_gone(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 3)
    with opened(site) as client:
        spaces = client.list_spaces()
        refs, places = list_in(client, spaces), places_in(client, spaces)
        site.token = "another"
        for call in (
            client.list_spaces,
            lambda: list_in(client, spaces),
            lambda: client.get_pages(refs),
            lambda: client.get_page(refs[0]),
            lambda: client.list_gone([ref.id for ref in refs], spaces),
            lambda: client.list_restricted(spaces, places, pytest.fail),
        ):
            with pytest.raises(CredentialsError):
                call()


def test_a_scope_that_is_missing_later_is_named_in_the_error(
    site: ConfluenceSite, state: SiteState
) -> None:
    add_pages(state, 3)
    site.scopes = frozenset({"read:space:confluence", "read:page:confluence"}) | {
        "read:confluence-user"
    }
    with opened(site) as client:
        refs = list_all(client)
        with pytest.raises(CredentialsError, match="lacks the scope search:confluence;"):
            client.get_pages(refs)


@pytest.mark.parametrize(
    ("lacking", "environ"),
    [
        ("read:confluence-user", {}),
        ("read:space:confluence", {}),
        ("read:page:confluence", {}),
        ("read:folder:confluence", {"FILTER_FOLDER_ID": "1"}),
        ("search:confluence", {"LABELS": "runbook"}),
    ],
)
def test_the_scope_that_a_token_lacks_is_named(
    lacking: str, environ: dict[str, str], site: ConfluenceSite, state: SiteState
) -> None:
    folder = state.add_folder("Folder", "KI")
    state.add_page("Page", "KI", parent=folder, labels=["runbook"])
    if "FILTER_FOLDER_ID" in environ:
        environ = {"FILTER_FOLDER_ID": folder}
    site.scopes = frozenset(SCOPES.split()) - {lacking}
    with opened(site, **environ) as client:

        def read() -> None:
            client.check_credentials()
            spaces = client.list_spaces()
            list_in(client, spaces)
            list(client.list_members(spaces) or ())

        with pytest.raises(CredentialsError, match=f"lacks the scope {lacking};"):
            read()


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_refusal_of_the_address_keeps_the_servers_sentence(
    form: str, site: ConfluenceSite
) -> None:
    sentence = "The IP address has been rejected because it is not on the allowed list."
    as_json: dict[str, object] = {"errorMessages": [sentence], "errors": {}}
    answer = faults.error(403, as_json if form == "json" else sentence)
    site.fail("user/current", answer, times=None)
    with opened(site) as client, pytest.raises(CredentialsError) as caught:
        client.check_credentials()
    assert f"({sentence})" in str(caught.value)
    assert "IP allowlist at admin.atlassian.com" in str(caught.value)
    assert "expired" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_requires_a_login_is_named(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = answering(b"", status="407 Proxy Authentication Required")
    with serving(refusal) as (proxy, heads):
        monkeypatch.setenv(f"{scheme}_proxy", proxy)
        settings = settings_for(CONF_BASE_URL=f"{scheme}://confluence.invalid")
        with pytest.raises(ConfluenceError, match=r"requires a user and a password \(HTTP 407\)"):
            Site(settings, retry=QUICK).check_credentials()
        assert len(heads) == 1, "it is not asked again"
