"""Text as pieces: sentences and lines, or words where a sentence is too long."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from pipeline.chunk.characters import character_end
from pipeline.chunk.link_targets import find_links, move_links
from pipeline.chunk.pieces import INSIDE_WORD, SENTENCE, Piece, Sizes
from pipeline.chunk.sentences import to_sentences
from pipeline.chunk.tokens import count_at_most, count_tokens


def cut_text(text: str, sizes: Sizes) -> list[Piece]:
    """Return sentences and lines; one that alone is over the limit is cut between words."""
    pieces: list[Piece] = []
    for sentence, space in to_sentences(text):
        tokens = count_to_cut(space + sentence, sizes.limit)
        pieces += cut_line(sentence, space, tokens, sizes.limit)
    return pieces


def cut_line(line: str, before: str, tokens: int, limit: int) -> list[Piece]:
    """Return a line or sentence as one piece, or cut between words if it is over the limit.

    `before` separates it from the text above, `tokens` is the size of both.
    """
    if tokens <= limit or not line:
        return [Piece(line, before, SENTENCE, tokens)]
    (first, size), *others = cut_words(line, limit)
    rest = (Piece(part, "", INSIDE_WORD, part_tokens) for part, part_tokens in others)
    return [Piece(first, before, SENTENCE, size), *rest]


def cut_hard(text: str, limit: int) -> list[str]:
    """Cut a text into parts of at most `limit` tokens, between words where there are any."""
    return [part for part, _ in cut_words(text, limit)]


def cut_words(text: str, limit: int) -> list[tuple[str, int]]:
    """Cut a text as `cut_hard` does; return each part with its tokens, those of its links too.

    No link is cut that fits. Linear in the text: strides that cannot be far over the limit are
    halved until they fit.
    """
    links = find_links(text)
    starts = [start for start, _ in links]
    limit = max(1, limit)  # deep inside of other blocks, a share of the room may be nothing
    stride = 6 * limit
    waiting: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end = len(text)
        if end - at > stride:
            end = _part_end(text, at, at + stride, links, starts)
        waiting.append((at, end))
        at = end
    waiting.reverse()
    done: list[tuple[str, int]] = []
    while waiting:
        start, end = waiting.pop()
        part = text[start:end]
        tokens = count_with_links(part)
        if tokens <= limit or len(part) == 1:
            done.append((part, tokens))
            continue
        middle = _part_end(text, start, (start + end + 1) // 2, links, starts)
        if middle >= end:  # in a link
            middle = _word_end(text, start, (start + end + 1) // 2)
        if middle >= end:  # in a character
            middle = (start + end + 1) // 2
        waiting += [(middle, end), (start, middle)]
    return done


def _part_end(
    text: str, start: int, end: int, links: Sequence[tuple[int, int]], starts: Sequence[int]
) -> int:
    """Return where a part from `start` to about `end` ends: between words, outside links."""
    found = _word_end(text, start, end)
    at = bisect_left(starts, found) - 1
    if at < 0 or found >= links[at][1]:
        return found
    first, last = links[at]
    return first if first > start else last


def _word_end(text: str, start: int, end: int) -> int:
    """Return the index after the last space in the second half of `text[start:end]`.

    Without one it is the end of a whole character, if possible.
    """
    space = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
    return space + 1 if space > (start + end) // 2 else character_end(text, start, end)


def count_with_links(text: str) -> int:
    """Count the tokens of a text with the links that follow it."""
    text, links = move_links(text)
    return count_tokens("\n".join((text, *links)))


def count_to_cut(text: str, most: int) -> int:
    """Count the tokens of a text without the targets of its links, which follow the text.

    A number over `most` where it does not fit with them: a list of addresses has few tokens without
    its targets, and many with them. See `count_at_most`.
    """
    label_text, links = move_links(text)
    tokens = count_at_most(label_text, most)
    if links and tokens <= most < len(text) and count_with_links(text) > most:
        return most + 1
    return tokens
