"""What may be shown of a message or an error: on one line, and nothing of a page's text."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LONGEST_CHAIN = 10  # errors that came out of each other


def to_printable(text: str) -> str:
    """The text on one line: control characters and bidirectional overrides become escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def to_json_line(told: Any) -> str:
    """JSON on one line; of characters beyond ASCII, those that can be seen stay as they are."""
    text = json.dumps(told, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def to_masked(told: Any, mask: Callable[[str], str]) -> Any:
    """The same with every text in it masked: of mappings the values, of lists the entries."""
    if isinstance(told, str):
        return mask(told)
    if isinstance(told, dict):
        return {name: to_masked(value, mask) for name, value in told.items()}
    return [to_masked(one, mask) for one in told] if isinstance(told, list) else told


def to_short(error: BaseException) -> str:
    """An error nobody expected, for a report: its kind and its place, or our own words."""
    if _is_discreet(error):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


def to_traceback(error: BaseException, *, quotes: bool) -> list[str]:
    """The traceback's lines, cause first.

    The messages of errors that are not ours may quote a page's text, so they come with `quotes`
    only.
    """
    chain: list[tuple[BaseException, str]] = [(error, "")]
    while len(chain) < _LONGEST_CHAIN and (above := _above(chain[-1][0])):
        chain.append(above)
    lines: list[str] = []
    for one, link in reversed(chain):
        lines += "".join(traceback.format_tb(one.__traceback__)).splitlines()
        lines += _to_heading(one, quotes=quotes).splitlines()
        lines += [link] if link else []
    return lines


def _above(error: BaseException) -> tuple[BaseException, str] | None:
    """What an error came out of, and how."""
    if error.__cause__ is not None:
        return error.__cause__, "which caused:"
    if error.__context__ is not None and not error.__suppress_context__:
        return error.__context__, "while that was handled:"
    return None


def _to_heading(error: BaseException, *, quotes: bool) -> str:
    if quotes or _is_discreet(error):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}: {error.filename}"
    return type(error).__name__


def _is_discreet(error: BaseException) -> bool:
    """Whether the message is one of ours, which quote no page."""
    return type(error).__module__.startswith("pipeline.")
