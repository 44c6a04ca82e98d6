"""Tables without ruled lines, and the lines of a region: what is on one baseline is one row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.markdown.attachments.pdf.layout import Item, Line, Table, surround
from pipeline.markdown.attachments.pdf.lines import join_texts

_SAME_BASE = 0.35  # of the font's size
_FAR = 2.6  # of the font's size, from one baseline to the next: the table ends
_OTHER_SIZE = 1.25  # times larger or smaller: not of the same table
_WRAPPED = 1.35  # the same: the next line of a cell
_GAP = 0.5  # of the font's size, between columns
_LEAST_ROWS = 2
_LONGEST_CELL = 14  # words on average: more are text in columns
_LEADER = re.compile(r"(?:[.·…_][ ]?){4,}")
MARKER = re.compile(
    r"(?:[•◦▪▫‣●○■□❑➢✓\-–—*·∙⁃\uf0b7\uf0a7\uf076\uf0fc]|[(]?(?:\d{1,3}|[a-z]|[ivx]{2,4})[.)])$"
)

_Row = list[Line]
_Span = tuple[float, float]


def to_flow(items: Sequence[Item]) -> Iterator[Item]:
    """Yield the lines of a region, and its tables; what is on one baseline becomes one of them."""
    run: list[_Row] = []
    spans: list[_Span] = []
    for row in _to_rows(items):
        if isinstance(row, Table):
            yield from _end(run)
            yield row
            run, spans = [], []
            continue
        wider = _extend(spans, row) if run else _to_spans(row)
        if run and _continues(run, spans, wider, row):
            run.append(row)
            spans = wider
        else:
            yield from _end(run)
            run, spans = [row], _to_spans(row)
    yield from _end(run)


def _to_rows(items: Sequence[Item]) -> Iterator[_Row | Table]:
    row: _Row = []
    for item in sorted(items, key=lambda item: (-_height(item), item.box.x0)):
        if row and isinstance(item, Line) and row[0].base - item.base <= _SAME_BASE * item.size:
            row.append(item)
            continue
        if row:
            yield _tidy(row)
        row = []
        if isinstance(item, Table):
            yield item
        else:
            row = [item]
    if row:
        yield _tidy(row)


def _height(item: Item) -> float:
    return item.base if isinstance(item, Line) else item.box.y1


def _tidy(row: _Row) -> _Row:
    """Join what is no cell: an item's marker with its text, a leader's dots with both ends."""
    row = sorted(row, key=lambda line: line.box.x0)
    if len(row) > 1 and any(_LEADER.search(line.text) for line in row):
        joined = _join(row)
        return [replace(joined, text=" ".join(_LEADER.sub(" ", joined.text).split()))]
    if len(row) > 1 and MARKER.match(row[0].text):
        row = [_join(row[:2]), *row[2:]]
    if len(row) > 1 and sum(line.is_mono for line in row) == len(row):
        return [_join(row)]
    return row


def _join(row: Sequence[Line]) -> Line:
    longest = max(row, key=lambda line: len(line.text))
    return replace(
        longest,
        text=" ".join(line.text for line in row),
        box=surround([line.box for line in row]),
        is_bold=all(line.is_bold for line in row),
        is_mono=all(line.is_mono for line in row),
        words=sum(line.words for line in row),
    )


def _to_spans(row: _Row) -> list[_Span]:
    return [(line.box.x0, line.box.x1) for line in row]


def _extend(spans: Sequence[_Span], row: _Row) -> list[_Span]:
    """Return the columns that leave room for one more row; those that it bridges become one."""
    gap = _GAP * row[0].size
    merged: list[_Span] = []
    for start, end in sorted([*spans, *_to_spans(row)]):
        if merged and start < merged[-1][1] + gap:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _continues(
    run: Sequence[_Row], spans: Sequence[_Span], wider: Sequence[_Span], row: _Row
) -> bool:
    """Return whether a row is the next one of a table."""
    last = run[-1][0]
    small, large = sorted((last.size, row[0].size))
    if last.base - row[0].base > _FAR * small or large > _OTHER_SIZE * small:
        return False
    if len(wider) < 2 or len(run[0]) < 2:
        return False
    if len(wider) < len(spans) and len(run) >= _LEAST_ROWS:
        return False
    return len(row) > 1 or row[0].box.x0 >= spans[1][0] - row[0].size


def _end(run: Sequence[_Row]) -> Iterator[Item]:
    """Yield a run of rows as a table, or as lines where it is none."""
    if table := _to_table(run):
        yield table
        return
    is_numbered = len(run) > 1 and all(row[0].text.isdigit() for row in run if len(row) > 1)
    for row in run:
        if is_numbered and len(row) > 1:
            row[0] = replace(row[0], text=f"{row[0].text}.")
        yield row[0] if len(row) == 1 else _join(row)


def _to_table(run: Sequence[_Row]) -> Table | None:
    if len(run) < _LEAST_ROWS or sum(len(row) > 1 for row in run) < _LEAST_ROWS:
        return None
    spans: list[_Span] = []
    for row in run:
        spans = _extend(spans, row)
    words = [line.words for row in run for line in row]
    if len(spans) < 2 or sum(words) / len(words) > _LONGEST_CELL:
        return None
    rows: list[list[list[str]]] = []
    last = 0.0
    for row in run:
        cells = _to_cells(row, spans)
        is_wrapped = rows and not cells[0] and last - row[0].base <= _WRAPPED * row[0].size
        if is_wrapped and any(rows[-1][at] for at, cell in enumerate(cells) if cell):
            for above, cell in zip(rows[-1], cells, strict=True):
                above.extend(cell)
        else:
            rows.append(cells)
        last = row[0].base
    texts = [[join_texts(cell) for cell in cells] for cells in rows]
    if len(spans) == 2 and [cells[0] for cells in texts] == [*map(str, range(1, len(texts) + 1))]:
        return None  # a numbered list without dots
    return Table(texts, surround([line.box for row in run for line in row]))


def _to_cells(row: _Row, spans: Sequence[_Span]) -> list[list[str]]:
    cells: list[list[str]] = [[] for _ in spans]
    for line in row:
        at = sum(start <= line.box.x0 + 0.1 for start, _ in spans) - 1
        cells[max(0, at)].append(line.text)
    return cells
