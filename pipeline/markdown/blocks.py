"""Blocks of Markdown, and how they are joined.

A block's text never carries the marks of the block around it: a list, a quote or a cell adds its
own marks when it closes. So one pass from the leaves up renders the tree, without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.records import Container

# Only what would turn prose into another structure: a heading, a fence, an underlined heading.
_STRUCTURE = re.compile(r"^(?=#{1,6}(?:\s|$)|```|~~~)|(?<=\n)(?=(?:=+|-+)$)", re.MULTILINE)
_MARKS = ("#", "`", "~")  # of structures on one line
_LINE_START = re.compile(r"\n(?=[^\n])")
_PROSE = ("text", "title")


class Title:
    """The title of one container: another one with the same title is not equal to it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Block(NamedTuple):
    """One block of Markdown, without the marks of the block around it."""

    kind: str  # text, title, heading, code, table, list, item, quote, rule
    text: str
    anchor: str = ""  # a heading's id
    plain: str = ""  # a table as text, for use in another table's cell
    within: tuple[Title, ...] = ()  # the containers around it, from the outside in


class Content(NamedTuple):
    """The content of an element: either inline text or blocks."""

    text: str = ""
    blocks: Sequence[Block] = ()

    def to_blocks(self) -> list[Block]:
        """Return the blocks; inline text as its paragraphs."""
        return to_text_blocks(self.text) if self.text else list(self.blocks)


Rendered = str | list[Block]  # inline Markdown, or blocks


def to_text_blocks(inline: str) -> list[Block]:
    """Split inline Markdown into paragraphs: "\\n" is a line break, two of them end a paragraph."""
    if "\n" not in inline:
        text = " ".join(inline.split())
        return [Block("text", text)] if text else []
    blocks: list[Block] = []
    lines: list[str] = []
    for line in (*inline.split("\n"), ""):
        if text := " ".join(line.split()):
            lines.append(text)
        elif lines:
            blocks.append(Block("text", "\n".join(lines)))
            lines = []
    return blocks


def heading_as_text(block: Block) -> Block:
    """Return a heading as bold text, for lists, quotes and cells; other blocks unchanged."""
    if block.kind == "heading":
        return Block("text", f"**{block.text.lstrip('#').strip()}**")
    return block


def join(blocks: Iterable[Block]) -> str:
    """Join blocks as an item or a quote holds them: a list follows without a blank line."""
    parts: list[str] = []
    for block in blocks:
        if parts:
            parts.append("\n" if block.kind == "list" else "\n\n")
        parts.append(_escaped(block))
    return "".join(parts)


def join_page(blocks: Iterable[Block]) -> str:
    """Join blocks as a page holds them."""
    return "\n\n".join(map(_escaped, blocks))


def _escaped(block: Block) -> str:
    text = block.text
    may_be = block.kind in _PROSE and ("\n" in text or text.startswith(_MARKS))
    return _STRUCTURE.sub(r"\\", text) if may_be else text


def indent(text: str, width: int) -> str:
    """Indent every line but the first; empty lines stay empty."""
    return _LINE_START.sub("\n" + " " * width, text) if "\n" in text else text


def contain(blocks: Sequence[Block], title: str) -> list[Block]:
    """Return the blocks of a container, which know its title; without one they are unchanged."""
    if not title:
        return list(blocks)
    outer = (Title(" ".join(title.split())),)
    return [block._replace(within=outer + block.within) for block in blocks]


def to_containers(blocks: Sequence[Block]) -> tuple[Container, ...]:
    """Return the containers of a page's blocks, with their lines in the joined text."""
    if not any(block.within for block in blocks):
        return ()
    found: list[Container] = []
    opened: list[tuple[Title, int]] = []  # and their places in `found`
    line = end = 0
    for block in blocks:
        if block.within or opened:
            same = sum(
                title is around for (title, _), around in zip(opened, block.within, strict=False)
            )
            _close(opened, same, found, end)
            for title in block.within[same:]:
                opened.append((title, len(found)))
                found.append(Container(title.text, line, line))
        end = line + block.text.count("\n") + 1
        line = end + 1
    _close(opened, 0, found, end)
    return tuple(found)


def _close(opened: list[tuple[Title, int]], left: int, found: list[Container], end: int) -> None:
    while len(opened) > left:
        at = opened.pop()[1]
        found[at] = found[at]._replace(end=end)
