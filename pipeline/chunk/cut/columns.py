"""A table of many columns as tables of few, each with the first column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from pipeline.chunk.cut.row import begin_cell, join_cells, to_cells
from pipeline.chunk.tokens import count_tokens

_NAME_TOKENS = 16  # the most of a row's first cell in every table but the first


def to_narrow_tables(header: str, rows: Sequence[str], most: int, most_columns: int) -> list[str]:
    """Return tables with headers of about `most` tokens; [] if they would be the same table.

    Rows without a value are omitted from all tables but the first.
    """
    names, *values = [to_cells(row) for row in (header, *rows)]
    groups = _to_groups(names, most, most_columns)
    if len(groups) < 2 or not values or not all(0 < len(cells) <= len(names) for cells in values):
        return []
    firsts = [begin_cell(cells[0], _NAME_TOKENS) for cells in values]
    columns = list(zip_longest(*values, fillvalue=""))
    tables = []
    for first, end in groups:
        is_first = first == 1
        name = names[0] if is_first else begin_cell(names[0], _NAME_TOKENS)
        lines = [join_cells((name, *names[first:end])), "|" + "---|" * (end - first + 1)]
        for row, *cells in zip(
            columns[0] if is_first else firsts, *columns[first:end], strict=True
        ):
            if is_first or any(cells):
                lines.append(join_cells((row, *cells)))
        tables.append("\n".join(lines))
    return tables


def _to_groups(names: Sequence[str], most: int, most_columns: int) -> list[tuple[int, int]]:
    """Return the columns of each table, from the second column on: (first, end)."""
    groups: list[tuple[int, int]] = []
    left = 0
    for column in range(1, len(names)):
        tokens = count_tokens(names[column]) + 3
        if groups and tokens <= left and column - groups[-1][0] < most_columns:
            groups[-1] = (groups[-1][0], column + 1)
        else:
            groups.append((column, column + 1))
            left = most
        left -= tokens
    return groups
