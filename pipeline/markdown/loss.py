"""How many words of a page its Markdown lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import ge

from pipeline.markdown.hidden import drop_hidden_characters

_WORD = re.compile(r"\w+")
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]")
_LINK_TARGET = re.compile(r"\]\([^()\s]*\)")
_SLICE = 1_000_000  # characters: the words of 20 MB, as a list, take more than 200 MB
_MARKS = b"*~`^[]\\"
# Every ASCII character but letters, digits and the underscore becomes a space.
_SEPARATED = bytes(
    code if chr(code).isalnum() or chr(code) == "_" or code > 127 else 32 for code in range(256)
)
_FORMULA_MARKS = ("^(", "_(")  # of powers and indexes


def count_words(text: str) -> Counter[str]:
    """Count words the same way in source and Markdown: without marks, images, link targets."""
    text = drop_hidden_characters(text)[0]
    if "![" in text:
        text = _IMAGE.sub(" ", text)
    if "](" in text:
        text = _LINK_TARGET.sub("", text)
    for mark in _FORMULA_MARKS:
        text = text.replace(mark, "")
    if len(text) < _SLICE:
        return _count(text)
    words: Counter[str] = Counter()
    for part in _to_slices(text):
        words.update(_count(part))
    return words


def _count(text: str) -> Counter[str]:
    """Count words without a regular expression, which takes four times as long, but for others
    than ASCII.
    """
    plain = text.encode("utf-8", "surrogatepass").translate(_SEPARATED, _MARKS)
    words = Counter(plain.decode("utf-8", "surrogatepass").split())
    for word in [word for word in words if not word.isascii()]:
        number = words.pop(word)
        for part in _WORD.findall(word):
            words[part] += number
    return words


def _to_slices(text: str) -> Iterator[str]:
    """Yield a long text in parts that end at spaces."""
    at = 0
    while (end := text.find(" ", at + _SLICE)) != -1:
        yield text[at:end]
        at = end
    yield text[at:]


def count_loss(
    visible: Counter[str], dropped: Iterable[str], others: Counter[str], markdown: str
) -> tuple[int, int]:
    """Return how many words readers of the page see, and how many of them the Markdown lacks.

    `visible` has the words of the source, `dropped` the texts of it that were omitted on purpose,
    `others` the words of the page's other body.
    """
    omitted = " ".join(dropped)
    words = visible - count_words(omitted) if omitted else visible
    words = words | _as_seen(others, visible) if others else words
    found = count_words(markdown)
    # Most pages lack nothing, which takes less time to see than a difference.
    is_whole = all(map(ge, map(found.__getitem__, words), words.values()))
    return words.total(), 0 if is_whole else (words - found).total()


def _as_seen(others: Counter[str], visible: Counter[str]) -> Counter[str]:
    """Return the words of the other body without those that are seen in another case.

    A rendered body has the titles of statuses in capitals.
    """
    lacking = others - visible
    if not lacking:
        return others
    seen, all_others = _fold(visible), _fold(others)
    cased = [word for word in lacking if all_others[word.casefold()] <= seen[word.casefold()]]
    return others - Counter({word: lacking[word] for word in cased})


def _fold(words: Counter[str]) -> Counter[str]:
    folded: Counter[str] = Counter()
    for word, number in words.items():
        folded[word.casefold()] += number
    return folded
