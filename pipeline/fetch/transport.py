"""The transport: GET requests to one Confluence site, retried, paged, and to nowhere else."""

from __future__ import annotations

import base64
import ipaddress
import json
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception

from pipeline.fetch.addresses import to_next, to_site_url
from pipeline.fetch.cooldown import Cooldown, Patience, to_moment, to_retry_after
from pipeline.fetch.errors import (
    AnswerError,
    BrokenAnswerError,
    ConfluenceError,
    SlowAnswerError,
    TooBigError,
    asks_too_much,
    to_failure,
)
from pipeline.settings import Settings

log = logging.getLogger(__name__)

Json = dict[str, Any]
Params = Mapping[str, str | int]
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes: a page of 20 MB and its company fit
_EMPTY_ANSWERS = 200  # in a row, each with a next link: no list is like that
# ValueError: requests looks at Location, even if it is not to follow it.
_UNSENT = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class _Auth(AuthBase):
    """Sends the credentials; being set, it also keeps requests from reading a .netrc."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        settings, token = self._settings, self._settings.conf_api_token.reveal()
        if settings.conf_auth == "bearer":
            request.headers["Authorization"] = f"Bearer {token}"
        else:
            pair = base64.b64encode(f"{settings.conf_user}:{token}".encode()).decode()
            request.headers["Authorization"] = f"Basic {pair}"
        return request


class Transport:
    """Requests to one site. Safe to use from several threads.

    Paths begin with `/wiki/`. Every method raises `ConfluenceError` with one line that says
    what was asked, what came back, and neither secrets nor body text.
    """

    def __init__(self, settings: Settings, stop: threading.Event, patience: Patience) -> None:
        self.requests: int = 0
        self.site_url = settings.conf_site_url  # for people; else learned from the answers
        self.clock_ahead = timedelta()  # the site's clock before ours, learned from the answers
        self._settings, self._patience = settings, patience
        self._root = settings.conf_base_url
        self._lock = threading.Lock()
        self._has_answered = False
        self._cooldown = Cooldown(stop)
        self._session = _open_session(settings)
        parts = urlsplit(self._root)
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            log.warning("%s: plain http sends the API token unencrypted; use https", parts.hostname)

    def get(self, path: str, params: Params | None = None) -> Json:
        """The answer's JSON object."""
        return self._get(_join(path, params))[0]

    def list_answers(
        self, path: str, params: Params, *, splittable: bool = False
    ) -> Iterator[list[Json]]:
        """The rows of each page of a list, until no next link is left.

        Rows may repeat. Breaks off with an error, never with a short list. A `splittable`
        question that asks too much is not repeated: its caller asks a smaller one.
        """
        target, seen, empty = _join(path, params), set[str](), 0
        while target:
            seen.add(target)
            answer, link = self._get(target, splittable)
            rows = answer.get("results")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ConfluenceError(f"GET {path}: expected a list of results, got none")
            yield rows
            target = to_next(link, answer, params, self._settings) if link else ""
            empty = 0 if rows else empty + 1
            if target in seen or empty > _EMPTY_ANSWERS:
                raise ConfluenceError(f"GET {path}: the list leads in a circle: a repeated cursor")

    def list_rows(self, path: str, params: Params) -> Iterator[Json]:
        """Yield the rows of a list; they may repeat. See `list_answers`."""
        for rows in self.list_answers(path, params):
            yield from rows

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def _get(self, target: str, splittable: bool = False) -> tuple[Json, str]:
        def is_worth_it(error: BaseException) -> bool:
            if not isinstance(error, ConfluenceError) or (splittable and asks_too_much(error)):
                return False
            return error.can_pass

        retrying = Retrying(
            retry=retry_if_exception(is_worth_it),
            stop=self._is_enough,
            wait=self._to_wait,
            before_sleep=self._tell_and_cool,
            sleep=self._cooldown.pause,
            reraise=True,
        )
        return retrying(self._ask, target)

    def _ask(self, target: str) -> tuple[Json, str]:
        """One request: the answer's JSON object, and its next link or nothing."""
        self._cooldown.wait()
        with self._lock:
            self.requests += 1
        what = f"GET {urlsplit(target).path}"
        try:
            with self._session.get(
                self._root + target,
                timeout=(self._patience.connect_seconds, self._patience.read_seconds),
                # They would carry the credentials to wherever the answer points.
                allow_redirects=False,
                stream=True,
            ) as response:
                self._has_answered = True
                body = self._read(response, what)
        except _UNSENT as error:
            raise to_failure(error, what, urlsplit(self._root).netloc) from None
        log.debug("%s: %d, %d bytes", what, response.status_code, len(body))
        if response.status_code != 200:
            raise self._to_answer_error(response, body, what)
        answer = _to_object(response, body, what)
        if moment := to_moment(response.headers.get("Date", "")):
            self.clock_ahead = moment - datetime.now(UTC)
        links = answer.get("_links")
        links = links if isinstance(links, dict) else {}
        self.site_url = self.site_url or to_site_url(links.get("base"))
        link = links.get("next")
        return answer, str(link or response.links.get("next", {}).get("url", ""))

    def _read(self, response: requests.Response, what: str) -> bytes:
        """The whole body, bounded in size and time."""
        parts, size = [], 0
        deadline = time.monotonic() + self._patience.answer_seconds
        for part in response.iter_content(256 * 1024):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise TooBigError(f"{what}: the answer is larger than {LARGEST_ANSWER >> 20} MB")
            if time.monotonic() > deadline:
                raise SlowAnswerError(f"{what}: the answer trickled for too long")
            self._cooldown.pause(0)
        return b"".join(parts)

    def _to_answer_error(
        self, response: requests.Response, body: bytes, what: str
    ) -> ConfluenceError:
        status = response.status_code
        if 300 <= status < 400:
            target = urlsplit(response.headers.get("Location", "")).hostname or "another path"
            return ConfluenceError(
                f"{what}: redirects to {self._clean(target)}, which is not followed; check "
                "CONF_BASE_URL (a login in between refuses tokens)"
            )
        said = self._clean(_find_words(body))
        shown = f"{what}: HTTP {status}" + (f" ({said})" if said else "")
        return AnswerError(shown, status, said, to_retry_after(response.headers))

    def _clean(self, text: str) -> str:
        """A server's words in one line; a server that repeats a secret gives it to no log."""
        return _CONTROLS.sub(" ", self._settings.mask(text)).strip()[:200]

    def _is_enough(self, state: RetryCallState) -> bool:
        patience = self._patience
        most = patience.attempts if self._has_answered else patience.first_attempts
        waited = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        return state.attempt_number >= most or waited > patience.total_seconds

    def _to_wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: what the site asked for is the least."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ConfluenceError) else None
        return max(self._patience.backoff(state.attempt_number), asked or 0.0)

    def _tell_and_cool(self, state: RetryCallState) -> None:
        """Before the next attempt: a site that throttles makes every thread wait."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, AnswerError) and (error.status == 429 or error.retry_after):
            self._cooldown.extend(state.upcoming_sleep)
        log.warning("%s: trying again in %.1f s", error, state.upcoming_sleep)


def _open_session(settings: Settings) -> requests.Session:
    session = requests.Session()
    session.auth = _Auth(settings)
    session.headers["Accept"] = "application/json"
    # A session cookie would outlive a revoked token, and is shared by all threads.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    adapter = HTTPAdapter(pool_maxsize=settings.workers + 1, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _join(path: str, params: Params | None) -> str:
    return f"{path}?{urlencode(params)}" if params else path


def _to_object(response: requests.Response, body: bytes, what: str) -> Json:
    """The body as a JSON object; what is none is an error that says what it looks like."""
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ConfluenceError(
            f"{what}: expected JSON, got {_CONTROLS.sub(' ', kind)[:60] or 'an unknown type'}. A "
            "login page or a proxy may stand in between: check CONF_BASE_URL; tokens with scopes "
            "need the gateway (CONF_CLOUD_ID)"
        )
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise BrokenAnswerError(f"{what}: the JSON is cut off or invalid") from None
    if not isinstance(answer, dict):
        raise ConfluenceError(f"{what}: expected a JSON object, got {type(answer).__name__}")
    return answer


def _find_words(body: bytes) -> str:
    """What an error answer says: v2's `errors[].title`, v1's `message`; not a page of HTML."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    errors = answer.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("title", ""))
    return str(answer.get("message") or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
