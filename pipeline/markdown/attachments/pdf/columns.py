"""The order of reading: columns of text from left to right, between what crosses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from pipeline.markdown.attachments.pdf.layout import Item, Line, Region, surround

_EDGE = 3.0  # points: lines that begin so near begin at one place
_GUTTER = 0.6  # of the font's size
_LEAST_LINES = 3  # on each side
_MOST_CANDIDATES = 8
_DEEPEST = 3  # 2 ** 3 columns
_LEAST_WORDS = 2.5  # of a line on average: fewer are the cells of a table
_LEAST_FULL = 0.5  # of the column's width, for half of the lines


class _Band(NamedTuple):
    """What is between two items that cross the gutter, or such items themselves."""

    items: list[Item]
    left: list[Item]
    right: list[Item]


def to_regions(items: Sequence[Item], depth: int = 0) -> list[Region]:
    """Return what is read from the top down, one after the other."""
    items = sorted(items, key=lambda item: (-item.box.y1, item.box.x0))
    if depth >= _DEEPEST or len(items) < 2 * _LEAST_LINES:
        return [items] if items else []
    found = max(
        (list(_to_bands(items, edge)) for edge in _edges(items)),
        key=lambda bands: sum(len(band.items) for band in bands if band.left),
        default=[],
    )
    if not any(band.left for band in found):
        return [items]
    regions: list[Region] = []
    for band in found:
        if band.left:
            regions += to_regions(band.left, depth + 1) + to_regions(band.right, depth + 1)
        else:
            regions.append(band.items)
    return regions


def _edges(items: Sequence[Item]) -> list[float]:
    """Return where several lines begin, inside the page's text."""
    box = surround([item.box for item in items])
    inner = box.x0 + 0.15 * (box.x1 - box.x0)
    groups: list[list[float]] = []
    for place in sorted(item.box.x0 for item in items if item.box.x0 > inner):
        if groups and place - groups[-1][0] <= _EDGE:
            groups[-1].append(place)
        else:
            groups.append([place])
    groups = [group for group in groups if len(group) >= _LEAST_LINES]
    groups.sort(key=len, reverse=True)
    return [group[0] for group in groups[:_MOST_CANDIDATES]]


def _to_bands(items: Sequence[Item], edge: float) -> Iterator[_Band]:
    """Divide the items at those that cross the gutter before `edge`."""
    full: list[Item] = []
    beside: list[Item] = []
    for item in items:
        if item.box.x0 >= edge - 1 or item.box.x1 <= edge - _gutter(item):
            beside.append(item)
            continue
        if beside and (band := _to_columns(beside, edge)):
            if full:
                yield _Band(full, [], [])
            yield band
            full = []
        else:
            full += beside
        beside = []
        full.append(item)
    band = _to_columns(beside, edge) if beside else None
    full += [] if band else beside
    if full:
        yield _Band(full, [], [])
    if band:
        yield band


def _gutter(item: Item) -> float:
    return _GUTTER * item.size if isinstance(item, Line) else _EDGE


def _to_columns(items: list[Item], edge: float) -> _Band | None:
    """Return the items as two columns; None where they are cells or stand below one another."""
    left = [item for item in items if item.box.x0 < edge - 1]
    right = [item for item in items if item.box.x0 >= edge - 1]
    if not (_is_column(left) and _is_column(right)):
        return None
    one, other = (surround([item.box for item in side]) for side in (left, right))
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    if shared < 0.5 * min(one.y1 - one.y0, other.y1 - other.y0):
        return None
    return _Band(items, left, right)


def _is_column(items: Sequence[Item]) -> bool:
    """Return whether items are text that fills a column, not short cells."""
    lines = [item for item in items if isinstance(item, Line)]
    if len(items) < _LEAST_LINES:
        return False
    if not lines:
        return True
    box = surround([item.box for item in items])
    widths = [(line.box.x1 - line.box.x0) / max(1.0, box.x1 - box.x0) for line in lines]
    amount = [max(line.words, len(line.text) / 10) for line in lines]
    return sum(amount) / len(lines) >= _LEAST_WORDS and median(widths) >= _LEAST_FULL
