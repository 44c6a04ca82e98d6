"""A long table row as several: what is short is repeated, what is long is shared out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.chunk.cut.cell import to_fragments
from pipeline.chunk.cut_text import count_with_links, cut_words
from pipeline.chunk.link_targets import without_targets
from pipeline.chunk.tokens import count_tokens

_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_CELL_PERCENT, _CELLS_PERCENT = 15, 35  # of a part: the most of a cell that is repeated, and of all


def cut_row(row: str, limit: int) -> list[tuple[str, int]]:
    """Return a row as rows of at most `limit` tokens, with their tokens.

    Every part has the first cell, or its beginning, and the other short cells as far as they fit.
    Long cells are cut at line ends, then sentences, then words.
    """
    cells = to_cells(row)
    if not cells:
        return cut_words(row, limit)
    repeated = _to_repeated(cells, limit)
    name = repeated.get(0) or begin_cell(cells[0], limit * _CELL_PERCENT // 100)
    bare = count_tokens(join_cells([""] * len(cells)))
    room = limit - bare - count_tokens(" ".join((name, *repeated.values()))) - 4
    if room < limit // 4:  # a row of very many cells
        return cut_words(row, limit)
    rows = []
    for part in _share_out(cells, repeated, room):
        shown = {0: name} | repeated | part
        line = join_cells([shown.get(column, "") for column in range(len(cells))])
        rows.append((line, count_with_links(line)))
    return rows or [(row, count_with_links(row))]


def to_cells(row: str) -> list[str]:
    """Return the cells of a row; [] for another text that begins with a bar."""
    *cells, after = [cell.strip() for cell in _BETWEEN_CELLS.split(row)[1:]]
    return [] if after else cells


def _to_repeated(cells: Sequence[str], limit: int) -> dict[int, str]:
    """Return the cells that each part repeats, by column: short ones, from the left."""
    repeated = {}
    left = limit * _CELLS_PERCENT // 100
    for column, cell in enumerate(cells):
        tokens = count_with_links(cell) if len(cell) < 8 * limit else limit
        if cell and tokens <= min(left, limit * _CELL_PERCENT // 100):
            repeated[column] = cell
            left -= tokens
    return repeated


def begin_cell(cell: str, limit: int) -> str:
    """Return the beginning of a long first cell; of a link, its label."""
    cell = without_targets(cell)
    line = cell.partition("<br>")[0]
    if not line:
        return ""
    words = cut_words(line, max(4, limit))[0][0].rstrip()
    return words if words == cell else words.rstrip(".:") + "…"


def _share_out(
    cells: Sequence[str], repeated: Mapping[int, str], room: int
) -> Iterator[dict[int, str]]:
    """Yield what each part has of the other cells, by column: as many fragments as fit."""
    part: dict[int, str] = {}
    size = 0
    for column, cell in enumerate(cells):
        if column in repeated or not cell:
            continue
        for fragment, before in to_fragments(cell, room):
            tokens = count_with_links(before + fragment) + 1
            if part and size + tokens > room:
                yield part
                part, size = {}, 0
            part[column] = part[column] + before + fragment if column in part else fragment
            size += tokens
    if part:
        yield part


def join_cells(cells: Sequence[str]) -> str:
    """Return cells as a row."""
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)
