"""A table's cell as fragments: sentences and lines, and fences, which stay whole where they fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.chunk.cut.piece import MARKS_TOKENS, close_fences, find_fences
from pipeline.chunk.cut_text import cut_hard, cut_words
from pipeline.chunk.sentences import to_sentences
from pipeline.chunk.tokens import count_tokens


def to_fragments(cell: str, room: int) -> Iterator[tuple[str, str]]:
    """Yield fragments of at most `room` tokens, each with what is between it and the one before."""
    before = ""
    lines = cell.split("<br>")
    at = 0
    for first, end in (*find_fences(lines), (len(lines), len(lines))):
        for line in lines[at:first]:
            for sentence, space in to_sentences(line):
                before = space or before
                for part, _ in cut_words(sentence, room):
                    yield part, before
                    before = ""
            before += "<br>"
        for part in _cut_fence(lines[first:end], room):
            yield part, before
            before = "<br>"
        at = end


def _cut_fence(lines: Sequence[str], room: int) -> list[str]:
    """Return a fence as one, or as several that begin and end with its marks."""
    if not lines or count_tokens("<br>".join(lines)) <= room:
        return ["<br>".join(lines)] if lines else []
    room = max(1, room - MARKS_TOKENS)
    *others, last = lines
    parts: list[str] = []
    left = 0
    for line in others:
        for part, tokens in cut_words(line, room):
            if parts and tokens < left:
                parts[-1] += f"\n{part}"
                left -= tokens + 1
            else:
                parts.append(part)
                left = room - tokens
    if parts and count_tokens(last) < MARKS_TOKENS:
        parts[-1] += f"\n{last}"
    else:
        parts += cut_hard(last, room)
    return [part.replace("\n", "<br>") for part in close_fences(parts)]
