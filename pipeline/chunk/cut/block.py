"""Blocks as pieces, none of them too long: each kind of block is cut in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pipeline.chunk.blocks import SectionBlock, to_inner_blocks
from pipeline.chunk.cut.fence import cut_fence
from pipeline.chunk.cut.introductions import introduction_to, title_of
from pipeline.chunk.cut.items import cut_list, is_bulleted
from pipeline.chunk.cut.nesting import nest
from pipeline.chunk.cut.table import cut_table
from pipeline.chunk.cut_text import count_to_cut, cut_text
from pipeline.chunk.pieces import BLOCK, Piece, Sizes
from pipeline.chunk.tokens import count_at_most

_DEEPEST = 16  # what is nested deeper is cut as plain text
# Of the target: a longer table is cut into groups of rows, a longer list of bullets into groups of
# items. Numbered steps stay together.
_TABLE_PERCENT, _BULLETS_PERCENT = 55, 75
_KINDS = {"fence": "code", "table": "table", "text": "text"}


def to_pieces(
    blocks: Sequence[SectionBlock], sizes: Sizes, check: Callable[[], object]
) -> list[Piece]:
    """Return the pieces of a section, none over `sizes.limit` with its lead and tail.

    `check` is called after every block.
    """
    pieces: list[Piece] = []
    for group in _to_groups(blocks, sizes, 0):
        pieces += group
        check()
    return pieces


def _to_groups(blocks: Sequence[SectionBlock], sizes: Sizes, depth: int) -> Iterator[list[Piece]]:
    for above, block in zip((None, *blocks), blocks, strict=False):
        introduction = introduction_to(block, above, sizes)
        room = introduction.leave_room(sizes)
        pieces = [introduction.lead(piece) for piece in _cut(block, room, depth)]
        # A line that ends with a colon belongs to what it introduces.
        rank = BLOCK - 3 * depth - (2 if introduction.is_line else 0)
        pieces[0] = pieces[0]._replace(before="\n\n", rank=rank)
        yield pieces


def _cut(block: SectionBlock, sizes: Sizes, depth: int) -> list[Piece]:
    kind, text = block
    count = count_at_most if kind == "fence" else count_to_cut
    tokens = count(text, sizes.limit)
    if tokens <= most_of_whole(block, sizes):
        return [Piece(text, "", 0, tokens, _KINDS.get(kind, "whole"))]
    if kind == "fence":
        return cut_fence(text, sizes)
    if kind == "table":
        return cut_table(text, sizes)
    if kind == "text" or depth > _DEEPEST:
        return cut_text(text, sizes)
    return _cut_nested(block, sizes, depth)


def _cut_nested(block: SectionBlock, sizes: Sizes, depth: int) -> list[Piece]:
    """Return the pieces of a block that holds others."""
    if block.kind == "list":
        return cut_list(block.text, sizes, depth, _cut_inner)
    if block.kind == "quote":
        return _cut_quote(block.text, sizes, depth)
    return _cut_blocks(block.text, sizes, depth)


def most_of_whole(block: SectionBlock, sizes: Sizes) -> int:
    """Return the most tokens of a block that is not cut."""
    if block.kind == "fence":
        return sizes.limit
    if block.kind == "table":
        return sizes.target * _TABLE_PERCENT // 100
    return sizes.target * _BULLETS_PERCENT // 100 if is_bulleted(block) else sizes.target


def _cut_quote(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    lines = (
        line.removeprefix(">").removeprefix(" ") if line[:1] == ">" else line
        for line in text.split("\n")
    )
    inner = "\n".join(lines)
    title = title_of(inner, sizes)
    first, *others = _cut_inner(inner, title.leave_room(sizes), depth)
    return nest([first, *map(title.lead, others)], "> ", "> ")


def _cut_inner(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    """Return the pieces of the Markdown in an item or a quote, with room for its marks."""
    # Room for the marks that `nest` adds to lines; where it is too little, `split` cuts again.
    limit = max(1, sizes.limit - sizes.limit // 8 - 4)
    return _cut_blocks(text, Sizes(min(sizes.target, limit), limit), depth + 1)


def _cut_blocks(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    """Return the pieces of the Markdown in another block; an empty one where that has no text."""
    groups = _to_groups(to_inner_blocks(text), sizes, depth)
    return [piece for group in groups for piece in group] or [Piece("", "", 0, 0)]
