"""Find where sentences end, without knowledge of the language.

A sentence ends at its mark where the next letter is not lower case. Scripts without capitals have
marks of their own, or end at any of them; Thai and Lao have none, and end at spaces. A missed end
makes a longer sentence, a wrong one breaks it: what is not clear is no end.

The segmentation libraries on PyPI do not serve: pysbd and sentencex have to know the language, and
sentencex takes quadratic time for quotation marks; ICU ends a sentence after every abbreviation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.chunk.sentences.full_stops import is_end

# Marks that also have other uses: at the end of a sentence, a space follows them.
_SPACED = ".!?…;\u037e\u06d4\u17d4\u17d5\u0f0d\u0f0e\u0f11\u0f14"
# Marks without another use: of Chinese and Japanese, Arabic, Armenian, India, Ethiopia, Burma, ….
_FREE = (
    "。｡！？؟\u061e\u0589।॥\u0df4\u1362\u1367\u1368\u104b\u1803\u1809\u166e\u0700-\u0702\u1b5e\u1b5f"
    "\ua9c8\ua9c9\uabeb\u2cf9-\u2cfb\u1c7e\u1c7f\u203c\u203d\u2047-\u2049"
)
_QUESTION_OF_GREEK = ";\u037e"
_CLOSING = "\"'”’»›)\\]}*_`）」』】〉》］"
# Letters of Thai and Lao, without the marks of repetition and abbreviation and without digits.
_UNMARKED = "\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e\u0e81-\u0eae\u0eb0-\u0ec4\u0ec8-\u0ecd"
_PLACE = re.compile(
    rf"`[^`\n]++`|(?<![{_SPACED}])(?P<marks>[{_SPACED}]++)[{_CLOSING}]*+(?P<space>\s++)"
    rf"|(?:[{_FREE}]|．(?!\d))[{_FREE}{_SPACED}]*+(?P<closing>[{_CLOSING}]*+)(?P<gap>\s*+)"
    rf"|(?<=[{_UNMARKED}])(?P<between> ++)(?=[{_UNMARKED}])|(?P<line>\n)"
)
_OPENING = re.compile(r"[\"'“‘«‹„(\[*_`!@#$€¿¡（「『【〈《［]*+")


def to_sentences(text: str) -> list[tuple[str, str]]:
    """Return sentences and lines, each with the space before it; joined they are the text."""
    found = []
    at, before = 0, ""
    for end, space in _find_ends(text):
        found.append((text[at : end - len(space)], before))
        at, before = end, space
    return [*found, (text[at:], before)]


def _find_ends(text: str) -> Iterator[tuple[int, str]]:
    """Yield where the next sentence begins, and the space before it."""
    start = 0
    for place in _PLACE.finditer(text):
        space = place["space"] or place["gap"] or place["between"] or place["line"] or ""
        if "\n" in space or (place.end() < len(text) and _ends_sentence(text, start, place)):
            start = place.end()
            yield start, space


def _ends_sentence(text: str, start: int, place: re.Match[str]) -> bool:
    """Return whether the sentence from `start` ends at this place, before more text."""
    if place["marks"]:
        return _ends_at_marks(text, start, place)
    # In Japanese, a particle joins a quotation to the sentence around it.
    is_joined = place["closing"] and "ぁ" <= text[place.end()] <= "ゟ"
    return not is_joined and place[0][0] != "`"


def _ends_at_marks(text: str, start: int, place: re.Match[str]) -> bool:
    opening = _OPENING.match(text, place.end())
    first = opening.end() if opening else place.end()
    following, marks = text[first : first + 1], place["marks"]
    if not _begins_sentence(following) and text[first - 1] != "`":
        return False
    if marks[-1] in _QUESTION_OF_GREEK:
        return _is_greek(text[place.start() - 1 : place.start()])
    if marks[-1] == "…" or marks.endswith(".."):
        return following.isupper()
    return marks != "." or is_end(text, start, place.start(), following)


def _begins_sentence(letter: str) -> bool:
    is_georgian = "ა" <= letter <= "ჿ"  # Unicode calls its only letters lower case
    is_symbol = letter >= "←" and not letter.isalpha()  # arrows, ticks, emoji
    return is_georgian or is_symbol or (letter.isalnum() and not letter.islower())


def _is_greek(letter: str) -> bool:
    return "Ͱ" <= letter <= "Ͽ" or "ἀ" <= letter <= "῿"
