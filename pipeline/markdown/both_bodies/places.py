"""Where in a body something is: between which words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lxml import etree

from pipeline.markdown.tree import Element
from pipeline.markdown.visible import text_at

_WORD = re.compile(r"\w+")
_GRAM = 4  # words in a row that are compared
_END = etree.Element("end")  # of a body


class Place(NamedTuple):
    """An element, and how many words of the body precede it and its end."""

    element: Element
    start: int
    end: int

    @property
    def has_words(self) -> bool:
        """Whether the element has any words."""
        return self.end > self.start


class Words:
    """The words of a body in order, without those of elements that `is_skipped` names."""

    def __init__(
        self,
        root: Element,
        is_marked: Callable[[Element], bool],
        is_skipped: Callable[[Element], bool],
    ) -> None:
        self._words: list[str] = []
        self.places: list[Place] = []  # of the marked elements, in order of their starts
        starts: dict[Element, int] = {}
        seen: set[Element] = set()
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                if element in starts:
                    self.places[starts[element]] = self.places[starts[element]]._replace(
                        end=len(self._words)
                    )
                self._add(element.tail)
                continue
            if is_marked(element):
                starts[element] = len(self.places)
                self.places.append(Place(element, len(self._words), len(self._words)))
            text = None if is_skipped(element) else text_at(element, seen)
            if text is None:
                walk.skip_subtree()
            else:
                self._add(text)
        self._grams: set[int] | None = None  # hashes: tuples take twice the memory

    def _add(self, text: str | None) -> None:
        if text:
            self._words += _WORD.findall(text.lower())

    def list_unshown(self, other: Words) -> list[Place]:
        """Return the elements without words, or with words of their own that the other body lacks.

        What is in another element of the list of places is none of their own.
        """
        missing = [0]  # of the words up to each one, how many begin a row that the other body lacks
        for gram in to_grams(self._words, _GRAM):
            missing.append(missing[-1] + (not other.has_gram(gram)))
        lacking = {
            place.element
            for place, start, end in self._list_own()
            if (
                missing[end - _GRAM + 1] > missing[start]
                if end - start >= _GRAM
                else not other.has(self._words[start:end])
            )
        }
        return [place for place in self.places if not place.has_words or place.element in lacking]

    def _list_own(self) -> Iterator[tuple[Place, int, int]]:
        """Yield the rows of words that are an element's own, by their first and after the last."""
        around: list[tuple[Place, int]] = []  # with the first word that follows an inner element
        for place in (*self.places, Place(_END, len(self._words), len(self._words))):
            while around and around[-1][0].end <= place.start:
                outer, start = around.pop()
                if start < outer.end:
                    yield outer, start, outer.end
            if around:
                outer, start = around.pop()
                if start < place.start:
                    yield outer, start, place.start
                around.append((outer, max(start, place.end)))
            if place.has_words:
                around.append((place, place.start))

    def of(self, place: Place) -> list[str]:
        """Return the words of an element."""
        return self._words[place.start : place.end]

    def before(self, place: Place, number: int) -> tuple[str, ...]:
        """Return the words before an element, fewer at the start of the body."""
        return ("", *self._words[max(0, place.start - number) : place.start])[-number:]

    def after(self, place: Place, number: int) -> tuple[str, ...]:
        """Return the words after an element, fewer at the end of the body."""
        return (*self._words[place.end : place.end + number], "")[:number]

    def has(self, words: list[str]) -> bool:
        """Return whether all these words are in the body, in rows of four."""
        return all(map(self.has_gram, to_grams(words, min(_GRAM, len(words)))))

    def has_gram(self, gram: tuple[str, ...]) -> bool:
        """Return whether these words, at most four, are in the body in a row."""
        if self._grams is None:
            self._grams = {
                hash(gram) for size in range(1, _GRAM + 1) for gram in to_grams(self._words, size)
            }
        return hash(gram) in self._grams


def to_grams(words: list[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield each `size` words in a row."""
    return zip(*(words[at:] for at in range(size)), strict=False)


def to_words(text: str) -> list[str]:
    """Return the words of a text as a body has them."""
    return _WORD.findall(text.lower())
