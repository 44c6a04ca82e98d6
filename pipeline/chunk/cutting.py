"""Blocks as pieces, none of them too long: each kind of block is cut in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pipeline.chunk.cut_fence import cut_fence
from pipeline.chunk.cut_table import cut_table
from pipeline.chunk.cut_text import count_without_targets, cut_text
from pipeline.chunk.link_targets import move_links
from pipeline.chunk.pieces import BLOCK, Piece, Sizes
from pipeline.chunk.sections import SectionBlock, to_inner_blocks
from pipeline.chunk.tokens import count_at_most

_DEEPEST = 16  # what is nested deeper is cut as plain text
_ITEM_LINE = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")
_INNER_ITEM = re.compile(r"\n +(?:[-*+]|\d{1,9}[.)])\s")


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
    introduces = False
    for block, tokens in zip(
        blocks, count_without_targets((block.text for block in blocks), sizes.limit), strict=True
    ):
        rank = BLOCK - 3 * depth
        # A list of addresses has few tokens without its targets, and many with them.
        is_over = (
            len(block.text) > sizes.limit and _count_with_links(block, sizes.limit) > sizes.limit
        )
        pieces = _cut(block, max(tokens, sizes.limit + 1) if is_over else tokens, sizes, depth)
        # A line that ends with a colon belongs to what it introduces.
        pieces[0] = pieces[0]._replace(before="\n\n", rank=rank - 2 if introduces else rank)
        introduces = block.kind == "text" and block.text.endswith(":")
        yield pieces


def _cut(block: SectionBlock, tokens: int, sizes: Sizes, depth: int) -> list[Piece]:
    if tokens <= sizes.target or (block.kind == "fence" and tokens <= sizes.limit):
        kind = {"fence": "code", "table": "row"}.get(block.kind, "text")
        return [Piece(block.text, "", 0, tokens, kind)]
    if block.kind == "fence":
        return cut_fence(block.text, sizes)
    if block.kind == "table":
        return cut_table(block.text, sizes)
    if block.kind == "text" or depth > _DEEPEST:
        return cut_text(block.text, sizes)
    return (_cut_list if block.kind == "list" else _cut_quote)(block.text, sizes, depth)


def _count_with_links(block: SectionBlock, most: int) -> int:
    if block.kind == "fence":
        return 0
    text, links = move_links(block.text)
    return count_at_most("\n".join((text, *links)), most) if links else 0


def _cut_quote(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    lines = (
        line.removeprefix(">").removeprefix(" ") if line[:1] == ">" else line
        for line in text.split("\n")
    )
    inner = "\n".join(lines)
    return _nest(_cut_inner(inner, sizes, depth), "> ", "> ")


def _cut_list(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    """Return a list's items; an item over the limit, or a long one with items in it, is cut."""
    items: list[list[str]] = []
    for line in text.split("\n"):
        if not items or _ITEM_LINE.match(line):
            items.append([])
        items[-1].append(line)
    texts = ["\n".join(lines).rstrip() for lines in items]
    pieces: list[Piece] = []
    for item, tokens in zip(texts, count_without_targets(texts, sizes.limit), strict=True):
        if tokens <= sizes.target or (tokens <= sizes.limit and not _has_inner_items(item)):
            parts = [Piece(item, "", 0, tokens)]
        else:
            parts = _cut_item(item, sizes, depth)
        parts[0] = parts[0]._replace(before="\n", rank=BLOCK - 1 - 3 * depth)
        pieces += parts
    return pieces


def _has_inner_items(item: str) -> bool:
    return _INNER_ITEM.search(item) is not None


def _cut_item(item: str, sizes: Sizes, depth: int) -> list[Piece]:
    marker = _ITEM_LINE.match(item)
    if marker is None or len(marker[0]) == len(item):
        return cut_text(item, sizes)
    width = len(marker[0])
    inner = _outdent(item[width:], width)
    return _nest(_cut_inner(inner, sizes, depth), marker[0], " " * width)


def _outdent(text: str, width: int) -> str:
    """Remove at most `width` spaces from the beginning of every line but the first."""
    first, *rest = text.split("\n")
    return "\n".join((first, *(line[:width].lstrip(" ") + line[width:] for line in rest)))


def _cut_inner(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    """Return the pieces of the Markdown in an item or a quote, with room for its marks."""
    # Room for the marks that `_nest` adds to lines; where it is too little, `split` cuts again.
    narrower = Sizes(sizes.target, max(1, sizes.limit - sizes.limit // 8 - 4))
    groups = _to_groups(to_inner_blocks(text), narrower, depth + 1)
    return [piece for group in groups for piece in group]


def _nest(pieces: Sequence[Piece], first: str, rest: str) -> list[Piece]:
    """Put marks before the lines of pieces: a quote's `> `, or the spaces below an item."""
    nested = []
    for number, piece in enumerate(pieces):
        text = piece.text.replace("\n", "\n" + rest)
        lead = piece.lead.replace("\n", "\n" + rest)
        before = piece.before
        if number == 0:
            text, before = first + text, ""
        else:
            before = before.replace("\n\n", f"\n{rest.rstrip()}\n") if rest.strip() else before
            before = before + rest if before.endswith("\n") else before
            lead = rest + lead
        marks = (text.count("\n") + 1) * (2 if rest.strip() else 1)
        nested.append(
            piece._replace(
                text=text,
                before=before,
                tokens=piece.tokens + marks,
                lead=lead,
                tail=piece.tail.replace("\n", "\n" + rest),
                frame_tokens=piece.frame_tokens + 2,
            )
        )
    return nested
