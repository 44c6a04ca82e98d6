"""A table as pieces: rows, each part under the table's header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.chunk.cut.columns import to_narrow_tables
from pipeline.chunk.cut.row import cut_row
from pipeline.chunk.cut_text import count_to_cut, count_with_links, cut_text
from pipeline.chunk.link_targets import find_links
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
    if _is_wide(header, rows, frame, sizes) and (tables := _to_tables(header, rows, sizes)):
        return tables
    if rows and 2 * frame <= sizes.limit:
        first, *others = _to_rows(rows, header + "\n", frame, sizes)
        first = first._replace(text=first.lead + first.text, lead="", frame_tokens=0, kind="table")
        return [first._replace(tokens=first.tokens + frame), *others]
    if frame > sizes.limit:
        above = cut_text(header.partition("\n")[0], sizes)
    else:
        above = [Piece(header, "", SENTENCE, frame, "table")]
    return above + (_to_rows(rows, "", 0, sizes) if rows else [])


def _is_wide(header: str, rows: Sequence[str], frame: int, sizes: Sizes) -> bool:
    """Return whether a part of a row, with empty cells for what it lacks, has little room."""
    usual = sizes.target * _LONG_ROW_PERCENT // 100
    return 2 * frame > sizes.limit or (
        4 * header.partition("\n")[0].count("|") > usual
        and any(count_to_cut(row, usual) > usual for row in rows)
    )


def _to_tables(header: str, rows: Sequence[str], sizes: Sizes) -> list[Piece]:
    """Return the pieces of a wide table as tables of fewer columns."""
    names = header.partition("\n")[0]
    pieces: list[Piece] = []
    for table in to_narrow_tables(names, rows, sizes.limit // 4, max(2, sizes.target // 16)):
        first, *others = cut_table(table, sizes)
        pieces += [first._replace(before="\n\n", rank=SENTENCE + 1), *others]
    return pieces


def _to_rows(rows: list[str], lead: str, frame: int, sizes: Sizes) -> list[Piece]:
    room = sizes.limit - frame
    usual = min(room, sizes.target * _LONG_ROW_PERCENT // 100)
    pieces: list[Piece] = []
    for row in rows:
        tokens = count_to_cut("\n" + row, room)
        parts = [(row, tokens)] if tokens <= usual else cut_row(row, _part_size(row, usual, room))
        pieces += (
            Piece(part, "\n", SENTENCE, size, "row", lead, frame_tokens=frame)
            for part, size in parts
        )
    return pieces


def _part_size(row: str, usual: int, room: int) -> int:
    """Return the size of the parts of a row: larger ones where a link would be cut otherwise."""
    links = (row[first:end] for first, end in find_links(row))
    longest = max(map(count_with_links, links), default=0)
    return room if 2 * longest > usual and 3 * longest <= 2 * room else usual
