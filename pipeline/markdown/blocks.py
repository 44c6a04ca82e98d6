"""Blocks of Markdown, and how they are joined.

A block's text never carries the marks of the block around it: a list, a quote or a cell adds its
own marks when it closes. So one pass from the leaves up renders the tree, without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Only what would turn prose into another structure: a heading, a fence, an underlined heading.
_STRUCTURE = re.compile(r"^(?=#{1,6}(?:\s|$)|```|~~~)|(?<=\n)(?=(?:=+|-+)$)", re.MULTILINE)
_LINE_START = re.compile(r"\n(?=[^\n])")
_PROSE = ("text", "title")


class Block(NamedTuple):
    """One block of Markdown, without the marks of the block around it."""

    kind: str  # text, title, heading, code, table, list, item, quote, rule
    text: str
    anchor: str = ""  # a heading's id
    plain: str = ""  # a table as text, for use in another table's cell


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
    return _STRUCTURE.sub(r"\\", block.text) if block.kind in _PROSE else block.text


def indent(text: str, width: int) -> str:
    """Indent every line but the first; empty lines stay empty."""
    return _LINE_START.sub("\n" + " " * width, text) if "\n" in text else text
