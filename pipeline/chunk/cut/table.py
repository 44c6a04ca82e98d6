"""A table as pieces: rows, each part under the table's header."""

from __future__ import annotations

import re

from pipeline.chunk.cut.row import cut_row
from pipeline.chunk.cut_text import count_to_cut, cut_text
from pipeline.chunk.pieces import SENTENCE, Piece, Sizes
from pipeline.chunk.tokens import count_tokens

_DELIMITER_ROW = re.compile(r"\|[\s:|]*+-[\s:|-]*+$")
_LONG_ROW_PERCENT = 60  # of the target: longer rows are cut into parts of at most that


def cut_table(text: str, sizes: Sizes) -> list[Piece]:
    """Return a table's rows, with its header as their lead; the first row's text holds it.

    A header that is too long to be repeated is the first row.
    """
    rows = text.split("\n")
    if len(rows) < 2 or not _DELIMITER_ROW.match(rows[1]):
        return _to_rows(rows, "", 0, sizes)
    header, rows = "\n".join(rows[:2]), rows[2:]
    frame = count_tokens(header + "\n")
    if rows and 2 * frame <= sizes.limit:
        first, *others = _to_rows(rows, header + "\n", frame, sizes)
        first = first._replace(text=first.lead + first.text, lead="", frame_tokens=0, kind="table")
        return [first._replace(tokens=first.tokens + frame), *others]
    if frame > sizes.limit:
        above = cut_text(header.partition("\n")[0], sizes)
    else:
        above = [Piece(header, "", SENTENCE, frame, "table")]
    return above + (_to_rows(rows, "", 0, sizes) if rows else [])


def _to_rows(rows: list[str], lead: str, frame: int, sizes: Sizes) -> list[Piece]:
    room = sizes.limit - frame
    usual = min(room, sizes.target * _LONG_ROW_PERCENT // 100)
    pieces: list[Piece] = []
    for row in rows:
        tokens = count_to_cut("\n" + row, room)
        parts = [(row, tokens)] if tokens <= usual else cut_row(row, usual)
        pieces += (
            Piece(part, "\n", SENTENCE, size, "row", lead, frame_tokens=frame)
            for part, size in parts
        )
    return pieces
