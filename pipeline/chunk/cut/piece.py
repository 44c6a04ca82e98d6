"""A piece that is too long all the same, with its links or the marks around it: between words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.chunk.cut_text import cut_hard
from pipeline.chunk.pieces import Piece

_MARKER = re.compile(r"[^\s>]")  # of an item: its next lines have spaces instead
_MARKS_TOKENS = 16  # of the marks of a fence
# A line that begins or ends a fence: what is before the mark, the mark, and the language.
_FENCE_LINE = re.compile(r"([\s>]*+(?:(?:[-*+]|\d{1,9}[.)])\s+)*+)(`{3,}(?=[^`]*$)|~{3,})(.*)")


def cut_piece(piece: Piece, room: int) -> Iterator[str]:
    """Yield parts of at most `room` tokens, each with the lead and all marks of its fences."""
    lead, text = piece.lead, piece.text + piece.tail
    if "```" in lead or "~~~" in lead:
        lead, text = "", lead + text
    if "```" in text or "~~~" in text:
        room -= _MARKS_TOKENS
    if 2 * piece.frame_tokens > room:
        lead, text = "", lead + text
    if lead:
        room -= piece.frame_tokens
    for part in close_fences(cut_hard(text, max(1, room))):
        yield lead + part


def close_fences(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts of a text that was cut anywhere, each with all marks of its fences."""
    opened: tuple[str, str, str] | None = None  # what is before the mark, the mark, the language
    for part in parts:
        lead = "".join(opened) + "\n" if opened else ""
        for line in part.split("\n"):
            if found := _FENCE_LINE.match(line):
                if opened is None:
                    opened = (_MARKER.sub(" ", found[1]), found[2], found[3])
                elif found[2].startswith(opened[1]) and not found[3].strip():
                    opened = None
        yield lead + part.rstrip("\n") + (f"\n{opened[0]}{opened[1]}" if opened else "")
