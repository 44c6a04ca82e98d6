"""Markdown as sections of blocks: the structure that chunks follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.chunk.link_targets import without_targets

_DEEPEST_HEADING = 6
# Characters: every chunk below a heading repeats it, and has the anchor in its address.
_LONGEST_HEADING, _LONGEST_ANCHOR = 1_000, 1_000
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

    A heading without text below it is a section without blocks. One that is too long is shortened
    in the path, and is a block too.
    """
    sections: list[Section] = []
    names = iter(anchors)
    above: list[tuple[int, str]] = []  # level and text of the headings that are open
    level, anchor = 0, ""
    below = _Blocks()

    def close() -> None:
        blocks = below.take()
        if blocks or level:
            sections.append(Section(tuple(text for _, text in above), level, anchor, blocks))

    for part in _to_parts(markdown):
        heading_level = _heading_level(part.text) if part.kind == "text" else 0
        if not heading_level:
            below.add(part)
            continue
        close()
        level, anchor = heading_level, next(names, "")
        anchor = anchor if len(anchor) <= _LONGEST_ANCHOR else ""
        while above and above[-1][0] >= level:
            above.pop()
        text = part.text[level:].strip(" \t")
        if len(text) > _LONGEST_HEADING:
            below.add(SectionBlock("text", text))
            text = without_targets(text)[:_LONGEST_HEADING].rstrip() + "…"
        above.append((level, text))
    close()
    return sections


def _heading_level(line: str) -> int:
    """Return the level of a heading line; 0 for any other line."""
    level = len(line) - len(line.lstrip("#"))
    return level if level <= _DEEPEST_HEADING and line[level : level + 1] in ("", " ", "\t") else 0


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
    blocks = _Blocks()
    for part in _to_parts(markdown):
        blocks.add(part)
    return blocks.take()


class _Blocks:
    """Joins the parts of a section to blocks, as they come: long pages have a million."""

    def __init__(self) -> None:
        self._done: list[SectionBlock] = []
        self._kind, self._blanks = "", 0
        self._texts: list[str] = []  # of the block that is open

    def add(self, part: SectionBlock) -> None:
        """Add the next part, to the open block where it belongs to that."""
        if part.kind == "blank":
            self._blanks += 1
            return
        kind = part.kind
        if kind == "inner":  # of the list's item above it, even after a blank line
            kind = "list" if self._kind == "list" else "text"
        elif kind == "text" and self._kind == "list" and not self._blanks:
            kind = "list"
        if kind != self._kind or kind == "fence" or (self._blanks and self._kind != "list"):
            self._close()
            self._kind, self._texts = kind, [part.text]
        else:
            self._texts += [""] * self._blanks
            self._texts.append(part.text)
        self._blanks = 0

    def take(self) -> list[SectionBlock]:
        """Return the blocks so far, and begin anew."""
        self._close()
        done, self._done = self._done, []
        self._kind, self._blanks = "", 0
        return done

    def _close(self) -> None:
        if self._kind:
            self._done.append(SectionBlock(self._kind, "\n".join(self._texts)))
