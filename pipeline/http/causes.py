"""Why no answer came: the one table of connection errors, in words for a log line."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, replace

import requests
import urllib3

from pipeline.http.bounded import LARGEST_ANSWER, EncodingError, TooBigError

# Everything a session raises for a request. ValueError: some libraries below raise it for a
# malformed address or header.
NO_ANSWER = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a request got no usable answer."""

    text: str
    can_pass: bool = True  # the same request may succeed later
    was_sent: bool = True  # the server may have received it, and may be working on it
    is_timeout: bool = False
    is_too_big: bool = False


PROXY_LOGIN = (
    "the proxy requires a user and a password (HTTP 407): write them in HTTPS_PROXY or HTTP_PROXY, "
    "as http://USER:PASSWORD@HOST:PORT"
)
_PROXY = "the proxy of HTTPS_PROXY or HTTP_PROXY"
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")
_NO_PROXY = "NO_PROXY lists the hosts that are reached without it"
_PLAIN_PROXY = Cause(
    f"{_PROXY} answers without TLS: begin its address with http://", can_pass=False, was_sent=False
)
_PROXY_REFUSED = Cause("the proxy refused the connection", was_sent=False)
_PROXY_LOGIN = Cause(PROXY_LOGIN, can_pass=False, was_sent=False)
_CA_FILE_MISSING = Cause(
    "the file that REQUESTS_CA_BUNDLE names does not exist", can_pass=False, was_sent=False
)
_NOT_HTTP = Cause("the request or the answer is not valid HTTP", can_pass=False)
_BROKEN = Cause("the connection broke")
_CAUSES: tuple[tuple[tuple[type[BaseException], ...], Cause], ...] = (  # the first that fits
    (
        (TooBigError,),
        Cause(
            f"the answer is larger than {LARGEST_ANSWER >> 20} MB", can_pass=False, is_too_big=True
        ),
    ),
    (
        (requests.exceptions.SSLError, ssl.SSLCertVerificationError),
        Cause("no trusted TLS connection; REQUESTS_CA_BUNDLE names private CAs", can_pass=False),
    ),
    (
        (EncodingError,),
        Cause("the answer is compressed in a way that cannot be read", can_pass=False),
    ),
    ((socket.gaierror,), Cause("unknown host", can_pass=False, was_sent=False)),
    ((ConnectionRefusedError,), Cause("connection refused", was_sent=False)),
    (
        (requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError),
        Cause("connecting timed out", was_sent=False, is_timeout=True),
    ),
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            urllib3.exceptions.LocationParseError,
        ),
        Cause("the address or the proxy's address is not valid", can_pass=False, was_sent=False),
    ),
    ((urllib3.exceptions.InvalidHeader,), _NOT_HTTP),  # of the answer
    (
        (requests.exceptions.InvalidHeader, UnicodeEncodeError),
        Cause("the credentials cannot be sent in a header", can_pass=False, was_sent=False),
    ),
    (
        (requests.exceptions.InvalidJSONError,),
        Cause("the request cannot be written as JSON", can_pass=False, was_sent=False),
    ),
    (
        (TimeoutError, requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError),
        Cause("timed out", is_timeout=True),
    ),
)


def to_cause(error: Exception) -> Cause:
    """Return why no answer came, from the error of a session or of another HTTP client."""
    if type(error) is OSError and error.errno is None:  # requests raises it for this only
        return _CA_FILE_MISSING
    chain = _list_chain(error)
    if any(str(link).startswith("Tunnel connection failed: 407") for link in chain):
        return _PROXY_LOGIN
    if any(isinstance(link, requests.exceptions.ProxyError) for link in chain):
        return _to_proxys_cause(chain)
    return _find_cause(chain) or (_NOT_HTTP if isinstance(error, ValueError) else _BROKEN)


def _to_proxys_cause(chain: list[BaseException]) -> Cause:
    """Return why a proxy was not reached, or refused: the server may well be up."""
    if any(isinstance(link, ssl.SSLError) and link.reason in _NO_TLS for link in chain):
        return _PLAIN_PROXY
    cause = _find_cause(chain)
    if cause is None:
        return _PROXY_REFUSED
    return replace(cause, text=f"{_PROXY}: {cause.text}; {_NO_PROXY}", was_sent=False)


def _find_cause(chain: list[BaseException]) -> Cause | None:
    for kinds, cause in _CAUSES:
        if found := next((link for link in chain if isinstance(link, kinds)), None):
            is_busy = getattr(found, "errno", None) == socket.EAI_AGAIN  # of the name server
            return replace(cause, can_pass=cause.can_pass or is_busy)
    return None


def _list_chain(error: BaseException) -> list[BaseException]:
    """Return the error and those inside it: requests wraps urllib3's, which wraps the socket's."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(found) < 20:
        link = queue.pop()
        if isinstance(link, BaseException) and link not in found:
            found.append(link)
            queue += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    return found
