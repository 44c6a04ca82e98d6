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
    "。｡．！？؟\u061e\u0589।॥\u0df4\u1362\u1367\u1368\u104b\u1803\u1809\u166e\u0700\u0701\u0702"
    "\u1b5e\u1b5f\ua9c8\ua9c9\uabeb\u1c7e\u1c7f\u203c\u203d\u2047\u2048\u2049"
)
_FREE_MARKS = frozenset(_FREE)
_QUESTION_OF_GREEK = ";\u037e"
_CLOSING = "\"'”’»›)\\]}*_`）」』】〉》］"
_REPETITIONS = "ๆฯໆ"  # and abbreviations, in Thai and Lao: they do not end or begin a sentence
_PLACE = re.compile(
    rf"`[^`\n]++`"
    rf"|(?<![{_SPACED}{_FREE}])([{_SPACED}{_FREE}]++)[{_CLOSING}]*+([^\S\n]*+\n?)"
    rf"|(?<=[\u0e01-\u0e4e\u0e81-\u0ecd]) ++|\n"
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
        space = place[0] if place[0].isspace() else place[2] or ""
        if "\n" in space or (place.end() < len(text) and _ends_sentence(text, start, place)):
            start = place.end()
            yield start, space


def _ends_sentence(text: str, start: int, place: re.Match[str]) -> bool:
    """Return whether the sentence from `start` ends at this place, before more text."""
    marks, following = place[1], text[place.end()]
    if place[0][0] == " ":
        before = text[place.start() - 1]
        return _is_unmarked(following) and before not in _REPETITIONS
    if marks is None:  # code
        return False
    if not _FREE_MARKS.isdisjoint(marks):
        # In Japanese, a particle joins a quotation to the sentence around it.
        is_joined = "ぁ" <= following <= "ゟ" and place.end(1) < place.start(2)
        is_decimal = marks == "．" and following.isdecimal()
        return not (is_joined or is_decimal)
    return place[2] != "" and _ends_at_marks(text, start, place)


def _is_unmarked(letter: str) -> bool:
    """Return whether this is a letter of Thai or Lao, which have no marks."""
    is_of_them = "ก" <= letter <= "๎" or "ກ" <= letter <= "ໍ"
    return is_of_them and letter not in _REPETITIONS


def _ends_at_marks(text: str, start: int, place: re.Match[str]) -> bool:
    opening = _OPENING.match(text, place.end())
    first = opening.end() if opening else place.end()
    following, marks = text[first : first + 1], place[1]
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
