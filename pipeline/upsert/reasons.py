"""Why a request failed, in words a person can act on: from answers, and from their absence."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import requests

LONGEST_WAIT = 120.0  # seconds, whatever Retry-After says
LONGEST_TEXT = 300  # characters of a server's error text
SHORTEST_ECHO = 20  # characters; validators that shorten what they quote leave 24 of each end
_IDENTIFIER = re.compile(r"[\w.:/@-]*", re.ASCII)


def to_error_text(response: requests.Response) -> str:
    """What the server says went wrong; "" if it says nothing.

    Servers wrap it differently: `{"detail": …}`, `{"error": {"detail": …}}` with a text or a list
    of field errors, `{"error": {"message": …}}`.
    """
    if 300 <= response.status_code < 400:
        target = response.headers.get("Location", "nowhere")
        return f"redirects to {target}; redirects are not followed"
    try:
        return _find_text(response.json())
    except ValueError:
        return "an HTML page" if is_html(response) else response.text[: LONGEST_TEXT * 2]


def to_seconds(retry_after: str) -> float | None:
    """A Retry-After header, seconds or an HTTP date, as seconds from now; bounded."""
    if retry_after.strip().isdigit():
        return min(float(retry_after), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT)


def _find_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, map(_find_text, value[:3])))
    if isinstance(value, dict):
        # A field error also carries the offending input: a body text, not for a log.
        for key in ("message", "msg", "detail", "errors", "error", "title"):
            if text := _find_text(value.get(key)):
                place = value.get("loc")
                where = ".".join(map(str, place)) + ": " if isinstance(place, list) else ""
                return where + text
    return ""


def drop_echo(said: str, sent: object) -> str:
    """A server's words with … for what they repeat of the texts it was sent: no body text is for
    a log. Identifiers may be repeated."""
    texts = "\n".join(form for text in _list_texts(sent) for form in _to_forms(text))
    is_echo = bytearray(len(said))
    for start in range(len(said) - SHORTEST_ECHO + 1):
        end = start + SHORTEST_ECHO
        if said[start:end] in texts:
            is_echo[start:end] = b"\x01" * SHORTEST_ECHO
    marked = "".join("\0" if echo else one for one, echo in zip(said, is_echo, strict=True))
    return re.sub("\0+", "…", marked)


def _list_texts(sent: object) -> Iterator[str]:
    """Every text in a request's content, however deep, that is more than an identifier."""
    if isinstance(sent, bytes):
        sent = sent.decode("utf-8", "replace")
    if isinstance(sent, str):
        if not _IDENTIFIER.fullmatch(sent):
            yield sent
    elif isinstance(sent, Mapping):
        yield from _list_texts(list(sent.values()))
    elif isinstance(sent, list | tuple):
        for one in sent:
            yield from _list_texts(one)


def _to_forms(text: str) -> tuple[str, ...]:
    """A text as servers write it: as it is, in JSON, in Python."""
    as_json = (json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return text, *as_json, repr(text)[1:-1]


def shorten(text: str) -> str:
    """A server's words as part of one log line: short, and without control characters."""
    line = re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def is_html(response: requests.Response) -> bool:
    """Whether the body is a page for people, whatever its type says."""
    return response.content[:512].lstrip().lower().startswith((b"<!doctype", b"<html"))


class Reason(NamedTuple):
    """What kept an answer away."""

    text: str
    can_pass: bool  # asking again may help
    was_sent: bool = True  # the server may have the request, and be at work


_REASONS: tuple[tuple[type[Exception], Reason], ...] = (  # the first that fits
    (
        requests.exceptions.SSLError,
        Reason("no trusted TLS connection; REQUESTS_CA_BUNDLE names CAs", can_pass=False),
    ),
    (requests.Timeout, Reason("timed out", can_pass=True)),
    (requests.exceptions.ProxyError, Reason("the proxy did not let it through", can_pass=True)),
    (requests.ConnectionError, Reason("the connection broke", can_pass=True)),
    (requests.exceptions.ChunkedEncodingError, Reason("the answer broke off", can_pass=True)),
)


def to_reason(error: OSError, host: str) -> Reason:
    """What kept the answer away, in words, and what may help."""
    if type(error) is OSError and error.errno is None:  # requests raises no other plain one
        return Reason("there is no file that REQUESTS_CA_BUNDLE names", False, was_sent=False)
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            can_pass = cause.errno == socket.EAI_AGAIN
            return Reason(f"unknown host {host}", can_pass, was_sent=False)
        if isinstance(cause, ConnectionRefusedError):
            return Reason("connection refused", can_pass=True, was_sent=False)
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return Reason(f"could not be sent ({type(error).__name__})", can_pass=False, was_sent=False)


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
