"""The message of an error answer: one bounded line, without secrets and without page text.

Answers are not trusted: everything here is linear in its input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

LONGEST_TEXT = 300  # characters of a server's text
SHORTEST_ECHO = 20  # characters; validators that shorten what they quote leave 24 of each end
DEEPEST_TEXT = 8  # levels of JSON
_TEXT_KEYS = ("message", "msg", "detail", "errors", "errorMessages", "error", "title")
_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_IDENTIFIER = re.compile(r"[\w.:/@-]*", re.ASCII)

Mask = Callable[[str], str]  # a text → the text with *** for secrets


def to_error_text(
    body: bytes, mask: Mask, sent: object = None, only: Collection[str] | None = None
) -> str:
    """Return the message of an error answer, for a log line; "" if it has none.

    Servers wrap it differently: `{"errors": [{"title": …}]}` (Confluence v2), `{"message": …}`
    (v1), `{"detail": …}` with a text or a list of field errors (FastAPI), `{"error": {"message":
    …}}` (OpenAI). `sent` is the request's content, of which nothing is repeated. Where an answer
    may contain a page's text, `only` names the top-level fields that may be quoted.
    """
    if is_html(body):
        return "an HTML page"
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "" if only else quote(body.decode("utf-8", "replace"), mask, sent)
    if only:
        fields = value.items() if isinstance(value, dict) else ()
        value = {key: part for key, part in fields if key in only}
    return quote(_find_text(value), mask, sent)


def to_redirect_text(location: str, mask: Mask) -> str:
    """Return where a redirect leads, without its query and credentials."""
    try:
        parts = urlsplit(location)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "redirects to an invalid address, which is not followed"
    origin = f"{parts.scheme or 'https'}://{host}{port}" if host else ""
    return f"redirects to {quote(origin + parts.path, mask) or 'nowhere'}, which is not followed"


def is_html(body: bytes) -> bool:
    """Return whether the body is a page for people, whatever its content type is."""
    return body[:512].lstrip().lower().startswith((b"<!doctype", b"<html"))


def quote(text: str, mask: Mask, sent: object = None) -> str:
    """Return a server's text on one line: bounded, masked, with … for what it repeats of `sent`."""
    # Masked before it is cut: half a secret would not be recognized.
    masked = mask(text)[: 2 * LONGEST_TEXT]
    line = _CONTROLS.sub(" ", _drop_echo(masked, sent)).strip()
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def _find_text(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth == DEEPEST_TEXT:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_find_text(part, depth + 1) for part in value[:3])))
    if isinstance(value, dict):
        # A field error also carries the offending input: a page's text, not for a log.
        for key in _TEXT_KEYS:
            if text := _find_text(value.get(key), depth + 1):
                place, title = value.get("loc"), value.get("title")
                if isinstance(place, list):
                    return ".".join(map(str, place)) + ": " + text
                has_title = key == "detail" and isinstance(title, str) and title
                return f"{title}: {text}" if has_title else text
    return ""


def _drop_echo(text: str, sent: object) -> str:
    """Return a bounded text with … for what it repeats of the texts sent, except identifiers."""
    haystack = "\n".join(form for part in _list_texts(sent) for form in _to_forms(part))
    is_echo = bytearray(len(text))
    for start in range(len(text) - SHORTEST_ECHO + 1):
        end = start + SHORTEST_ECHO
        if text[start:end] in haystack:
            is_echo[start:end] = b"\x01" * SHORTEST_ECHO
    marked = "".join("\0" if echo else sign for sign, echo in zip(text, is_echo, strict=True))
    return re.sub("\0+", "…", marked)


def _list_texts(sent: object) -> Iterator[str]:
    """Yield every text in a request's content, however deep, that is more than an identifier."""
    if isinstance(sent, bytes):
        sent = sent.decode("utf-8", "replace")
    if isinstance(sent, str):
        if not _IDENTIFIER.fullmatch(sent):
            yield sent
    elif isinstance(sent, Mapping):
        yield from _list_texts(list(sent.values()))
    elif isinstance(sent, list | tuple):
        for part in sent:
            yield from _list_texts(part)


def _to_forms(text: str) -> tuple[str, ...]:
    """Return a text as servers write it: as it is, in JSON, in Python."""
    as_json = (json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return text, *as_json, repr(text)[1:-1]
