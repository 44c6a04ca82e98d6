"""The transport that the HTTP sinks share: one session to one server, and what its errors mean.

Only requests that change nothing, or nothing more when repeated, are retried here. An insert is
sent once: its error says whether the chunks can be sent again or have to be looked for first.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    wait_exponential_jitter,
)

from pipeline.settings import Secret
from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertThrottledError,
    InsertUnclearError,
    VectorApiError,
)
from pipeline.upsert.reasons import (
    LONGEST_TEXT,
    drop_echo,
    is_html,
    shorten,
    to_error_text,
    to_reason,
    to_seconds,
)

CONNECT_SECONDS, READ_SECONDS = 10.0, 300.0  # an insert of 100 chunks is embedded while we wait
ATTEMPTS = 6  # waits of 1, 2, 4, 8, 16 seconds: a server that restarts is back by then
FIRST_ATTEMPTS = 3  # while it has never answered: more likely a wrong address than a restart
REFUSING = (401, 403, 405, 407, 426, 501)  # no other chunk would fare better


class AnswerError(VectorApiError):
    """The server answered, with an HTTP status that is not a success."""

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after  # seconds


class NoAnswerError(VectorApiError):
    """No usable answer: refused, reset, timed out, cut off, not JSON."""

    def __init__(self, message: str, *, can_pass: bool = True, was_sent: bool = True) -> None:
        super().__init__(message)
        self.can_pass = can_pass  # whether asking again may help
        self.was_sent = was_sent  # whether the server may be at work on it


class _Bearer(requests.auth.AuthBase):
    """Sends the token; being set, it also keeps requests from taking one out of a .netrc."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class Api:
    """Requests to one server, below its base URL and nowhere else. Safe to use from threads.

    Paths start with `/v1/…`; variable parts go through `to_segment`. Every method returns the
    decoded JSON (None for an empty answer) and raises `VectorApiError` with one clear line.
    """

    def __init__(
        self,
        base_url: str,
        token: Secret,
        *,
        attempts: int = ATTEMPTS,
        read_seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.requests = 0
        self._token = token
        self._timeout = (CONNECT_SECONDS, read_seconds)
        self._attempts, self._has_answered = attempts, False
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.update({"Accept": "application/json"})
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=16, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._retrying = Retrying(
            retry=retry_if_exception(_can_pass),
            stop=self._is_enough,
            wait=_wait,
            sleep=sleep,
            reraise=True,
        )

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """GET, retried."""
        return self._retrying(self._send, "GET", path, params=params)

    def get_text(self, path: str) -> str:
        """GET of a file's content (UTF-8), retried."""
        response: requests.Response = self._retrying(self._answer, "GET", path)
        return response.content.decode("utf-8")

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """A POST that may be repeated without harm (a query, embeddings, a removal), retried."""
        return self._retrying(self._send, "POST", path, json=body)

    def post_once(self, path: str, body: Mapping[str, Any]) -> Any:
        """A POST that makes something: sent once, `VectorApiError` when it fails."""
        return self._send("POST", path, json=body)

    def delete(self, path: str) -> bool:
        """DELETE, retried; False if there was nothing to delete any more."""
        try:
            self._retrying(self._send, "DELETE", path)
        except AnswerError as error:
            if error.status in (404, 410):
                return False
            raise
        return True

    def insert(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        unquoted: str = "",
    ) -> Any:
        """A POST that stores chunks, as JSON or as a multipart form: sent once.

        Raises `InsertRejectedError` (nothing is stored), `InsertThrottledError` (nothing is
        stored, send it again later), `InsertUnclearError` (look first) or `VectorApiError` (the
        server serves nobody like us). `files` is field name → (file name, content, type).
        Errors repeat nothing of what is sent, nor of `unquoted`, which was sent before.
        """
        try:
            content = {"json": body, "data": fields, "files": files}
            return self._send("POST", path, unquoted, **content)
        except AnswerError as error:
            if error.status in REFUSING or error.status < 400:
                raise
            if error.status == 429:
                raise InsertThrottledError(str(error), error.retry_after) from None
            if error.status < 500 and error.status != 408:
                raise InsertRejectedError(str(error)) from None
            raise InsertUnclearError(
                str(error), error.retry_after, still_at_work=error.status in (408, 502, 504)
            ) from None
        except NoAnswerError as error:
            raise InsertUnclearError(str(error), still_at_work=error.was_sent) from None

    def open_tls(self) -> ssl.SSLContext:
        """What another client needs to verify this server as we do: the CAs that
        REQUESTS_CA_BUNDLE names, else the usual ones."""
        merged = self._session.merge_environment_settings(self.base_url, {}, None, None, None)
        named = merged["verify"]
        path = requests.utils.DEFAULT_CA_BUNDLE_PATH if named is True else str(named)
        try:
            if Path(path).is_dir():
                return ssl.create_default_context(capath=path)
            return ssl.create_default_context(cafile=path)
        except OSError as error:
            reason = error.strerror or "no certificates"
            raise VectorApiError(f"REQUESTS_CA_BUNDLE={path}: {reason}") from None

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def _answer(
        self, method: str, path: str, unquoted: str = "", **content: Any
    ) -> requests.Response:
        """One request, sent once: the answer of a success, else `VectorApiError`."""
        with self._lock:
            self.requests += 1
        what = f"{method} {self.base_url}{path}"
        try:
            # Redirects stay off: they would carry the token to wherever the answer points.
            response = self._session.request(
                method,
                self.base_url + path,
                timeout=self._timeout,
                allow_redirects=False,
                **content,
            )
        except OSError as error:  # as all of requests' errors are, and that of a missing CA file
            reason = to_reason(error, urlsplit(self.base_url).hostname or "")
            raise NoAnswerError(
                f"{what}: {reason.text}", can_pass=reason.can_pass, was_sent=reason.was_sent
            ) from None
        self._has_answered = True
        if not 200 <= response.status_code < 300:
            advice = self._to_advice(response, [unquoted, content])
            raise AnswerError(
                f"{what}: HTTP {response.status_code}{advice}",
                response.status_code,
                to_seconds(response.headers.get("Retry-After", "")),
            )
        return response

    def _send(self, method: str, path: str, unquoted: str = "", **content: Any) -> Any:
        response = self._answer(method, path, unquoted, **content)
        if not response.content.strip():
            return None
        try:
            return response.json()
        except ValueError:
            kind = "an HTML page" if is_html(response) else "something that is not JSON"
            raise NoAnswerError(
                f"{method} {self.base_url}{path}: HTTP {response.status_code} with {kind}; "
                "is the base URL that of the API, and not of a web page or a login?",
                can_pass=False,
            ) from None

    def _is_enough(self, state: RetryCallState) -> bool:
        most = self._attempts if self._has_answered else min(self._attempts, FIRST_ATTEMPTS)
        return state.attempt_number >= most

    def _to_advice(self, response: requests.Response, sent: object) -> str:
        if response.status_code == 401 and not self._token:
            return ": it wants a token (VECTOR_API_TOKEN)"
        said = self.quote(to_error_text(response), sent)
        refused = "it refuses the token (VECTOR_API_TOKEN)"
        parts = [refused, said] if response.status_code in (401, 403) else [said]
        return "".join(f": {part}" for part in parts if part)

    def quote(self, text: str, sent: object = None) -> str:
        """A server's words in one line, without the token and without the texts it was sent."""
        shown = text.replace(self._token.reveal(), "***") if self._token else text
        return shorten(drop_echo(shown[: 2 * LONGEST_TEXT], sent))


def to_segment(identifier: str) -> str:
    """An identifier as one segment of a path, whatever characters it has."""
    return quote(identifier, safe="")


def _can_pass(error: BaseException) -> bool:
    if isinstance(error, NoAnswerError):
        return error.can_pass
    return isinstance(error, AnswerError) and (error.status in (408, 429) or error.status >= 500)


_backoff = wait_exponential_jitter(initial=1, max=30, jitter=0.5)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, AnswerError) else None
    return _backoff(state) if asked is None else asked
