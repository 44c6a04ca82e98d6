"""Characters as readers see them: a letter with its marks, an emoji made of several."""

from __future__ import annotations

import unicodedata

_LONGEST = 32  # code points of a character that is kept whole
_JOINER, _NON_JOINER = "\u200d", "\u200c"
_AM = "\u0e33\u0eb3"  # vowels of Thai and Lao that belong to the letter before them
_VIRAMA = 9  # the combining class of marks that join two letters, in scripts of India


def character_end(text: str, start: int, end: int) -> int:
    """Return the index next to `end` at which no character is cut: up to it, if possible.

    `end` in a character that is longer than any emoji.
    """
    at = end
    while start < at < len(text) and _is_inside(text, start, at):
        at -= 1
    if at > start:
        return at
    at = end
    while at < min(len(text), end + _LONGEST) and _is_inside(text, start, at):
        at += 1
    return at if at < end + _LONGEST else end


def _is_inside(text: str, start: int, at: int) -> bool:
    """Return whether the code points around an index make up one character."""
    before, after = text[at - 1], text[at]
    if after.isascii():
        return before == "\r" and after == "\n"
    if _is_flag_letter(after):
        first = at
        while first > start and _is_flag_letter(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 1
    if "\u1160" <= after <= "\u11ff":  # vowels and last letters of Korean
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return (
        unicodedata.category(after)[0] == "M"
        or after in _JOINER + _NON_JOINER + _AM
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # colours of skin
        or "\U000e0020" <= after <= "\U000e007f"  # the rest of a region's flag
        or before == _JOINER
        or (unicodedata.combining(before) == _VIRAMA and after.isalpha())
    )


def _is_flag_letter(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"
