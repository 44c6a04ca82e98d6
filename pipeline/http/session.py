"""The session policy of both ends: one host, no redirects, no cookies, no .netrc."""

from __future__ import annotations

import base64
import ipaddress
import logging
import ssl
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from pipeline.settings import Secret

log = logging.getLogger(__name__)


class CaBundleError(Exception):
    """REQUESTS_CA_BUNDLE names something that holds no certificates."""


class BasicAuth(AuthBase):
    """Basic credentials in UTF-8; requests' own class encodes them in Latin-1."""

    def __init__(self, user: str, token: Secret) -> None:
        self._user, self._token = user, token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        pair = base64.b64encode(f"{self._user}:{self._token.reveal()}".encode()).decode()
        request.headers["Authorization"] = f"Basic {pair}"
        return request


class BearerAuth(AuthBase):
    """A bearer token; an empty one adds no header."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class _Session(requests.Session):
    def get_redirect_target(self, _response: requests.Response) -> None:
        """Follow no redirect: it would carry the credentials to wherever the answer points."""
        return


def open_session(auth: AuthBase, pool_size: int) -> requests.Session:
    """Return a session for one host with at most `pool_size` idle connections.

    Proxies and CA bundles come from the environment. Retries are the caller's.
    """
    session = _Session()
    session.auth = auth  # without one, requests would read a .netrc
    session.headers["Accept"] = "application/json"
    # A session cookie would outlive a revoked token, and is shared by all threads.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def open_tls(session: requests.Session, base_url: str) -> ssl.SSLContext:
    """Return the context by which another client verifies the server as `session` does.

    Raises `CaBundleError` if REQUESTS_CA_BUNDLE names no certificates.
    """
    verify = session.merge_environment_settings(base_url, {}, None, None, None)["verify"]
    path = requests.utils.DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        reason = error.strerror or "no certificates"
        raise CaBundleError(f"REQUESTS_CA_BUNDLE={path}: {reason}") from None


def warn_of_plain_http(setting: str, url: str) -> None:
    """Log a warning if the setting's URL sends a token unencrypted to another machine."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        log.warning("%s is plain http: the token is sent unencrypted; use https", setting)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
