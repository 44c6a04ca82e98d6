"""How many words of a page its Markdown lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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


class CountedWords(Counter[str]):
    """How often each word is in a text, and, unless the text is long, all of them in its order.

    What is computed from it is a `Counter`, without an order.
    """

    in_order: Sequence[str] = ()


def count_words(text: str) -> CountedWords:
    """Count words the same way in source and Markdown: without marks, images, link targets."""
    text = _without_marks(text)
    if len(text) < _SLICE:
        return _count(text)
    words = CountedWords()
    for part in _to_slices(text):
        words.update(_count(part))
    return words


def are_words_of(words: CountedWords, text: str) -> bool:
    """Return whether a text has these words in this order: counting them would take longer."""
    text = _without_marks(text)
    return len(text) < _SLICE and _split(text) == words.in_order


def _without_marks(text: str) -> str:
    text = drop_hidden_characters(text)[0]
    if "![" in text:
        text = _IMAGE.sub(" ", text)
    if "](" in text:
        text = _LINK_TARGET.sub("", text)
    for mark in _FORMULA_MARKS:
        text = text.replace(mark, "")
    return text


def _count(text: str) -> CountedWords:
    in_order = _split(text)
    words = CountedWords(in_order)
    words.in_order = in_order
    for word in [word for word in words if not (word.isascii() or word.isalnum())]:
        number = words.pop(word)
        for part in _WORD.findall(word):
            words[part] += number
    return words


def _split(text: str) -> list[str]:
    """Return the words without a regular expression, which takes four times as long.

    Those that are not ASCII may have separators in them.
    """
    plain = text.encode("utf-8", "surrogatepass").translate(_SEPARATED, _MARKS)
    return plain.decode("utf-8", "surrogatepass").split()


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
