"""Overlap: what a chunk repeats of the text before it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.chunk.pieces import Piece
from pipeline.chunk.sentences import to_sentences
from pipeline.chunk.tokens import count_tokens

_PROSE, _CODE = ("text", "whole", "item"), ("line", "code")


def with_overlap(pieces: Sequence[Piece], first: int, end: int, overlap: int) -> Sequence[Piece]:
    """Return `pieces[first:end]`, and before them at most `overlap` tokens of the pieces above.

    These are whole pieces, or the last sentences of a paragraph. Tables and whole fences are not
    repeated; lines of a fence that was cut are.
    """
    kinds = _CODE if pieces[first].kind == "line" else _PROSE
    begin, left = first, overlap
    while begin > 0 and pieces[begin - 1].kind in kinds and pieces[begin - 1].tokens <= left:
        begin -= 1
        left -= pieces[begin].tokens
        if pieces[begin].kind == "code":
            break
    if begin == first > 0 and kinds is _PROSE and pieces[first - 1].kind == "text":
        before = pieces[first - 1]
        if last := _last_sentences(before.text, overlap):
            return [before._replace(text=last), *pieces[first:end]]
    return pieces[begin:end]


def _last_sentences(text: str, limit: int) -> str:
    sentences = ""
    for sentence, space in reversed(to_sentences(text)):
        if count_tokens(sentence + sentences) > limit:
            break
        sentences = space + sentence + sentences
    return sentences.lstrip()
