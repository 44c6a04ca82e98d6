"""How many words of a page its Markdown lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.markdown.hidden import drop_hidden_characters

_WORD = re.compile(r"\w+")
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]")
_LINK_TARGET = re.compile(r"\]\([^()\s]*\)")
_SLICE = 1_000_000  # characters: the words of 20 MB, as a list, take more than 200 MB
_MARKS = "*~`^[]\\"
_FORMULA_MARKS = ("^(", "_(")  # of powers and indexes


def count_words(text: str) -> Counter[str]:
    """Count words the same way in source and Markdown: without marks, images, link targets."""
    text = _IMAGE.sub(" ", drop_hidden_characters(text)[0])
    text = _LINK_TARGET.sub("", text)
    for mark in (*_FORMULA_MARKS, *_MARKS):
        text = text.replace(mark, "")
    words: Counter[str] = Counter()
    for part in _to_slices(text):
        words.update(_WORD.findall(part))
    return words


def _to_slices(text: str) -> Iterator[str]:
    """Yield a long text in parts that end at spaces."""
    at = 0
    while (end := text.find(" ", at + _SLICE)) != -1:
        yield text[at:end]
        at = end
    yield text[at:]


def count_missing(visible: str, markdown: str) -> int:
    """Return how many different words of another form of the page the Markdown has nowhere.

    The other form may have a text more often: the storage format holds some content twice.
    """
    return len(count_words(visible).keys() - count_words(markdown).keys())


def count_loss(visible: str, dropped: Iterable[str], markdown: str) -> tuple[int, int]:
    """Return the words that readers of the source see, and how many the Markdown lacks.

    `dropped` is the part of the visible text that was omitted on purpose.
    """
    words = count_words(visible)
    words.subtract(count_words(" ".join(dropped)))
    words = +words
    return words.total(), (words - count_words(markdown)).total()
