"""Tables between ruled lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.markdown.attachments.pdf.layout import Box, Stroke, Table, Word
from pipeline.markdown.attachments.pdf.lines import to_cell_text

_NEAR = 3.0  # points: lines closer than that are one, and those that end so near touch
_MOST_PAIRS = 250_000  # of lines across and down: a drawing
_MOST_CELLS = 20_000
_LEAST_FILLED = 2  # cells


class Grid(NamedTuple):
    """The lines of one table: where columns and rows begin and end, from left to right and down."""

    xs: Sequence[float]
    ys: Sequence[float]
    across: Sequence[Stroke]
    down: Sequence[Stroke]

    @property
    def box(self) -> Box:
        """Return the table's place."""
        return Box(self.xs[0], self.ys[-1], self.xs[-1], self.ys[0])


def find_tables(
    words: Sequence[Word], across: Sequence[Stroke], down: Sequence[Stroke]
) -> tuple[list[Table], list[Word]]:
    """Return the tables between lines, and the words that are in none of them."""
    tables: list[Table] = []
    left = list(words)
    for grid in _find_grids(_merge(across), _merge(down)):
        inner = [word for word in left if grid.box.holds(word.box)]
        if table := _to_table(grid, inner):
            tables.append(table)
            left = [word for word in left if not grid.box.holds(word.box)]
    return tables, left


def _merge(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Join lines that continue or repeat one another."""
    merged: list[Stroke] = []
    group: list[Stroke] = []
    for stroke in (*sorted(strokes), None):
        if group and (stroke is None or stroke.at - group[0].at > _NEAR):
            merged += _merge_level(group)
            group = []
        if stroke is not None:
            group.append(stroke)
    return merged


def _merge_level(group: Sequence[Stroke]) -> Iterator[Stroke]:
    at = sum(stroke.at for stroke in group) / len(group)
    open_stroke: Stroke | None = None
    for stroke in sorted(group, key=lambda stroke: stroke.start):
        if open_stroke and stroke.start <= open_stroke.end + _NEAR:
            open_stroke = Stroke(at, open_stroke.start, max(open_stroke.end, stroke.end))
        else:
            if open_stroke:
                yield open_stroke
            open_stroke = Stroke(at, stroke.start, stroke.end)
    if open_stroke:
        yield open_stroke


def _find_grids(across: Sequence[Stroke], down: Sequence[Stroke]) -> Iterator[Grid]:
    """Yield what lines that cross or touch one another enclose, if that is at least two cells."""
    if len(across) * len(down) > _MOST_PAIRS:
        return
    for rows, columns in _connect(across, down):
        xs = _distinct([stroke.at for stroke in columns])
        ys = _distinct([stroke.at for stroke in rows])[::-1]
        cells = (len(xs) - 1) * (len(ys) - 1)
        if len(xs) > 1 and len(ys) > 1 and 2 <= cells <= _MOST_CELLS:
            yield Grid(xs, ys, rows, columns)


def _connect(
    across: Sequence[Stroke], down: Sequence[Stroke]
) -> Iterator[tuple[list[Stroke], list[Stroke]]]:
    free = list(down)
    unread = list(across)
    while unread:
        rows, columns = [unread.pop()], list[Stroke]()
        for row in rows:  # grows
            columns += (found := [column for column in free if _meet(row, column)])
            free = [column for column in free if not _meet(row, column)]
            for column in found:
                rows += [other for other in unread if _meet(other, column)]
                unread = [other for other in unread if not _meet(other, column)]
        yield rows, columns


def _meet(row: Stroke, column: Stroke) -> bool:
    return (
        column.start - _NEAR <= row.at <= column.end + _NEAR
        and row.start - _NEAR <= column.at <= row.end + _NEAR
    )


def _distinct(places: Sequence[float]) -> list[float]:
    distinct: list[float] = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > _NEAR:
            distinct.append(place)
    return distinct


def _to_table(grid: Grid, words: Sequence[Word]) -> Table | None:
    """Return the filled grid; None where it is a frame: one column of cells, or hardly filled."""
    owner = _merged_cells(grid)
    by_cell: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        if cell := _cell_of(grid, word.box):
            by_cell.setdefault(owner.get(cell, cell), []).append(word)
    texts = {cell: to_cell_text(inner) for cell, inner in by_cell.items()}
    if len(texts) < _LEAST_FILLED or len({column for _, column in texts}) < _LEAST_FILLED:
        return None
    rows = []
    for row in range(len(grid.ys) - 1):
        cells = [owner.get((row, column), (row, column)) for column in range(len(grid.xs) - 1)]
        is_title = len(set(cells)) == 1
        line = [
            "" if is_title and column else texts.get(cell, "") for column, cell in enumerate(cells)
        ]
        if any(line):
            rows.append(line)
    return Table(_without_empty_columns(rows), grid.box)


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    kept = [column for column in range(len(rows[0])) if any(row[column] for row in rows)]
    return [[row[column] for column in kept] for row in rows]


def _cell_of(grid: Grid, box: Box) -> tuple[int, int] | None:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    column = sum(place <= x for place in grid.xs) - 1
    row = sum(place >= y for place in grid.ys) - 1
    if 0 <= column < len(grid.xs) - 1 and 0 <= row < len(grid.ys) - 1:
        return row, column
    return None


def _merged_cells(grid: Grid) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the cell that each cell is a part of, where no line is between them."""
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(grid.ys) - 1):
        y = (grid.ys[row] + grid.ys[row + 1]) / 2
        for column in range(len(grid.xs) - 1):
            x = (grid.xs[column] + grid.xs[column + 1]) / 2
            if column and not _is_ruled(grid.down, grid.xs[column], y):
                owner[row, column] = owner.get((row, column - 1), (row, column - 1))
            elif row and not _is_ruled(grid.across, grid.ys[row], x):
                owner[row, column] = owner.get((row - 1, column), (row - 1, column))
    return owner


def _is_ruled(strokes: Sequence[Stroke], at: float, place: float) -> bool:
    return any(
        abs(stroke.at - at) <= _NEAR and stroke.start - _NEAR <= place <= stroke.end + _NEAR
        for stroke in strokes
    )
