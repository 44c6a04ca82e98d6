"""Requests to one vector server, and what their failures mean for an insert.

Only requests that change nothing, or nothing more when repeated, are retried here. An insert is
sent once: its error shows whether the chunks can be sent again or have to be looked for first.
"""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote as to_quoted

import requests

from pipeline.http import (
    NO_ANSWER,
    PROXY_LOGIN,
    VECTOR_RETRY,
    BearerAuth,
    CaBundleError,
    Cause,
    RequestError,
    Retries,
    RetryPolicy,
    Waiting,
    is_html,
    is_passing_status,
    open_session,
    open_tls,
    quote,
    read_answer,
    to_cause,
    to_error_text,
    to_redirect_text,
    to_retry_after,
)
from pipeline.settings import Secret, mask
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    TooLongError,
    VectorApiError,
)
from pipeline.upsert.server.answer import Fields, FormError, to_answer
from pipeline.upsert.server.refusals import find_limit, says_too_long

log = logging.getLogger(__name__)

POOL_SIZE = 32  # idle connections, as many as requests at a time
LONGEST_REASON = 10_000  # bytes of an answer that are read
# Seconds that a request may continue once the run ends: then its result is known to the next run.
TO_STORE, TO_DELETE = 12.0, 18.0
REFUSING = (401, 403, 405, 407, 426, 501)  # no other chunk would fare better


class AnswerError(VectorApiError, RequestError):
    """The server answered with an HTTP status that is not a success."""

    def __init__(
        self, message: str, status: int, retry_after: float | None = None, answer: str = ""
    ) -> None:
        """`answer` is the server's text, of which the message repeats only a part."""
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        # For the embedding model; llama.cpp answers 500 to it.
        self.is_too_long = status in (400, 413, 422, 500) and says_too_long(answer)
        self.limit = find_limit(answer) if self.is_too_long else None  # its tokens, if named
        self.can_pass = is_passing_status(status) and not self.is_too_long


class NoAnswerError(VectorApiError, RequestError):
    """No usable answer: refused, reset, timed out, cut off, not JSON.

    A page in place of JSON may be a proxy's while the server restarts: it is retried.
    """

    def __init__(self, message: str, cause: Cause) -> None:
        super().__init__(message)
        self.can_pass = cause.can_pass
        self.was_sent = cause.was_sent  # the server may be working on it


class Api:
    """Requests to one server, below its base URL. Safe to use from several threads.

    Paths start with `/v1/…`; variable parts go through `to_segment`. Every method returns the
    JSON's object, empty for an empty answer, and raises `VectorApiError` with one clear line.
    """

    def __init__(
        self,
        base_url: str,
        token: Secret,
        retry: RetryPolicy | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.waiting = waiting or Waiting()
        self.requests = 0
        self._token = token
        self._retry = retry or VECTOR_RETRY
        self._retries = Retries(self._retry, self.waiting.pause)
        self._lock = threading.Lock()
        self._session = open_session(BearerAuth(token), POOL_SIZE)

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Fields:
        """Send a GET, retried."""
        return self._retries.run(partial(self._send, "GET", path, params=params))

    def get_text(self, path: str) -> str:
        """Return a file's content (UTF-8); retried."""
        return self._retries.run(partial(self._answer, "GET", path))[1].decode("utf-8")

    def post(self, path: str, body: Mapping[str, Any]) -> Fields:
        """Send a POST that may be repeated (a query, embeddings, a removal), retried."""
        return self._retries.run(partial(self._send, "POST", path, json=body))

    def post_once(self, path: str, body: Mapping[str, Any]) -> Fields:
        """Send a POST that creates something, or that may well fail, once."""
        return self._send("POST", path, finish_seconds=TO_STORE, json=body)

    def delete(self, path: str) -> bool:
        """Send a DELETE, retried; return False for what is gone already (404, 410)."""
        try:
            self._retries.run(partial(self._send, "DELETE", path, finish_seconds=TO_DELETE))
        except AnswerError as error:
            if error.status not in (404, 410):
                raise
            return False
        return True

    def insert(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        unquoted: str = "",
    ) -> Fields:
        """Send a POST that stores chunks, as JSON or as a multipart form, once.

        Raises the errors of `insert_errors`. `files` is field name → (file name, content, type).
        Errors repeat nothing of what is sent, nor of `unquoted`, which was sent before.
        """
        with insert_errors():
            return self._send("POST", path, unquoted, TO_STORE, json=body, data=fields, files=files)

    def open_tls(self) -> ssl.SSLContext:
        """Return the context by which another client verifies this server as we do."""
        try:
            return open_tls(self._session, self.base_url)
        except CaBundleError as error:
            raise VectorApiError(str(error)) from None

    def has_newer_token(self, rejected: str) -> bool:
        """Return whether there is another token than the rejected one: its file is read again."""
        try:
            self._token.reload()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it does not hold a token"
            log.warning("VECTOR_API_TOKEN_FILE cannot be read again: %s", reason)
        return self._token.reveal() != rejected

    def quote(self, text: str, sent: object = None) -> str:
        """Return a server's text on one line, without the token and what it repeats of `sent`."""
        return quote(text, self.mask, sent)

    def mask(self, text: str) -> str:
        """Return the text with *** for the token."""
        return mask(text, self._token.reveal_all())

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _answer(
        self,
        method: str,
        path: str,
        unquoted: str = "",
        finish_seconds: float = 0.0,
        **content: Any,
    ) -> tuple[int, bytes]:
        """Send one request, once; return the answer's status and body if it is a success."""
        what, token = f"{method} {self.base_url}{path}", self._token.reveal()
        exchange = partial(self._exchange, method, self.base_url + path, **content)
        seconds = self._retry.answer_seconds
        try:
            response, body = self.waiting.answer(exchange, seconds, finish_seconds)
        except NO_ANSWER as error:
            cause = to_cause(error)
            raise NoAnswerError(f"{what}: {cause.text}", cause) from None
        status = response.status_code
        if status == 401 and self.has_newer_token(token):  # nothing of it was done
            return self._answer(method, path, unquoted, finish_seconds, **content)
        if not 200 <= status < 300:
            sent = [unquoted, content]
            raise self.to_answer_error(what, status, response.headers, body, sent)
        return status, body

    def _exchange(self, method: str, url: str, **content: Any) -> tuple[requests.Response, bytes]:
        """Send one request; return the answer, whatever its status, and its body."""
        with self._lock:
            self.requests += 1
        timeout, seconds = self._retry.timeout, self._retry.answer_seconds
        with self._session.request(
            method, url, timeout=timeout, stream=True, **content
        ) as response:
            body = read_answer(response, seconds)
            if not (response.ok and is_html(body)):
                self._retries.has_answered = True
            return response, body

    def _send(
        self,
        method: str,
        path: str,
        unquoted: str = "",
        finish_seconds: float = 0.0,
        **content: Any,
    ) -> Fields:
        status, body = self._answer(method, path, unquoted, finish_seconds, **content)
        if method == "DELETE" or not body.strip():
            return Fields({}, f"{method} {path}")
        try:
            return to_answer(json.loads(body), f"{method} {path}")
        except (ValueError, RecursionError) as error:
            kind = "an HTML page" if is_html(body) else "something that is not JSON"
            kind = str(error) if isinstance(error, FormError) else kind
            raise NoAnswerError(
                f"{method} {self.base_url}{path}: HTTP {status} with {kind}; check "
                "that the base URL is the API's and not a web page's or a login's",
                Cause(kind),
            ) from None

    def to_answer_error(
        self, what: str, status: int, headers: Mapping[str, str], body: bytes, sent: object
    ) -> AnswerError:
        """Return the error for an answer that is not a success; `what` names the request."""
        if 300 <= status < 400:
            texts = [to_redirect_text(headers.get("Location", ""), self.mask)]
        else:
            texts = [self._to_advice(status), to_error_text(body, self.mask, sent)]
        message = ": ".join(filter(None, (what, f"HTTP {status}", *texts)))
        answer = body[:LONGEST_REASON].decode("utf-8", "replace")
        return AnswerError(message, status, to_retry_after(headers), answer)

    def _to_advice(self, status: int) -> str:
        if status == 407:
            return PROXY_LOGIN
        if status not in (401, 403):
            return ""
        reason = "token rejected" if self._token else "authentication required"
        return f"{reason} (VECTOR_API_TOKEN)"


@contextmanager
def insert_errors() -> Iterator[None]:
    """Turn a failure of the request inside into what it means for the chunks it sent.

    `InsertRejectedError` and `TooLongError`: nothing is stored. `InsertThrottledError`: nothing is
    stored, send it again later. `InsertUnclearError`: look first. `VectorApiError`: no insert can
    succeed.
    """
    try:
        yield
    except AnswerError as error:
        if error.status in REFUSING or error.status < 400:
            raise
        if error.status == 429:
            raise InsertThrottledError(str(error), error.retry_after) from None
        if error.is_too_long:  # nothing is stored: texts are embedded first
            raise TooLongError(str(error)) from None
        if error.status < 500 and error.status != 408:
            raise InsertRejectedError(str(error)) from None
        raise InsertUnclearError(
            str(error), error.retry_after, still_at_work=error.status in (408, 502, 504)
        ) from None
    except NoAnswerError as error:
        raise InsertUnclearError(str(error), still_at_work=error.was_sent) from None


def to_segment(identifier: str) -> str:
    """Return an identifier as one segment of a path, with its special characters escaped."""
    return to_quoted(identifier, safe="")
