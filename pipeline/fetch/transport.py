"""GET requests to one Confluence site: retried, paged, bounded in size and time."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

import requests

from pipeline.fetch.addresses import to_next, to_site_url
from pipeline.fetch.cooldown import Cooldown
from pipeline.fetch.errors import (
    BrokenAnswerError,
    ConfluenceError,
    ForeignAnswerError,
    StatusError,
    UnreachableError,
    to_no_answer_error,
)
from pipeline.fetch.rows import Json
from pipeline.http import (
    NO_ANSWER,
    PROXY_LOGIN,
    BasicAuth,
    BearerAuth,
    RequestError,
    Retries,
    RetryPolicy,
    Waiting,
    open_session,
    quote,
    read_answer,
    to_cause,
    to_error_text,
    to_moment,
    to_redirect_text,
    to_retry_after,
    warn_of_plain_http,
)
from pipeline.settings import Settings

log = logging.getLogger(__name__)

Params = Mapping[str, str | int]
IsFinal = Callable[[RequestError], bool]
_EMPTY_ANSWERS = 200  # in a row, each with a next link: no real list does that
_MOST_AHEAD = timedelta(days=3_650)  # a clock that is further off is none
_JSON = "application/json"
REFUSALS = (401, 403, 404)  # of an account; each may be a gateway's that restarts
_SECOND_QUESTION = 2  # asked as long after a refusal as after this many failed attempts


def never(_error: RequestError) -> bool:
    """Return False: an `IsFinal` for what has no other way."""
    return False


class Transport:
    """Requests to one site. Safe to use from several threads.

    Paths begin with `/wiki/`. Every method raises `ConfluenceError` with one line that names the
    request and what came back, without secrets and without page text.
    """

    def __init__(self, settings: Settings, waiting: Waiting, retry: RetryPolicy) -> None:
        self.requests: int = 0
        self.own_address = ""  # what the site calls itself, learned from the answers
        self.clock_ahead = timedelta()  # the site's clock minus ours, learned from the answers
        self._settings, self._retry = settings, retry
        self._root = settings.conf_base_url
        self._lock = threading.Lock()
        self._waiting, self._cooldown = waiting, Cooldown(waiting)
        self._retries = Retries(retry, waiting.pause, self._cooldown.wait, self._cool_down)
        self._session = _open_session(settings)
        warn_of_plain_http("CONF_BASE_URL", self._root)

    @property
    def site_url(self) -> str:
        """The base of links for people: CONF_SITE_URL, else what the answers show."""
        return self._settings.conf_site_url or self.own_address

    def get(
        self,
        path: str,
        params: Params | None = None,
        is_final: IsFinal = never,
        doubted: Collection[int] = (401,),
        share_of_time: float = 1.0,
    ) -> Json:
        """Return the answer's JSON object. An error that `is_final` is not retried.

        A refusal with one of the `doubted` statuses is an error only if it is repeated. The answer
        is waited for as long as `share_of_time` of the usual time.
        """
        return self._get(_join(path, params), is_final, doubted, share_of_time)[0]

    def get_redirect(self, path: str) -> str:
        """Return where the site redirects one request; it is not followed.

        An answer that is no redirect is an error.
        """
        return self._repeat(partial(self._ask_for_redirect, path), never, (401,))

    def list_answers(
        self, path: str, params: Params, is_final: IsFinal = never, share_of_time: float = 1.0
    ) -> Iterator[list[Json]]:
        """Yield the rows of each page of a list, until no next link is left.

        Rows may repeat. A list that breaks off raises an error. An error that `is_final` is not
        retried: its caller has another way. A refusal is an error only if it is repeated.
        """
        target, seen, empty = _join(path, params), set[str](), 0
        while target:
            seen.add(target)
            answer, link = self._get(target, is_final, REFUSALS, share_of_time)
            rows = answer.get("results")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ConfluenceError(f"GET {path}: expected a list of results, got none")
            yield rows
            target = to_next(link, answer, params, self._settings) if link else ""
            empty = 0 if rows else empty + 1
            if target in seen or empty > _EMPTY_ANSWERS:
                raise ConfluenceError(f"GET {path}: endless list: a repeated cursor")

    def list_rows(self, path: str, params: Params) -> Iterator[Json]:
        """Yield the rows of a list; they may repeat. See `list_answers`."""
        for rows in self.list_answers(path, params):
            yield from rows

    def pause_after_refusal(self, refusal: str) -> None:
        """Wait before what was refused is asked for a second time."""
        wait = self._retry.to_wait(_SECOND_QUESTION)
        log.warning("%s; asking a second time in %.1f s", refusal, wait.seconds)
        self._waiting.pause(wait.seconds)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _get(
        self, target: str, is_final: IsFinal, doubted: Collection[int], share_of_time: float
    ) -> tuple[Json, str]:
        return self._repeat(partial(self._ask, target, share_of_time), is_final, doubted)

    def _repeat[Answer](
        self, call: Callable[[], Answer], is_final: IsFinal, doubted: Collection[int]
    ) -> Answer:
        ask = partial(self._retries.run, call, is_final)
        try:
            return ask()
        except StatusError as error:
            if error.status not in doubted:
                raise
            self.pause_after_refusal(str(error))
        return ask()

    def _ask(self, target: str, share_of_time: float) -> tuple[Json, str]:
        """Send one request; return the answer's JSON object and its next link or ""."""
        what = _name(target)
        response, body = self._receive(target, share_of_time)
        if response.status_code != 200:
            raise self._to_status_error(response, body, what)
        answer = self._to_object(response, body, what)
        if moment := to_moment(response.headers.get("Date", "")):
            ahead = moment - datetime.now(UTC)
            self.clock_ahead = ahead if abs(ahead) < _MOST_AHEAD else self.clock_ahead
        links = answer.get("_links")
        links = links if isinstance(links, dict) else {}
        self.own_address = self.own_address or to_site_url(links.get("base"))
        link = links.get("next")
        return answer, str(link or response.links.get("next", {}).get("url", ""))

    def _ask_for_redirect(self, target: str) -> str:
        response, body = self._receive(target, 1.0)
        location = response.headers.get("Location", "")
        if 300 <= response.status_code < 400 and location:
            return location
        if response.status_code != 200:
            raise self._to_status_error(response, body, _name(target))
        raise ForeignAnswerError(f"{_name(target)}: expected a redirect to another host, got none")

    def _receive(self, target: str, share_of_time: float) -> tuple[requests.Response, bytes]:
        """Send one request; return the answer, whatever its status, and its body."""
        what, retry = _name(target), self._retry
        is_usual = share_of_time >= 1
        seconds = retry.answer_seconds if is_usual else share_of_time * retry.read_seconds
        try:
            response, body = self._waiting.answer(partial(self._exchange, target, seconds), seconds)
        except NO_ANSWER as error:
            cause, host = to_cause(error), urlsplit(self._root).netloc
            raise to_no_answer_error(cause, f"{what} at {host}: {cause.text}") from None
        log.debug("%s: %d, %d bytes", what, response.status_code, len(body))
        return response, body

    def _exchange(self, target: str, seconds: float) -> tuple[requests.Response, bytes]:
        with self._lock:
            self.requests += 1
        connect_seconds, read_seconds = self._retry.timeout
        timeout = (min(connect_seconds, seconds), min(read_seconds, seconds))
        with self._session.get(self._root + target, timeout=timeout, stream=True) as response:
            if response.status_code != 200 or _to_kind(response) == _JSON:
                self._retries.has_answered = True
            return response, read_answer(response, seconds)

    def _to_status_error(
        self, response: requests.Response, body: bytes, what: str
    ) -> ConfluenceError:
        status, mask = response.status_code, self._settings.mask
        if 300 <= status < 400:
            redirect = to_redirect_text(response.headers.get("Location", ""), mask)
            return ConfluenceError(
                f"{what}: {redirect}; check CONF_BASE_URL (a login page does not accept tokens)"
            )
        if status == 407:
            return UnreachableError(f"{what}: {PROXY_LOGIN}", can_pass=False)
        # What is refused holds no page's text: a proxy's or an allowlist's sentence is shown whole.
        is_refusal = status in (401, 403)
        only = None if is_refusal else ("message", "errors", "errorMessages")
        text = to_error_text(body, mask, only=only)
        message = f"{what}: HTTP {status}" + (f" ({text})" if text else "")
        return StatusError(message, status, text, to_retry_after(response.headers), what)

    def _to_object(self, response: requests.Response, body: bytes, what: str) -> Json:
        """Return the body as a JSON object; anything else is an error that names what it is."""
        if (kind := _to_kind(response)) != _JSON:
            shown = quote(kind, self._settings.mask)[:60] or "an unknown type"
            raise ForeignAnswerError(
                f"{what}: expected JSON, got {shown}: a login page or a proxy may have answered; "
                "check CONF_BASE_URL; tokens with scopes need the gateway (CONF_CLOUD_ID)"
            )
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise BrokenAnswerError(f"{what}: the JSON is cut off or invalid") from None
        if not isinstance(answer, dict):
            raise ConfluenceError(f"{what}: expected a JSON object, got {type(answer).__name__}")
        return answer

    def _cool_down(self, error: RequestError, seconds: float) -> None:
        """Make every thread wait if the site throttles one."""
        if isinstance(error, StatusError) and (error.status == 429 or error.retry_after):
            self._cooldown.extend(seconds)


def _open_session(settings: Settings) -> requests.Session:
    token = settings.conf_api_token
    is_bearer = settings.conf_auth == "bearer"
    auth = BearerAuth(token) if is_bearer else BasicAuth(settings.conf_user, token)
    return open_session(auth, pool_size=settings.workers + 1)


def _to_kind(response: requests.Response) -> str:
    """Return the type of the answer's content; every kind of JSON is the same."""
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    return _JSON if kind.endswith("+json") else kind


def _name(target: str) -> str:
    return f"GET {urlsplit(target).path}"


def _join(path: str, params: Params | None) -> str:
    return f"{path}?{urlencode(params)}" if params else path
