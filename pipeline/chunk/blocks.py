"""The blocks of Markdown: paragraphs, lists, tables, quotes, fences, and short containers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,20}(?=[^`]*$)|~{3,20}(?!~))")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s|$)")


class SectionBlock(NamedTuple):
    """A block without the blank lines around it."""

    kind: str  # text, list, table, quote, fence; box: a short container
    text: str


def to_parts(markdown: str) -> Iterator[SectionBlock]:
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
        elif ("```" in line or "~~~" in line) and (opening := _FENCE.match(line)):
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


def _outdent(part: SectionBlock, width: int) -> SectionBlock:
    """Return a part without at most `width` spaces at the beginning of its lines."""
    lines = [line[:width].lstrip(" ") + line[width:] for line in part.text.split("\n")]
    kind = _kind(lines[0], "fence" if _FENCE.match(lines[0]) else "text")
    return SectionBlock(kind, "\n".join(lines))


def to_inner_blocks(markdown: str) -> list[SectionBlock]:
    """Return the blocks of Markdown inside another block; a heading in it is text."""
    blocks = Blocks()
    for part in to_parts(markdown):
        blocks.add(part)
    return blocks.take()


class Blocks:
    """Joins the parts of a section to blocks, as they come: long pages have a million."""

    def __init__(self) -> None:
        self._done: list[SectionBlock] = []
        self._kind, self._blanks = "", 0
        self._texts: list[str] = []  # of the block that is open
        self._margin = 0  # spaces before the block that is open

    def add(self, part: SectionBlock) -> None:
        """Add the next part, to the open block where it belongs to that."""
        is_empty_quote = part.kind == "quote" != self._kind and not part.text.strip("> ")
        if part.kind == "blank" or is_empty_quote:  # the latter is below a title that is removed
            self._blanks += 1
            return
        if part.kind == "inner":
            part = self._without_margin(part)
        else:
            self._margin = 0
        kind = part.kind
        # Of the item above it: what is indented, even after a blank line, and the next line.
        if self._kind == "list" and (kind == "inner" or (kind == "text" and not self._blanks)):
            kind = "list"
        is_alone = kind in ("fence", "box") or (self._blanks and self._kind != "list")
        if kind != self._kind or is_alone:
            self._close()
            self._kind, self._texts = kind, [part.text]
        else:
            self._texts += [""] * self._blanks
            self._texts.append(part.text)
        self._blanks = 0

    def _without_margin(self, part: SectionBlock) -> SectionBlock:
        """Return an indented part without the margin of its block, unless it is text.

        Files of Markdown have such blocks, and chunks that begin inside an item.
        """
        if self._kind != "list":
            self._margin = len(part.text) - len(part.text.lstrip(" "))
        inner = _outdent(part, self._margin)
        if self._kind != "list" and inner.kind in ("text", "inner"):
            return SectionBlock("text", part.text)
        return inner

    def take(self) -> list[SectionBlock]:
        """Return the blocks so far, and begin anew."""
        self._close()
        done, self._done = self._done, []
        self._kind, self._blanks = "", 0
        return done

    def _close(self) -> None:
        if self._kind:
            self._done.append(SectionBlock(self._kind, "\n".join(self._texts)))
