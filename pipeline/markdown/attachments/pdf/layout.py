"""What a page consists of. Places are in points, y from the bottom up, of upright text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle."""

    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, other: Box) -> bool:
        """Return whether the middle of another box is inside."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


class Word(NamedTuple):
    """Characters without a space between them, in one style."""

    text: str
    box: Box
    base: float  # y of the baseline
    size: float  # of the font
    is_bold: bool = False
    is_mono: bool = False
    link: str = ""
    is_glued: bool = False  # no space between it and the word before it
    is_faint: bool = False  # white, or not painted at all


class Stroke(NamedTuple):
    """A ruled line: its place across, and from where to where it reaches."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """What is on one baseline without a gap that is much wider than a space.

    It does not keep its words: a document of a thousand pages has a million.
    """

    text: str
    box: Box
    base: float
    size: float
    is_bold: bool = False  # all of it
    is_mono: bool = False
    words: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by row; all rows have the same width."""

    rows: Sequence[Sequence[str]]
    box: Box


Item = Line | Table
Region = Sequence[Item]  # what is read from the top down: a column, or the page's whole width


def surround(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around all."""
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )
