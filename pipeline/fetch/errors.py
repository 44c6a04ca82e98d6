"""The errors of Confluence, and what to check when the credentials are refused."""

from __future__ import annotations

from pipeline.http import Cause, RequestError, is_passing_status
from pipeline.settings import GATEWAY, Settings

SCOPES = (  # for pages
    "read:page:confluence read:space:confluence read:folder:confluence "
    "read:hierarchical-content:confluence search:confluence read:confluence-user"
)
SCOPE_BY_WORD = {  # of a route, as Confluence's OpenAPI documents have it
    "current": "read:confluence-user",
    "bulk": "read:confluence-user",
    "search": "search:confluence",
    "spaces": "read:space:confluence",
    "pages": "read:page:confluence",
    "blogposts": "read:page:confluence",
    "folders": "read:folder:confluence",
    "descendants": "read:hierarchical-content:confluence",
    "ancestors": "read:content.metadata:confluence",
    "footer-comments": "read:comment:confluence",
    "inline-comments": "read:comment:confluence",
    "attachments": "read:attachment:confluence",
    "download": "readonly:content.attachment:confluence",
    "restriction": "read:content-details:confluence",
}


class ConfluenceError(RequestError):
    """Confluence is unreachable, or keeps failing. Exit 4."""


class CredentialsError(ConfluenceError):
    """The credentials are rejected, or what was requested is not visible to them. Exit 3."""


class UnreachableError(ConfluenceError):
    """No connection, or none that can be used: unknown host, refused, no TLS."""

    def __init__(self, message: str, *, can_pass: bool = True) -> None:
        super().__init__(message)
        self.can_pass = can_pass


class BrokenAnswerError(ConfluenceError):
    """An answer did not arrive whole: timed out, reset, cut off."""

    can_pass = True


class SlowAnswerError(BrokenAnswerError):
    """The answer timed out: a smaller question may be answered in time."""


class ForeignAnswerError(BrokenAnswerError):
    """The answer is not the API's: a log-in or maintenance page, which may pass."""


class TooBigError(BrokenAnswerError):
    """The answer is larger than this program holds in memory."""

    can_pass = False


class StatusError(ConfluenceError):
    """An HTTP status that is not a success."""

    def __init__(
        self,
        message: str,
        status: int,
        text: str,
        retry_after: float | None = None,
        request: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.request = request  # `GET <path>`
        self.text = text  # the server's own message, one line
        self.retry_after = retry_after
        self.can_pass = is_passing_status(status)
        self.lacks_scope = status == 401 and "scope does not match" in text  # the token


class PageError(Exception):
    """One page or file cannot be fetched, while the site and the credentials work."""


class GoneError(PageError):
    """The page is not there, not current or not readable any more, in whatever format."""


def asks_too_much(error: RequestError) -> bool:
    """Return whether a smaller question may succeed: 500, 504, a time-out, too big an answer."""
    if isinstance(error, StatusError):
        return error.status in (500, 504)
    return isinstance(error, SlowAnswerError | TooBigError)


def is_failure(error: RequestError) -> bool:
    """Return whether the site fails to answer, and does not only ask to come back later."""
    return not (isinstance(error, StatusError) and error.status == 429)


def to_no_answer_error(cause: Cause, message: str) -> ConfluenceError:
    """Return the error for a request that got no answer, or none that can be used."""
    if cause.is_too_big:
        return TooBigError(message)
    if not (cause.was_sent and cause.can_pass):
        return UnreachableError(message, can_pass=cause.can_pass)
    return SlowAnswerError(message) if cause.is_timeout else BrokenAnswerError(message)


def to_credentials_error(error: StatusError, settings: Settings) -> CredentialsError:
    """Return the error for rejected credentials, with what to check."""
    return CredentialsError(f"{error}. {_advise(error, settings)}")


def _advise(error: StatusError, settings: Settings) -> str:
    if error.lacks_scope:
        lacking = to_scope(error.request)
        return f"The token lacks the scope {lacking or 'of this request'}; a run needs {SCOPES}"
    if "ip address" in error.text.lower() or "allowlist" in error.text.lower():
        return (
            "The site accepts listed addresses only: add this machine's, or its proxy's, to the IP "
            "allowlist at admin.atlassian.com"
        )
    is_gateway = settings.conf_base_url.startswith(GATEWAY)
    if error.status == 404:
        return (
            "There is no Confluence site at this address, or the token has no access: check "
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
        "another account, or to one without access to Confluence: check CONF_USER, CONF_API_TOKEN "
        "and CONF_AUTH"
    )


def to_scope(request: str) -> str:
    """Return the scope that `GET <path>` needs; "" for a route that is not known."""
    words = (word for word in reversed(request.split("/")) if word in SCOPE_BY_WORD)
    return SCOPE_BY_WORD.get(next(words, ""), "")
