"""Which neighbouring pieces share a chunk."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.chunk.pieces import Piece

_BEGINNING = 32  # bytes


class Room(NamedTuple):
    """Tokens that share a chunk: usually at most; scraps join a neighbour to somewhat more."""

    usual: int
    scrap: int  # up to here it is one: a title with a line is near to every question on the page
    with_scrap: int
    with_code: int  # a text and the whole fence below it: the text explains the code
    with_rows: int  # rows of a table that is cut


def pack(pieces: Sequence[Piece], room: Room) -> list[tuple[int, int]]:
    """Ranges (first, behind the last) of pieces that share a chunk.

    Nothing is counted from the top: every boundary is closed or left open by what stands beside
    it, the weakest first, equals in the order of a checksum of the text behind them. So an edit
    moves the boundaries next to it and no others. The checksum of a text's beginning comes first:
    most edits leave that as it is, and then no boundary moves.
    """
    first_of = list(range(len(pieces)))  # of the range that ends with a piece
    last_of = list(range(len(pieces)))  # of the range that begins with a piece
    tokens = [piece.tokens + piece.frame_tokens for piece in pieces]  # of the range begun by it
    order = sorted(
        range(1, len(pieces)),
        key=lambda at: (pieces[at].rank, *_checksums(pieces[at].text), at),
    )
    for at in order:
        first, last = first_of[at - 1], last_of[at]
        total = tokens[first] + tokens[at] - pieces[at].frame_tokens
        if total <= _most(tokens[first], tokens[at], pieces[at], room):
            last_of[first], first_of[last], tokens[first] = last, first, total
    ranges = []
    at = 0
    while at < len(pieces):
        ranges.append((at, last_of[at] + 1))
        at = last_of[at] + 1
    return ranges


def _most(left: int, right: int, piece: Piece, room: Room) -> int:
    """Tokens that two neighbouring ranges may have together; `piece` begins the right one."""
    is_whole_fence = piece.kind == "code" and not piece.lead and right == piece.tokens
    if is_whole_fence and left <= room.usual:
        return max(room.usual, room.with_code)
    if piece.kind == "row" and piece.lead:
        return room.with_rows
    if piece.lead or min(left, right) > room.scrap:
        return room.usual
    return room.with_scrap


def _checksums(text: str) -> tuple[int, int]:
    content = text.encode()
    return zlib.crc32(content[:_BEGINNING]), zlib.crc32(content)
