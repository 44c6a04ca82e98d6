"""Which neighbouring pieces share a chunk."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.chunk.pieces import Piece

_BEGINNING = 32  # bytes
_32_BITS = 0xFFFFFFFF


class Limits(NamedTuple):
    """The most tokens that share a chunk: as a rule, and in the cases that allow another size."""

    usual: int
    fragment: int  # the size up to which a range is one: a title with a line matches any question
    with_fragment: int  # a fragment and its neighbour
    with_code: int  # a text and the whole fence below it, which it explains
    with_rows: int  # rows of a table that is cut
    with_items: int  # bullets of a list that is cut


def pack(pieces: Sequence[Piece], limits: Limits) -> list[tuple[int, int]]:
    """Return the ranges (first, end) of pieces that share a chunk.

    Nothing is counted from the top: whether two neighbours are joined depends on their own sizes.
    The weakest boundaries come first, equal ones in the order of a checksum of the text below
    them. So an edit moves the boundaries next to it and no others. The checksum of the beginning
    of the text is compared first: most edits do not change it, and then no boundary moves.
    """
    # Long pages have a million pieces: arrays and single numbers take a third of the memory.
    first_of = array("q", range(len(pieces)))  # of the range that ends with a piece
    last_of = array("q", range(len(pieces)))  # of the range that begins with a piece
    tokens = [piece.tokens + piece.frame_tokens for piece in pieces]  # of the range begun by it
    for key in sorted(_to_key(pieces[at], at) for at in range(1, len(pieces))):
        at = key & _32_BITS
        first, last = first_of[at - 1], last_of[at]
        total = tokens[first] + tokens[at] - pieces[at].frame_tokens
        if total <= _most(tokens[first], tokens[at], pieces[at], limits):
            last_of[first], first_of[last], tokens[first] = last, first, total
    ranges = []
    at = 0
    while at < len(pieces):
        ranges.append((at, last_of[at] + 1))
        at = last_of[at] + 1
    return ranges


def _most(left: int, right: int, piece: Piece, limits: Limits) -> int:
    """Return the most tokens of two neighbouring ranges together; `piece` begins the right one."""
    is_whole_fence = piece.kind == "code" and right == piece.tokens
    if is_whole_fence and left <= limits.usual:
        return max(limits.usual, limits.with_code)
    if piece.kind == "row":
        return limits.with_rows
    if piece.kind == "item":
        return limits.with_items
    if piece.kind == "line" or min(left, right) > limits.fragment:
        return limits.usual
    return limits.with_fragment


def _to_key(piece: Piece, at: int) -> int:
    """Return rank, checksum of the beginning, checksum and index as one number, 32 bits each."""
    content = piece.text.encode()
    beginning = piece.rank << 32 | zlib.crc32(content[:_BEGINNING])
    return (beginning << 32 | zlib.crc32(content)) << 32 | at
