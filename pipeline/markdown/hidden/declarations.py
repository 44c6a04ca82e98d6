"""Declarations of CSS, such as those of a `style` attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Strings, addresses and comments may hold anything, so they are taken out first.
_OPAQUE = re.compile(
    r"""/\*.*?(?:\*/|\Z)|"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|url\([^)]*(?:\)|\Z)""",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_MARK = re.compile(r"[;(){}\[\]]")
_IMPORTANT = re.compile(r"!\s?important\b")


def split_declarations(style: str) -> list[tuple[str, str]]:
    """Return names with their values, in lower case, in the order in which they take effect.

    A later one overrides an earlier one of the same name, unless its value is invalid.
    """
    style = _OPAQUE.sub(_to_token, style)
    if "\\" in style:
        style = _ESCAPE.sub(_unescape, style)
    usual: list[tuple[str, str]] = []
    important: list[tuple[str, str]] = []
    for part in _split(style.lower()):
        name, colon, value = part.partition(":")
        if colon:
            value, marks = _IMPORTANT.subn("", " ".join(value.split()))
            (important if marks else usual).append((name.strip(), value.strip()))
    return usual + important


def _to_token(match: re.Match[str]) -> str:
    return "url()" if match[0][:1] in "uU" else " "


def _unescape(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 else " "


def _split(style: str) -> Iterator[str]:
    """Yield what semicolons separate, other than those in brackets."""
    depth = begin = 0
    for mark in _MARK.finditer(style):
        if mark[0] in "([{":
            depth += 1
        elif mark[0] in ")]}":
            depth = max(0, depth - 1)
        elif depth == 0:
            yield style[begin : mark.start()]
            begin = mark.end()
    yield style[begin:]
