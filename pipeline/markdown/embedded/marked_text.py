"""Markdown that a page holds as text, as blocks."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Block
from pipeline.markdown.marks import to_fence

_FENCE = re.compile(  # what an item begins with, the mark, and the language
    r"\s*+((?:(?:[-*+]|\d{1,9}[.)])\s++)*+)(`{3,}+|~{3,}+)([\w#+.-]*+)[^`]*+"
)
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_LIST = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_RULE = re.compile(r"[\s|:-]*")


def to_blocks(markdown: str) -> list[Block]:
    """Return the headings, fences, tables, lists, quotes and paragraphs of a text.

    A fence on the line of an item's marker is a part of the list.
    """
    blocks: list[Block] = []
    lines: list[str] = []
    item = mark = language = ""  # of the open fence
    for line in (*markdown.replace("\r\n", "\n").split("\n"), ""):
        fence = _FENCE.fullmatch(line)
        if mark:
            is_end = fence and fence[2].startswith(mark) and not (fence[1] or fence[3])
            if item or not is_end:
                lines.append(line)
            else:
                blocks += to_fence("\n".join(lines), language)
                lines = []
            mark = "" if is_end else mark
            continue
        heading = _HEADING.fullmatch(line.rstrip())
        is_block = fence and not fence[1]
        if (is_block or heading or not line.strip()) and lines:
            blocks.append(_to_block(lines))
            lines = []
        if fence:
            item, mark, language = fence.groups()
        if heading:
            blocks.append(Block("heading", f"{heading[1]} {_unclosed(heading[2])}"))
        elif line.strip() and not is_block:
            lines.append(line.rstrip())
    if mark and item:  # never closed
        blocks.append(_to_block([*lines[:-1], " " * len(item) + mark]))
    elif mark:
        blocks += to_fence("\n".join(lines), language)
    return blocks


def _unclosed(heading: str) -> str:
    """Return a heading without the closing marks that it may have: `## a ##`."""
    text = heading.rstrip("#")
    return text.rstrip() if text.endswith((" ", "\t")) else heading


def _to_block(lines: list[str]) -> Block:
    text = "\n".join(lines)
    if _LIST.match(text):
        return Block("list", text)
    if text.startswith(">"):
        return Block("quote", text)
    if text.startswith("|") and len(lines) > 1:
        rows = (line.strip("| ").split("|") for line in lines if not _RULE.fullmatch(line))
        plain = "\n".join(" · ".join(cell.strip() for cell in row) for row in rows)
        return Block("table", text, plain=plain)
    return Block("text", text)
