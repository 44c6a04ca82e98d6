"""What can go wrong with Confluence, and what to tell the person who runs this."""

from __future__ import annotations

import socket

import requests
import urllib3

from pipeline.settings import GATEWAY, Settings

SCOPES = (
    "read:page:confluence read:space:confluence read:hierarchical-content:confluence "
    "search:confluence read:confluence-user"
)


class ConfluenceError(Exception):
    """Confluence is unreachable, or fails for good. Exit 4."""

    can_pass = False  # whether asking again may help
    retry_after: float | None = None  # seconds, where the server told


class CredentialsError(ConfluenceError):
    """The credentials are refused, or what was asked for is not visible to them. Exit 3."""


class StoppedWaitingError(ConfluenceError):
    """The run was told to end while a request waited for its turn; nothing is wrong."""


class UnreachableError(ConfluenceError):
    """No connection: unknown host, refused, no TLS."""

    def __init__(self, message: str, *, can_pass: bool = True) -> None:
        super().__init__(message)
        self.can_pass = can_pass


class BrokenAnswerError(ConfluenceError):
    """An answer began or was awaited, and did not come whole: timed out, reset, cut off."""

    can_pass = True


class SlowAnswerError(BrokenAnswerError):
    """The answer timed out: a smaller question may be answered in time."""


class TooBigError(BrokenAnswerError):
    """The answer is larger than this program is willing to hold in memory."""

    can_pass = False


class AnswerError(ConfluenceError):
    """An HTTP status that is not a success."""

    def __init__(
        self, message: str, status: int, said: str, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.said = said  # the server's own words, one line
        self.retry_after = retry_after

    @property
    def can_pass(self) -> bool:  # type: ignore[override]
        return self.status in (429, 500, 502, 503, 504)


class PageError(Exception):
    """One page cannot be had, while the site and the credentials are fine: others can."""


class PageGoneError(PageError):
    """A page that was listed a moment ago is not there, not current or not readable now."""


def asks_too_much(error: ConfluenceError) -> bool:
    """Whether a smaller question may fare better: 500, 504, a time-out, too big an answer."""
    if isinstance(error, AnswerError):
        return error.status in (500, 504)
    return isinstance(error, SlowAnswerError | TooBigError)


def to_credentials_error(error: AnswerError, settings: Settings) -> CredentialsError:
    """A refusal in words that say what to do."""
    return CredentialsError(f"{error}. {_advise(error, settings)}")


def _advise(error: AnswerError, settings: Settings) -> str:
    if "scope does not match" in error.said:
        return f"The token lacks a scope; it needs {SCOPES}"
    is_gateway = settings.conf_base_url.startswith(GATEWAY)
    if error.status == 404:
        return (
            "No Confluence answers there, or not to this token: check "
            + ("CONF_CLOUD_ID" if is_gateway else "CONF_BASE_URL")
            + " and whether the token has expired or was revoked"
        )
    if error.status == 401 and "/ex/confluence/" not in settings.conf_base_url:
        return (
            "Check CONF_USER and CONF_API_TOKEN; tokens with scopes and tokens of service accounts "
            "work through the gateway only: set CONF_CLOUD_ID instead of CONF_BASE_URL"
        )
    return (
        "The token may have expired (they last a year at most) or been revoked, or belong to "
        "another account: check CONF_USER, CONF_API_TOKEN and CONF_AUTH"
    )


def to_failure(error: Exception, what: str, host: str) -> ConfluenceError:
    """Why no whole answer came, in words that name the host but not the query."""
    causes = _causes(error)
    if type(error) is OSError and error.errno is None:  # requests raises no other plain one
        return UnreachableError("there is no file that REQUESTS_CA_BUNDLE names", can_pass=False)
    for kind, reason, can_pass in _NO_CONNECTION:
        if found := next((cause for cause in causes if isinstance(cause, kind)), None):
            is_passing = can_pass or getattr(found, "errno", None) == socket.EAI_AGAIN
            return UnreachableError(f"{host}: {reason}", can_pass=is_passing)
    if any(isinstance(cause, _TIMED_OUT) for cause in causes):
        return SlowAnswerError(f"{what} at {host}: no answer in time")
    if isinstance(error, ValueError):
        return ConfluenceError(f"{what} at {host}: the answer's headers are not valid")
    return BrokenAnswerError(f"{what} at {host}: the connection broke")


_NO_CONNECTION: tuple[tuple[type[Exception], str, bool], ...] = (  # the first that fits
    (
        requests.exceptions.SSLError,
        "no trusted TLS connection (REQUESTS_CA_BUNDLE names private CAs)",
        False,
    ),
    (socket.gaierror, "unknown host", False),
    (ConnectionRefusedError, "connection refused", True),
    (requests.exceptions.ProxyError, "the proxy did not let it through", True),
    (requests.ConnectTimeout, "no connection in time", True),
    (requests.exceptions.InvalidURL, "the address is not valid", False),
    (requests.exceptions.InvalidHeader, "the credentials cannot be sent in a header", False),
)
_TIMED_OUT = (TimeoutError, requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)


def _causes(error: BaseException) -> list[BaseException]:
    """The errors inside an error: requests wraps urllib3's, which wraps the socket's."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(found) < 20:
        one = queue.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found
