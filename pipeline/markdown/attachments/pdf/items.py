"""The items of a list: their markers, and which belongs to which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.markdown.attachments.pdf.layout import Line
from pipeline.markdown.attachments.pdf.lines import join_texts
from pipeline.markdown.blocks import Block

_BULLET = re.compile(r"([•◦▪▫‣●○■□❑➢✓*∙⁃\uf0b7\uf0a7\uf076\uf0fc·–—-]|o(?=  ?[^ ]))\s+(?=\S)")
_NUMBERED = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")
_LETTERED = re.compile(r"[(]?(?:[a-z]|[ivx]{2,4}|\d{1,3})[)]\s+(?=\S)|[a-z][.]\s+(?=\S)")
_SURE = "•◦▪▫‣●○■□❑➢✓∙⁃\uf0b7\uf0a7\uf076\uf0fc"  # what no line of a sentence begins with
_NEAR = 3.0  # points: items that begin so near are of one level


class ListItem(NamedTuple):
    """An item with its lines, which grow."""

    place: float  # where it begins
    marker: str  # as Markdown has it
    lines: list[str]
    is_sure: bool  # False where a line of a paragraph might begin alike


def read_item(line: Line) -> ListItem | None:
    """Return the item that a line begins, if it begins with a marker."""
    text, place = line.text, line.box.x0
    if found := _BULLET.match(text):
        return ListItem(place, "-", [text[found.end() :]], found[1] in _SURE)
    if found := _NUMBERED.match(text):
        return ListItem(place, f"{found[1]}.", [text[found.end() :]], False)
    if _LETTERED.match(text):
        return ListItem(place, "-", [text], False)
    return None


def to_list(items: Sequence[ListItem]) -> Block:
    """Return the items as one list."""
    return Block("list", "\n".join(_to_lines(items)))


def _to_lines(items: Sequence[ListItem]) -> Iterator[str]:
    """Yield the items; one that begins further right belongs to the one above."""
    above: list[tuple[float, int]] = []  # place, width of the marker
    for item in items:
        while above and item.place <= above[-1][0] + _NEAR:
            above.pop()
        indent = sum(width for _, width in above)
        yield f"{' ' * indent}{item.marker} {join_texts(item.lines)}"
        above.append((item.place, len(item.marker) + 1))
