"""Links of a chunk: their labels stay in the text, their targets follow below it.

An address adds little meaning to the text around it, but takes up a third of many chunks and blurs
the vector. So the text reads as on the page, and whole links follow it: `[label](address)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Code, in which nothing is a link, or what may begin one. A fence ends at a mark that is as long as
# its own: code may have shorter ones. Each alternative begins with a character: what is before the
# next of them is then skipped, not tried.
_CODE_OR_BRACKET = re.compile(
    r"```(`{0,17}+)[\s\S]*?(?:```\1`*+|\Z)|~~~(~{0,17}+)[\s\S]*?(?:~~~\2~*+|\Z)|`[^`\n]++`|\["
)
_PLACES = 5  # at which a label is looked for
# A label's parts: text, an escaped character, brackets within the label.
_LABEL_PART = re.compile(r"[^\[\]\\\n]++|\\.|\[[^\[\]\n]*+\]")
_TARGET = re.compile(r"\]\((?:<[^<>\n]*+>\)|[^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+\))")


class _Link(NamedTuple):
    """Where a link begins, where its label ends, and where it ends."""

    start: int
    label_end: int
    end: int


def without_targets(text: str) -> str:
    """Return the text with every link outside code replaced by its label."""
    return move_links(text)[0]


def move_links(text: str) -> tuple[str, list[str]]:
    """Return the text with labels instead of links, and the links in order, each once."""
    if "](" not in text:
        return text, []
    links: dict[str, None] = {}
    parts: list[str] = []
    at = 0
    for link in _find_links(text):
        links[text[link.start : link.end]] = None
        parts += (text[at : link.start], text[link.start + 1 : link.label_end])
        at = link.end
    return "".join((*parts, text[at:])), list(links)


def find_links(text: str) -> list[tuple[int, int]]:
    """Return where the links outside code begin and end, from left to right."""
    return [(link.start, link.end) for link in _find_links(text)] if "](" in text else []


def split_off_links(text: str) -> tuple[str, list[str]]:
    """Return a text without the links that follow it, one on a line, and these links."""
    above, _, below = text.rpartition("\n\n")
    links = below.split("\n")
    if all(move_links(link)[1] == [link] for link in links):
        return above, links
    return text, []


def put_links_back(text: str, links: Sequence[str]) -> str:
    """Return the text with these links in the place of their labels: `move_links` undone.

    A link whose place is not clear stays below the text.
    """
    whole, below, at = text, [], 0
    for link in links:
        label = without_targets(link)
        start = whole.find(label, at)
        for _ in range(_PLACES):
            linked = whole[:start] + link + whole[start + len(label) :]
            if start < 0 or without_targets(linked) == text:  # in code, a link is no link
                break
            start = whole.find(label, start + 1)
        else:
            start = -1
        if start < 0:
            below.append(link)
        else:
            whole, at = linked, start + len(link)
    return "\n\n".join(filter(None, (whole, "\n".join(below))))


def _find_links(text: str) -> Iterator[_Link]:
    """Yield the links outside code, from left to right."""
    seen = bytearray(len(text) + 1)
    at = 0
    while opening := _CODE_OR_BRACKET.search(text, at):
        at = opening.end()
        if opening[0] == "[" and text[at - 2 : at - 1] != "!":  # which would begin an image
            label_end = _find_label_end(text, at, seen)
            if target := _TARGET.match(text, label_end):
                yield _Link(opening.start(), label_end, target.end())
                at = target.end()


def _find_label_end(text: str, at: int, seen: bytearray) -> int:
    """Return where the label that begins at `at` ends.

    How a label continues depends on its position only. So one that comes to where an earlier label
    was, which ended without a target, will do so too: `seen` has these positions, and no part of
    the text is read for every bracket before it.
    """
    while part := _LABEL_PART.match(text, at):
        at = part.end()
        if seen[at]:
            break
        seen[at] = 1
    return at
