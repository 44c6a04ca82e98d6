"""Rows of a sheet or a CSV file: without empty edges, in groups under their header."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.markdown.attachments.errors import TooLargeFileError
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.tables import to_table_block
from pipeline.markdown.blocks import Block

_MOST_ROWS_ABOVE = 8  # titles and remarks above a table
_GROUP = 500  # rows: a header is repeated, so that a part of the file is read with it


class Counting:
    """Counts the rows and cells of one file."""

    def __init__(self, limits: FileLimits) -> None:
        self._limits = limits
        self._rows = self._cells = 0

    def add(self, row: Sequence[object]) -> None:
        """Count a row; raises `TooLargeFileError` over the limits."""
        self._rows += 1
        self._cells += len(row)
        check_size(self._rows, self._cells, self._limits)


def check_size(rows: int, cells: int, limits: FileLimits) -> None:
    """Raise `TooLargeFileError` for more rows or cells than the limits allow."""
    if rows > limits.rows:
        raise TooLargeFileError(f"it has more than {limits.rows:,} rows")
    if cells > limits.cells:
        raise TooLargeFileError(f"it has more than {limits.cells:,} cells")


def to_blocks(rows: Sequence[Sequence[str]]) -> list[Block]:
    """Return the tables of a sheet, which empty rows divide, with the text between them."""
    blocks: list[Block] = []
    for part in _divide(rows):
        above, table = _split_titles(_trim(part))
        blocks += [Block("text", " ".join(filter(None, row))) for row in above]
        if table:
            blocks += _in_groups(table)
    return blocks


def _divide(rows: Sequence[Sequence[str]]) -> list[list[Sequence[str]]]:
    """Divide rows at empty ones where the next row may be the head of another table."""
    parts: list[list[Sequence[str]]] = []
    is_open = False
    for row in rows:
        if not any(cell.strip() for cell in row):
            is_open = False
        elif is_open or (parts and _continues(parts[-1], row)):
            parts[-1].append(row)
            is_open = True
        else:
            parts.append([row])
            is_open = True
    return parts


def _continues(part: Sequence[Sequence[str]], row: Sequence[str]) -> bool:
    """Return whether a row after an empty one has the columns of the table above."""
    return len(part) > 2 and _filled(part[-1]) == _filled(row) and len(_filled(row)) > 1


def _filled(row: Sequence[str]) -> list[int]:
    return [at for at, cell in enumerate(row) if cell.strip()]


def _trim(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of one width without the columns that are empty in all."""
    width = max(map(len, rows))
    used = sorted({at for row in rows for at in _filled(row)})
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    return [[row[at] for at in used] for row in padded]


def _split_titles(rows: list[list[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows above a table that fill one cell only, and the table."""
    if len(rows[0]) == 1:
        return ([], rows) if len(rows) > 1 else (rows, [])
    for at, row in enumerate(rows[:_MOST_ROWS_ABOVE]):
        if len(_filled(row)) > 1:
            return rows[:at], rows[at:]
    return [], rows


def _in_groups(rows: list[list[str]]) -> list[Block]:
    header, body = rows[0], rows[1:]
    groups = [body[at : at + _GROUP] for at in range(0, len(body), _GROUP)] or [[]]
    return [block for group in groups for block in to_table_block([header, *group])]
