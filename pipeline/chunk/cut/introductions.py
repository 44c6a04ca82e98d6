"""Lines that introduce a list, a table or a quote: every part of it begins with them."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.chunk.blocks import SectionBlock
from pipeline.chunk.link_targets import without_targets
from pipeline.chunk.pieces import Piece, Sizes
from pipeline.chunk.sentences import to_sentences
from pipeline.chunk.tokens import count_at_most

_SHARE = 6  # of the target: a longer line is not repeated
_INTRODUCED = ("list", "table")
_COLONS = (":", "：")  # the second of Chinese and Japanese
_EMPHASIS = "*_"
_LABEL_TOKENS = 20  # the most of a label


class Introduction(NamedTuple):
    """What the block above ends with, where that belongs to what follows."""

    text: str = ""  # to be repeated; "" if it is too long
    tokens: int = 0
    is_line: bool = False  # it ends with a colon: whatever follows belongs to it

    def leave_room(self, sizes: Sizes) -> Sizes:
        """Return the sizes of pieces that have this before them."""
        limit = sizes.limit - self.tokens
        return Sizes(min(sizes.target, limit), limit) if self.text else sizes

    def lead(self, piece: Piece) -> Piece:
        """Return a piece with this before it where a chunk begins with it."""
        if not self.text:
            return piece
        return piece._replace(
            lead=f"{self.text}\n\n{piece.lead}", frame_tokens=piece.frame_tokens + self.tokens
        )


def introduction_to(block: SectionBlock, above: SectionBlock | None, sizes: Sizes) -> Introduction:
    """Return how the block above introduces a block.

    The last line of a text does so with a colon; a title, all in bold, and a label do so above a
    list or a table.
    """
    if above is None or above.kind != "text":
        return Introduction()
    is_line = above.text.rstrip(_EMPHASIS).endswith(_COLONS)
    if block.kind not in _INTRODUCED:
        return Introduction(is_line=is_line)
    if not (is_line or is_title(above.text) or _is_label(above.text)):
        return Introduction()
    return _to_introduction(to_sentences(above.text)[-1][0], sizes)


def title_of(quote: str, sizes: Sizes) -> Introduction:
    """Return the title that a quote begins with: a panel's in an item is in no breadcrumb."""
    title, _, rest = quote.partition("\n\n")
    return _to_introduction(title, sizes) if rest and is_title(title) else Introduction()


def _to_introduction(text: str, sizes: Sizes) -> Introduction:
    text = without_targets(text)
    most = max(1, min(sizes.target, sizes.limit) // _SHARE)
    tokens = count_at_most(text + "\n\n", most)
    if tokens > most:
        return Introduction(is_line=True)
    return Introduction(text, tokens, is_line=True)


def is_title(text: str) -> bool:
    """Return whether a text is all in bold, as the title of a table is."""
    return len(text) > 4 and text[:2] == text[-2:] == "**" and "**" not in text[2:-2]


def _is_label(text: str) -> bool:
    """Return whether a text is a short line without the end of a sentence: `1.2.1 (Jun 6)`."""
    text = without_targets(text)
    is_line = "\n" not in text and text[:1].isalnum() and (text[-1].isalnum() or text[-1] == ")")
    return is_line and count_at_most(text, _LABEL_TOKENS) <= _LABEL_TOKENS
