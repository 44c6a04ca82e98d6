"""A piece that is too long all the same, with its links or the marks around it: between words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pipeline.chunk.cut_text import cut_hard
from pipeline.chunk.pieces import Piece

_MARKER = re.compile(r"[^\s>]")  # of an item: its next lines have spaces instead
MARKS_TOKENS = 16  # of the marks of a fence
# A line that begins or ends a fence: what is before the mark, the mark, and the language. A longer
# mark, which each part would repeat, is text.
_FENCE_LINE = re.compile(
    r"([\s>]*+(?:(?:[-*+]|\d{1,9}[.)])\s+)*+)(`{3,20}(?=[^`]*$)|~{3,20}(?!~))(.*)"
)


class _Opening(NamedTuple):
    """The first line of a fence: what is before the mark, the mark, and the language."""

    before: str
    mark: str
    language: str


def cut_piece(piece: Piece, room: int) -> Iterator[str]:
    """Yield parts of at most `room` tokens, each with the lead and all marks of its fences."""
    lead, text = piece.lead, piece.text + piece.tail
    if "```" in lead or "~~~" in lead:
        lead, text = "", lead + text
    if "```" in text or "~~~" in text:
        room -= MARKS_TOKENS
    if 2 * piece.frame_tokens > room:
        lead, text = "", lead + text
    if lead:
        room -= piece.frame_tokens
    for part in close_fences(cut_hard(text, max(1, room))):
        yield lead + part


def close_fences(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts of a text that was cut anywhere, each with all marks of its fences."""
    opened: _Opening | None = None
    for part in parts:
        lead = "".join(opened) + "\n" if opened else ""
        for line in part.split("\n"):
            opened = _after(line, opened)
        yield lead + part.rstrip("\n") + (f"\n{opened.before}{opened.mark}" if opened else "")


def find_fences(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where fences begin and end: their first lines, and the lines after their last."""
    opened: _Opening | None = None
    first = 0
    for at, line in enumerate(lines):
        was, opened = opened, _after(line, opened)
        if opened and not was:
            first = at
        elif was and not opened:
            yield first, at + 1
    if opened:
        yield first, len(lines)


def _after(line: str, opened: _Opening | None) -> _Opening | None:
    """Return the fence that is open after a line; `opened` is the one before it."""
    found = _FENCE_LINE.match(line)
    if found and opened is None:
        return _Opening(_MARKER.sub(" ", found[1]), found[2], found[3])
    is_end = found and opened and found[2].startswith(opened.mark) and not found[3].strip()
    return None if is_end else opened
