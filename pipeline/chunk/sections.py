"""Markdown as sections of blocks: the structure that chunks follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(.*?))?[ \t]*$")
_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s|$)")


class SectionBlock(NamedTuple):
    """A paragraph, a list, a table, a quote or a fence, without the blank lines around it."""

    kind: str  # text, list, table, quote, fence
    text: str


class Section(NamedTuple):
    """A heading and the blocks below it, up to the next heading of any level."""

    path: tuple[str, ...]  # headings from the top down, this section's last; () before the first
    level: int  # 1 to 6; 0 before the first heading
    anchor: str
    blocks: Sequence[SectionBlock]


def to_sections(markdown: str, anchors: Sequence[str]) -> list[Section]:
    """Return the sections of a text in order; `anchors` has an entry for each heading line.

    A heading without text below it is a section without blocks.
    """
    sections: list[Section] = []
    names = iter(anchors)
    above: list[tuple[int, str]] = []  # level and text of the headings that are open
    level, anchor = 0, ""
    parts: list[SectionBlock] = []

    def close() -> None:
        blocks = _to_blocks(parts)
        if blocks or level:
            sections.append(Section(tuple(text for _, text in above), level, anchor, blocks))
        parts.clear()

    for part in _to_parts(markdown):
        heading = _HEADING.match(part.text) if part.kind == "text" else None
        if heading is None:
            parts.append(part)
            continue
        close()
        level, anchor = len(heading[1]), next(names, "")
        while above and above[-1][0] >= level:
            above.pop()
        above.append((level, heading[2] or ""))
    close()
    return sections


def _to_parts(markdown: str) -> Iterator[SectionBlock]:
    """Yield single lines, and whole fences: in code nothing is a heading or an item.

    Besides the kinds of blocks there are `blank` lines and `inner` ones, which are indented.
    """
    code: list[str] = []
    mark = ""
    for line in markdown.split("\n"):
        if mark:
            code.append(line)
            end = line.strip()
            if len(end) >= len(mark) and set(end) == {mark[0]}:
                yield SectionBlock(_kind(code[0], "fence"), "\n".join(code))
                mark = ""
        elif opening := _FENCE.match(line):
            mark, code = opening[1], [line]
        else:
            yield SectionBlock(_kind(line, "text") if line.strip() else "blank", line)
    if mark:
        yield SectionBlock(_kind(code[0], "fence"), "\n".join(code))


def _kind(line: str, otherwise: str) -> str:
    if line[0] in " \t":
        return "inner"
    if line[0] == "|":
        return "table"
    if line[0] == ">":
        return "quote"
    return "list" if _ITEM.match(line) else otherwise


def to_inner_blocks(markdown: str) -> list[SectionBlock]:
    """Return the blocks of Markdown inside another block; a heading in it is text."""
    return _to_blocks(list(_to_parts(markdown)))


def _to_blocks(parts: Sequence[SectionBlock]) -> list[SectionBlock]:
    blocks: list[SectionBlock] = []
    kind, texts, blanks = "", [""], 0

    def close() -> None:
        if kind:
            blocks.append(SectionBlock(kind, "\n".join(texts)))

    for part in parts:
        if part.kind == "blank":
            blanks += 1
            continue
        own = part.kind
        if own == "inner":  # of the list's item above it, even after a blank line
            own = "list" if kind == "list" else "text"
        elif own == "text" and kind == "list" and not blanks:
            own = "list"
        if own != kind or own == "fence" or (blanks and kind != "list"):
            close()
            kind, texts = own, [part.text]
        else:
            texts += [""] * blanks
            texts.append(part.text)
        blanks = 0
    close()
    return blocks
