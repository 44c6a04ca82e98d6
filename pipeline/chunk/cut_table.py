"""A table as pieces: rows, each part under the table's header."""

from __future__ import annotations

import re

from pipeline.chunk.cut_text import count_without_targets, cut_line
from pipeline.chunk.pieces import Piece, Sizes
from pipeline.chunk.tokens import count_tokens

_DELIMITER_ROW = re.compile(r"\|[\s:|]*+-[\s:|-]*+$")


def cut_table(text: str, sizes: Sizes) -> list[Piece]:
    """Return a table's rows, with its header as their lead; the first row's text holds it."""
    rows = text.split("\n")
    header = "\n".join(rows[:2]) if len(rows) > 2 and _DELIMITER_ROW.match(rows[1]) else ""
    frame = count_tokens(header + "\n") if header else 0
    if 2 * frame > sizes.limit:
        header, frame = "", 0
    if header:
        rows = rows[2:]
    lead = header + "\n" if header else ""
    room = sizes.limit - frame
    pieces: list[Piece] = []
    for row, tokens in zip(
        rows, count_without_targets(("\n" + row for row in rows), room), strict=True
    ):
        pieces += (
            piece._replace(kind="row", lead=lead, frame_tokens=frame)
            for piece in cut_line(row, "\n", tokens, room)
        )
    pieces[0] = pieces[0]._replace(text=lead + pieces[0].text, lead="", frame_tokens=0)
    return [pieces[0]._replace(tokens=pieces[0].tokens + frame), *pieces[1:]]
