"""Macros and styles within each other, in random places: no visible word is lost."""

import random
import re
from collections.abc import Callable
from itertools import count

import pytest

from tests.support.convert import convert, macro, plain, rich

STRUCK = 'style="text-decoration: line-through"'
DEEPEST = 4


class Maker:
    """Makes the storage format of a page whose words are numbered."""

    def __init__(self, seed: int) -> None:
        self._random, self._numbers = random.Random(seed), count(1)
        self.words: list[str] = []

    def word(self) -> str:
        self.words.append(f"word{next(self._numbers)}")
        return self.words[-1]

    def part(self, depth: int = 0) -> str:
        """Return a random block, with others inside it."""
        word = self.word

        def inner() -> str:
            return self.part(depth + 1)

        makers: list[Callable[[], str]] = [
            lambda: f"<p>{word()} {word()}</p>",
            lambda: f"<p>{word()}<sup>{word()}</sup> {word()}<sub>{word()}</sub></p>",
            lambda: f"<p {STRUCK}>{word()}<b>{word()}</b><code {STRUCK}>{word()}</code></p>",
            lambda: f"<p>{word()}{macro('strike', rich(f'<p>{word()}</p>'))}{word()}</p>",
            lambda: f"<p>{word()} {macro('footnote', rich(f'<p>{word()}</p>'))}{word()}</p>",
            lambda: f"<p>{macro('mathinline', body=word())} {word()}</p>",
            lambda: f"<ul><li><input type='checkbox'> {word()}</li></ul>",
            lambda: macro("plantuml", plain(f"{word()} -> {word()}")),
            lambda: macro("ui-button", title=word(), url="https://e.example/o"),
            lambda: macro("app", title=word(), url="https://e.example/o"),
            lambda: f"<div {STRUCK}>{inner()}{word()}</div>",
            lambda: f"<ul><li {STRUCK}>{word()}<ul><li>{inner()}</li></ul></li></ul>",
            lambda: (
                f"<table><tr><th>{word()}</th><th>{word()}</th></tr>"
                f"<tr {STRUCK}><td>{inner()}</td><td>{word()}</td></tr></table>"
            ),
            lambda: f"<details><summary>{word()}</summary>{inner()}</details>",
            lambda: macro("panel", rich(inner()), title=word(), bgColor="#FFEBE6"),
            lambda: macro("expand", rich(inner()), title=word()),
            lambda: macro("app", rich(inner()), title=word()),
            lambda: macro("chart", rich(inner()), title=word(), xLabel=word()),
        ]
        return self._random.choice(makers if depth < DEEPEST else makers[:1])()


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_no_word_is_lost_in_macros_within_each_other(first: int) -> None:
    for seed in range(first, first + 100):
        maker = Maker(seed)
        body = "".join(maker.part() for _ in range(1 + seed % 5))
        result = convert(body, "storage")
        assert set(maker.words) <= set(re.findall(r"word\d+", result.text)), body
        assert result.lost_words == 0, body
