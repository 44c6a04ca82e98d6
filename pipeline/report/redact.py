"""What may be shown of a message or an error: one line, no secret, no text of a page."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LONGEST_CHAIN = 10  # errors that caused each other


def to_printable(text: str) -> str:
    """Return the text on one line: control characters and bidirectional overrides are escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def to_json_line(content: Any) -> str:
    """Return JSON on one line; printable characters beyond ASCII are not escaped."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1]
        for character in json.dumps(content, ensure_ascii=False)
    )


def to_masked(content: Any, mask: Callable[[str], str]) -> Any:
    """Return the content with every text masked: values of mappings, entries of lists."""
    if isinstance(content, str):
        return mask(content)
    if isinstance(content, dict):
        return {name: to_masked(value, mask) for name, value in content.items()}
    if isinstance(content, list):
        return [to_masked(entry, mask) for entry in content]
    return content


def to_short(error: BaseException) -> str:
    """Return the kind of an unexpected error and its place; its message only if it is ours."""
    if _is_ours(error):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


def to_traceback(error: BaseException, *, quotes: bool) -> list[str]:
    """Return the lines of the traceback, the first cause first.

    The messages of errors that are not ours may quote a page: they are left out unless `quotes`.
    """
    chain: list[tuple[BaseException, str]] = [(error, "")]
    while len(chain) < _LONGEST_CHAIN and (cause := _to_cause(chain[-1][0])):
        chain.append(cause)
    lines: list[str] = []
    for link, relation in reversed(chain):
        lines += "".join(traceback.format_tb(link.__traceback__)).splitlines()
        lines += _to_heading(link, quotes=quotes).splitlines()
        lines += [relation] if relation else []
    return lines


def _to_cause(error: BaseException) -> tuple[BaseException, str] | None:
    """Return the error that this one was raised from, with their relation in words."""
    if error.__cause__ is not None:
        return error.__cause__, "which caused:"
    if error.__context__ is not None and not error.__suppress_context__:
        return error.__context__, "while that was handled:"
    return None


def _to_heading(error: BaseException, *, quotes: bool) -> str:
    if quotes or _is_ours(error):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}: {error.filename}"
    return type(error).__name__


def _is_ours(error: BaseException) -> bool:
    """Return whether the error is of this project: their messages quote no page."""
    return type(error).__module__.startswith("pipeline.")
