"""The session policy over real sockets: what is sent, followed and kept."""

import base64
from pathlib import Path

import pytest
import requests
from requests.auth import AuthBase

from pipeline.http import (
    BasicAuth,
    BearerAuth,
    CaBundleError,
    open_session,
    open_tls,
    warn_of_plain_http,
)
from pipeline.http.session import is_loopback
from pipeline.settings import Secret
from tests.support.sockets import answering, serving

NO_TOKEN = BearerAuth(Secret(""))


def header(head: bytes, name: str) -> str | None:
    """Return a request's header, None if it has none of the name."""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        if key.lower() == name.lower():
            return value
    return None


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (BearerAuth(Secret("s3cret")), "Bearer s3cret"),
        (
            BasicAuth("jürgen@example.com", Secret("tökén")),
            "Basic " + base64.b64encode("jürgen@example.com:tökén".encode()).decode(),
        ),
        (NO_TOKEN, None),
    ],
)
def test_the_credentials_are_sent_as_they_are(auth: AuthBase, sent: str | None) -> None:
    with serving(answering()) as (url, heads), open_session(auth, 1) as session:
        assert session.get(url).json() == {}
        assert header(heads[0], "Authorization") == sent
        assert header(heads[0], "Accept") == "application/json"


@pytest.mark.parametrize("auth", [BearerAuth(Secret("s3cret")), NO_TOKEN])
def test_a_netrc_file_is_not_read(
    auth: AuthBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(answering()) as (url, heads), open_session(auth, 1) as session:
        session.get(url)
        assert "Basic" not in (header(heads[0], "Authorization") or "")


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
@pytest.mark.parametrize("location", ["{other}/x", "/x", "http://u:p@[::1"])
def test_a_redirect_is_not_followed_wherever_it_leads(status: str, location: str) -> None:
    with serving(answering()) as (other, other_heads):
        redirect = answering(b"", f"Location: {location.format(other=other)}", status=status)
        with serving(redirect) as (url, heads), open_session(NO_TOKEN, 1) as session:
            assert session.post(url, json={}).status_code == int(status[:3])
            assert (len(heads), other_heads) == (1, [])


def test_cookies_are_not_kept() -> None:
    cookie = answering(b"{}", "Set-Cookie: session=abc; Path=/")
    with serving(cookie) as (url, heads), open_session(NO_TOKEN, 1) as session:
        session.get(url)
        session.get(url)
        assert [header(head, "Cookie") for head in heads] == [None, None]


def test_nothing_is_repeated_by_the_session_itself() -> None:
    with serving(lambda _connection, _head: None) as (url, heads):
        with open_session(NO_TOKEN, 1) as session, pytest.raises(requests.ConnectionError):
            session.get(url)
        assert len(heads) == 1


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_a_loopback_host_is_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


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
def test_plain_http_to_another_machine_is_warned_about(
    url: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_plain_http("SOME_URL", url)
    expected = "SOME_URL is plain http: the token is sent unencrypted; use https"
    assert [record.getMessage() for record in caplog.records] == [expected] * warns


def test_a_ca_bundle_without_certificates_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(NO_TOKEN, 1) as session:
        for path in (tmp_path / "missing.pem", Path("/dev/null")):
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
            with pytest.raises(CaBundleError, match=f"REQUESTS_CA_BUNDLE={path}: "):
                open_tls(session, "https://store.example")
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        assert open_tls(session, "https://store.example").check_hostname
