"""Strings on which a regular expression may take more than linear time, made from its own parts."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Iterator, Sequence
from itertools import takewhile
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

TINY, SMALL, LARGE = 250, 2_000, 16_000  # characters
UNNOTICED = 0.005  # seconds: too short for a ratio
# Linear patterns take 8 times as long for 8 times as much, quadratic ones 64 times.
MOST_TIMES = 3 * LARGE / SMALL
# What grows by MOST_TIMES from SMALL to LARGE, for a part that is quadratic, grows by more than ten
# times from TINY to SMALL: what grows by less need not be tried with a long string.
LEAST_TIMES = 9.0
MOST_SAMPLES = 8  # of one part
MOST_TRIES, ENOUGH_SECONDS = 10, 0.5  # of the large one, of which the fastest try counts
SUFFIXES = ("", "\n", "!")
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
_CATEGORIES = {
    c.CATEGORY_DIGIT: "7", c.CATEGORY_NOT_DIGIT: "a", c.CATEGORY_SPACE: " ",
    c.CATEGORY_NOT_SPACE: "a", c.CATEGORY_WORD: "a", c.CATEGORY_NOT_WORD: "-",
}  # fmt: skip


def attacks(pattern: str, flags: int) -> Iterator[tuple[str, str, str]]:
    """Yield a beginning, what to repeat, and an end: each part of the pattern, over and over."""
    tree = parser.parse(pattern, flags)
    alphabet = list(dict.fromkeys([*_literals(tree), "a", " ", "7"]))[:12]
    seen = set()
    for before, pumps in _pumps(tree, alphabet, [""]):
        for attack in (
            (start, pump, end) for start in before for pump in pumps for end in SUFFIXES
        ):
            if attack[1] and attack not in seen:
                seen.add(attack)
                yield attack


def _literals(tree: Any) -> Iterator[str]:
    for op, value in tree:
        if op in (c.LITERAL, c.NOT_LITERAL):
            yield chr(value)
        elif op is c.IN:
            yield from _literals([part for part in value if part[0] is c.LITERAL])
        else:
            for inner in _inner(op, value):
                yield from _literals(inner)


def _inner(op: Any, value: Any) -> list[Any]:
    if op in _REPEATS:
        return [value[2]]
    if op is c.SUBPATTERN:
        return [value[3]]
    if op is c.BRANCH:
        return list(value[1])
    if op in (c.ASSERT, c.ASSERT_NOT):
        return [value[1]]
    return [value] if op is c.ATOMIC_GROUP else []


def _pumps(
    tree: Any, alphabet: list[str], before: list[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield what stands before each part, and samples of the part and of all up to it.

    And of all that is between two repetitions: the first may try each of them anew.
    """
    nodes = list(tree)
    for at, (op, value) in enumerate(nodes):
        lead = _samples(nodes[:at], alphabet)
        starts = [a + b for a in before[:2] for b in lead[:3]]
        parts = _samples(nodes[: at + 1], alphabet)
        yield before[:2], parts
        yield (
            [""],
            [start + part + gap for start in before[:2] for part in parts for gap in ("", " ")],
        )
        for inner in _inner(op, value):
            yield starts, _samples(inner, alphabet)
            yield from _pumps(inner, alphabet, starts)
        if op in _REPEATS:
            following = list(takewhile(lambda node: node[0] not in _REPEATS, nodes[at + 1 :]))
            yield starts, _samples(following, alphabet)


def _samples(tree: Any, alphabet: list[str]) -> list[str]:
    """Return texts that match a sequence of parts, more or less."""
    parts = [_of_part(op, value, alphabet) for op, value in tree]
    number = max(map(len, parts), default=1)
    texts = ["".join(part[at % len(part)] for part in parts) for at in range(number)]
    texts.append("".join(part[-1] for part in parts))
    return list(dict.fromkeys(texts))[:MOST_SAMPLES]


def _of_part(op: Any, value: Any, alphabet: list[str]) -> list[str]:
    found = [""]
    if op is c.LITERAL:
        found = [chr(value)]
    elif op is c.NOT_LITERAL:
        found = [sign for sign in alphabet if sign != chr(value)]
    elif op is c.ANY:
        found = [sign for sign in alphabet if sign != "\n"]
    elif op is c.IN:
        found = _of_set(value, alphabet)
    elif op in _REPEATS:
        samples = _samples(value[2], alphabet)
        found = [text * max(1, value[0]) for text in samples] + [samples[0] * value[0]]
    elif op is c.BRANCH:
        found = [text for inner in value[1] for text in _samples(inner, alphabet)[:4]]
    elif op in (c.SUBPATTERN, c.ATOMIC_GROUP):
        found = _samples(_inner(op, value)[0], alphabet)
    elif op is c.ASSERT and value[0] > 0:
        found += _samples(value[1], alphabet)
    return found


def _of_set(members: Any, alphabet: list[str]) -> list[str]:
    found: list[str] = []
    for op, value in members:
        if op is c.LITERAL:
            found.append(chr(value))
        elif op is c.RANGE:
            found.append(chr(value[0]))
        elif op is c.CATEGORY:
            found.append(_CATEGORIES[value])
    if members[0][0] is c.NEGATE:
        others = [sign for sign in (*alphabet, "a", "-", "\t") if sign not in found]
        return list(dict.fromkeys(others))[:MOST_SAMPLES]
    return found[:MOST_SAMPLES]


def seconds(
    pattern: re.Pattern[str], method: str, attack: tuple[str, str, str], size: int
) -> float:
    start, pump, end = attack
    text = start + pump * (size // len(pump)) + end
    arguments = ("", text) if method == "sub" else (text,)
    gc.disable()  # thousands of matches begin a collection, of all that other tests left
    try:
        began = time.thread_time()  # without what else the process and the machine do
        found = getattr(pattern, method)(*arguments)
        if method == "finditer":
            list(found)
        return time.thread_time() - began
    finally:
        gc.enable()


def is_linear(small: float, large: float) -> bool:
    return large < UNNOTICED or large < MOST_TIMES * small


def find_slow(pattern: re.Pattern[str], methods: Sequence[str]) -> str:
    """Return the first string that takes more than linear time, with the seconds; "" if none does.

    It may take very long to find out.
    """
    for attack in attacks(pattern.pattern, pattern.flags & ~re.UNICODE):
        for method in methods:
            small = seconds(pattern, method, attack, SMALL)
            if small * (LARGE / SMALL) ** 2 < UNNOTICED:
                continue  # the large one would not be noticed even if it took quadratic time
            if small < LEAST_TIMES * min(seconds(pattern, method, attack, TINY) for _ in range(4)):
                continue
            tries = [seconds(pattern, method, attack, LARGE)]
            if tries[0] < UNNOTICED:
                continue
            small = min(seconds(pattern, method, attack, SMALL) for _ in range(3))
            while len(tries) < MOST_TRIES and not is_linear(small, min(tries)):
                if len(tries) > 1 and sum(tries) > ENOUGH_SECONDS:
                    break
                tries.append(seconds(pattern, method, attack, LARGE))
            if not is_linear(small, min(tries)):
                return f"{method} {attack!r}: {small:.4f} s, then {min(tries):.4f} s"
    return ""
