"""A list as pieces: items, which stay whole where they fit."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.chunk.blocks import SectionBlock
from pipeline.chunk.cut.nesting import nest
from pipeline.chunk.cut_text import count_to_cut, cut_text
from pipeline.chunk.pieces import BLOCK, Piece, Sizes

_ITEM_LINE = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")
_INNER_ITEM = re.compile(r"\n +(?:[-*+]|\d{1,9}[.)])\s")

CutInner = Callable[[str, Sizes, int], list[Piece]]


def is_bulleted(block: SectionBlock) -> bool:
    """Return whether a block is a list of bullets, not of numbered steps."""
    return block.kind == "list" and not block.text[0].isdigit()


def cut_list(text: str, sizes: Sizes, depth: int, cut_inner: CutInner) -> list[Piece]:
    """Return a list's items; an item over the limit, or a long one with items in it, is cut."""
    items: list[list[str]] = []
    for line in text.split("\n"):
        if not items or _ITEM_LINE.match(line):
            items.append([])
        items[-1].append(line)
    kind = "whole" if text[0].isdigit() else "item"
    pieces: list[Piece] = []
    for lines in items:
        item = "\n".join(lines).rstrip()
        tokens = count_to_cut(item, sizes.limit)
        if tokens <= sizes.target or (tokens <= sizes.limit and not _INNER_ITEM.search(item)):
            parts = [Piece(item, "", 0, tokens, kind if pieces else "whole")]
        else:
            parts = _cut_item(item, sizes, depth, cut_inner)
        parts[0] = parts[0]._replace(before="\n", rank=BLOCK - 1 - 3 * depth)
        pieces += parts
    return pieces


def _cut_item(item: str, sizes: Sizes, depth: int, cut_inner: CutInner) -> list[Piece]:
    marker = _ITEM_LINE.match(item)
    if marker is None or len(marker[0]) == len(item):
        return cut_text(item, sizes)
    width = len(marker[0])
    inner = _outdent(item[width:], width)
    return nest(cut_inner(inner, sizes, depth), marker[0], " " * width)


def _outdent(text: str, width: int) -> str:
    """Remove a tab or at most `width` spaces from the beginning of every line but the first."""
    first, *rest = text.split("\n")
    inner = (
        line[1:] if line[:1] == "\t" else line[:width].lstrip(" ") + line[width:] for line in rest
    )
    return "\n".join((first, *inner))
