"""A fence as pieces: lines of code, each part with the fence's own marks."""

from __future__ import annotations

from pipeline.chunk.cut_text import cut_line, cut_text
from pipeline.chunk.pieces import Piece, Sizes
from pipeline.chunk.tokens import count_at_most, count_tokens


def cut_fence(text: str, sizes: Sizes) -> list[Piece]:
    """Return a fence's lines, with its marks as their lead and tail.

    The text of the first piece already holds the lead, that of the last the tail. An opening line
    that is too long to be repeated becomes text above the fence.
    """
    opening, *lines = text.split("\n")
    mark = opening[: len(opening) - len(opening.lstrip("`~"))] or "```"
    if lines and lines[-1].strip() and set(lines[-1].strip()) == {mark[0]}:
        mark = lines.pop()
    lead, tail = opening + "\n", "\n" + mark
    frame = count_tokens(lead) + count_tokens(tail)
    above: list[Piece] = []
    if frame * 3 > sizes.limit:
        above = cut_text(opening[len(mark) :].strip(), sizes)
        lead, frame = mark + "\n", count_tokens(mark + "\n") + count_tokens(tail)
    room = max(1, sizes.limit - frame)
    pieces: list[Piece] = []
    for line in lines or [""]:
        tokens = count_at_most("\n" + line, room)
        pieces += (
            piece._replace(kind="line", lead=lead, tail=tail, frame_tokens=frame)
            for piece in cut_line(line, "\n", tokens, room)
        )
    head = pieces[0]
    pieces[0] = head._replace(
        text=lead + head.text, lead="", kind="code", tokens=head.tokens + frame
    )
    last = pieces[-1]
    pieces[-1] = last._replace(text=last.text + tail, tail="", tokens=last.tokens + frame)
    return above + pieces
