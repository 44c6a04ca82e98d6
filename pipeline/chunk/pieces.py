"""Pieces: the smallest parts of a section that a chunk may begin or end with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# The rank of a boundary: pieces are joined at the boundaries of the lowest rank first. Below BLOCK
# there is room for three ranks of each level of nested blocks.
INSIDE_WORD, SENTENCE, BLOCK = 0, 1, 60


class Piece(NamedTuple):
    """A part of a section. Joined with their `before`, all pieces are the section's text."""

    text: str
    before: str  # between it and the piece before it, where both are in one chunk
    rank: int  # of the boundary before it
    tokens: int
    # text; whole: an item, a quote or a box; item: a later bullet of a cut list;
    # code: a fence or its first line; line: another one; table: one or its first row; row: another
    kind: str = "text"
    # Before it where a chunk begins with it: a line that introduces it, a table's header, a fence's
    # mark.
    lead: str = ""
    tail: str = ""  # after it where a chunk ends with it: a fence's end
    frame_tokens: int = 0  # of lead and tail


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tokens: where to cut what can be cut, and what no piece may exceed."""

    target: int
    limit: int
