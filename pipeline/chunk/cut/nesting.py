"""Pieces inside an item or a quote, with its marks before their lines."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.chunk.pieces import Piece


def nest(pieces: Sequence[Piece], first: str, rest: str) -> list[Piece]:
    """Put marks before the lines of pieces: a quote's `> `, or the spaces below an item."""
    nested = []
    for number, piece in enumerate(pieces):
        text, lead, before = _mark(piece.text, rest), _mark(piece.lead, rest), ""
        if number == 0:
            text = first + text
        else:
            before = _mark(piece.before, rest)
            lead = rest + lead
        marks = (text.count("\n") + 1) * (2 if rest.strip() else 1)
        nested.append(
            piece._replace(
                text=text,
                before=before,
                tokens=piece.tokens + marks,
                lead=lead,
                tail=_mark(piece.tail, rest),
                frame_tokens=piece.frame_tokens + 2,
            )
        )
    return nested


def _mark(text: str, rest: str) -> str:
    """Put marks before every line but the first."""
    return text.replace("\n", "\n" + rest).replace(f"\n{rest}\n", f"\n{rest.rstrip()}\n")
