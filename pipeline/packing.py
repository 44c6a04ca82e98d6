"""Which neighbouring pieces share a chunk."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from pipeline.pieces import Piece


def pack(pieces: Sequence[Piece], room: int) -> list[tuple[int, int]]:
    """Ranges (first, behind the last) of pieces whose tokens add up to at most `room`.

    Nothing is counted from the top: every boundary is closed or left open by what stands beside
    it, the weakest first, equals in the order of a checksum of the text behind them. So an edit
    moves the boundaries next to it and no others.
    """
    first_of = list(range(len(pieces)))  # of the range that ends with a piece
    last_of = list(range(len(pieces)))  # of the range that begins with a piece
    tokens = [piece.tokens + piece.frame_tokens for piece in pieces]  # of the range begun by it
    order = sorted(
        range(1, len(pieces)),
        key=lambda at: (pieces[at].rank, zlib.crc32(pieces[at].text.encode()), at),
    )
    for at in order:
        first, last = first_of[at - 1], last_of[at]
        total = tokens[first] + tokens[at] - pieces[at].frame_tokens
        if total <= room:
            last_of[first], first_of[last], tokens[first] = last, first, total
    ranges = []
    at = 0
    while at < len(pieces):
        ranges.append((at, last_of[at] + 1))
        at = last_of[at] + 1
    return ranges
