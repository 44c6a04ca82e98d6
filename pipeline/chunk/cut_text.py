"""Text as pieces: sentences and lines, or words where a sentence is too long."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.chunk.link_targets import without_targets
from pipeline.chunk.pieces import INSIDE_WORD, SENTENCE, Piece, Sizes
from pipeline.chunk.sentences import to_sentences
from pipeline.chunk.tokens import count_at_most, count_tokens


def cut_text(text: str, sizes: Sizes) -> list[Piece]:
    """Return sentences and lines; one that alone is over the limit is cut between words."""
    sentences = to_sentences(text)
    counts = count_without_targets((space + sentence for sentence, space in sentences), sizes.limit)
    pieces: list[Piece] = []
    for (sentence, space), tokens in zip(sentences, counts, strict=True):
        pieces += cut_line(sentence, space, tokens, sizes.limit)
    return pieces


def cut_line(line: str, before: str, tokens: int, limit: int) -> list[Piece]:
    """Return a line or sentence as one piece, or cut between words if it is over the limit.

    `before` separates it from the text above, `tokens` is its size.
    """
    if tokens <= limit:
        return [Piece(line, before, SENTENCE, tokens)]
    (first, size), *others = cut_words(line, limit)
    rest = (Piece(part, "", INSIDE_WORD, part_tokens) for part, part_tokens in others)
    return [Piece(first, before, SENTENCE, size), *rest]


def cut_hard(text: str, limit: int) -> list[str]:
    """Cut a text into parts of at most `limit` tokens, between words where there are any."""
    return [part for part, _ in cut_words(text, limit)]


def cut_words(text: str, limit: int) -> list[tuple[str, int]]:
    """Cut a text as `cut_hard` does; return each part with its tokens.

    Linear in the text: strides that cannot be far over the limit are halved until they fit.
    """
    stride = 6 * limit
    waiting, at = [], 0
    while at < len(text):
        end = len(text) if len(text) - at <= stride else _word_end(text, at, at + stride)
        waiting.append(text[at:end])
        at = end
    waiting.reverse()
    done: list[tuple[str, int]] = []
    while waiting:
        part = waiting.pop()
        tokens = count_tokens(part)
        if tokens <= limit or len(part) == 1:
            done.append((part, tokens))
            continue
        middle = _word_end(part, 0, (len(part) + 1) // 2)
        waiting += [part[middle:], part[:middle]]
    return done


def _word_end(text: str, start: int, end: int) -> int:
    """Return the index after the last space in the second half of `text[start:end]`, or `end`."""
    space = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
    return space + 1 if space > (start + end) // 2 else end


def count_without_targets(texts: Iterable[str], most: int) -> list[int]:
    """Count the tokens of texts without the targets of their links, which follow the text.

    `most`: see `count_at_most`.
    """
    return [count_at_most(without_targets(text), most) for text in texts]
