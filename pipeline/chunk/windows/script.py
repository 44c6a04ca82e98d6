"""The script of a text, as far as it decides how many word pieces the text takes."""

from __future__ import annotations

import re
from enum import Enum

# Enough to know a page by; an edit seldom changes what most of it is written in.
_CHARACTERS = 20_000
_NOT_LATIN = re.compile(
    r"[\u0370-\u1dff\u1f00-\u1fff\u2c00-\u2c5f\u2d00-\u2dff\u3040-\ua71f\ua800-\ud7ff]"
)


class Script(Enum):
    """A script, or a group of scripts that take about as many word pieces."""

    LATIN = "Latin"
    CYRILLIC = "Cyrillic"
    HANGUL = "Hangul"
    OTHER = "other"


def main_script(text: str) -> Script:
    """Return the script that most letters at the beginning of a text are in, Latin for none."""
    beginning = text[:_CHARACTERS]
    if beginning.isascii() or not (others := _NOT_LATIN.findall(beginning)):
        return Script.LATIN
    counts = dict.fromkeys(Script, 0)
    for letter in others:
        counts[_to_script(letter)] += 1
    counts[Script.LATIN] = sum(map(str.isalpha, beginning)) - len(others)
    return max(counts, key=lambda script: counts[script])


def _to_script(letter: str) -> Script:
    if "Ѐ" <= letter <= "ԯ":
        return Script.CYRILLIC
    if "가" <= letter <= "힣":
        return Script.HANGUL
    return Script.OTHER
