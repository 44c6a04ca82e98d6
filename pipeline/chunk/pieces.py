"""Blocks as pieces: the smallest parts that a chunk may begin or end with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.chunk.link_targets import move_links, to_labels
from pipeline.chunk.sections import Block, to_blocks
from pipeline.chunk.tokens import count_each, count_tokens

# How much holds two neighbours together: a boundary of a high rank is the last to be closed.
_INSIDE_WORD, _SENTENCE, _BLOCK = 0, 1, 60
_DEEPEST = 16  # what nests deeper is cut as plain text

_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"'”’)\]*_]*(\s+)(?=[\"'“‘(\[*_`!]*[A-Z0-9À-ÞА-Я])|(?<=[。！？])()(?=.)|(\n)"
)
_ITEM_LINE = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")
_DELIMITER_ROW = re.compile(r"\|[\s:|-]*-[\s:|-]*$")


class Piece(NamedTuple):
    """A part of a section. Joined with their `before`, all pieces are the section's text."""

    text: str
    before: str  # between it and the piece before it, where both stand in one chunk
    rank: int  # of the boundary before it
    tokens: int
    kind: str = "text"  # text, row, code: what may be repeated as overlap
    lead: str = ""  # in front of it where a chunk begins with it: a table's header, a fence's mark
    tail: str = ""  # behind it where a chunk ends with it: a fence's end
    frame_tokens: int = 0  # of lead and tail


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tokens: where to cut what can be cut, and what no piece may exceed."""

    target: int
    limit: int


def to_pieces(blocks: Sequence[Block], sizes: Sizes) -> list[Piece]:
    """The pieces of a section, none longer than `sizes.limit` with its lead and tail."""
    return [piece for group in _to_groups(blocks, sizes, 0) for piece in group]


def _to_groups(blocks: Sequence[Block], sizes: Sizes, depth: int) -> Iterator[list[Piece]]:
    introduces = False
    for block, tokens in zip(blocks, _count(block.text for block in blocks), strict=True):
        rank = _BLOCK - 3 * depth
        # A list of addresses is short to read and long all the same.
        is_over = len(block.text) > sizes.limit and _count_with_links(block) > sizes.limit
        pieces = _cut(block, max(tokens, sizes.limit + 1) if is_over else tokens, sizes, depth)
        # A line that ends with a colon belongs to what it introduces.
        pieces[0] = pieces[0]._replace(before="\n\n", rank=rank - 2 if introduces else rank)
        introduces = block.kind == "text" and block.text.endswith(":")
        yield pieces


def _cut(block: Block, tokens: int, sizes: Sizes, depth: int) -> list[Piece]:
    if tokens <= sizes.target or (block.kind == "fence" and tokens <= sizes.limit):
        kind = {"fence": "code", "table": "row"}.get(block.kind, "text")
        return [Piece(block.text, "", 0, tokens, kind)]
    if block.kind == "fence":
        return _cut_fence(block.text, sizes)
    if block.kind == "table":
        return _cut_table(block.text, sizes)
    if block.kind == "text" or depth > _DEEPEST:
        return _cut_text(block.text, sizes)
    return (_cut_list if block.kind == "list" else _cut_quote)(block.text, sizes, depth)


def _cut_quote(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    inner = "\n".join(re.sub(r"^> ?", "", line) for line in text.split("\n"))
    return _nest(_cut_inner(inner, sizes, depth), "> ", "> ")


def _cut_inner(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    """The pieces of Markdown that stands inside an item or a quote, with room for its marks."""
    narrower = Sizes(sizes.target, max(1, sizes.limit - sizes.limit // 8 - 4))
    groups = _to_groups(to_blocks(text), narrower, depth + 1)
    return [piece for group in groups for piece in group]


def _nest(pieces: Sequence[Piece], first: str, rest: str) -> list[Piece]:
    """Put marks before the lines of pieces: those of a quote, or the spaces below an item."""
    nested = []
    for number, piece in enumerate(pieces):
        text = piece.text.replace("\n", "\n" + rest)
        lead = piece.lead.replace("\n", "\n" + rest)
        before = piece.before
        if number == 0:
            text, before = first + text, ""
        else:
            before = before.replace("\n\n", f"\n{rest.rstrip()}\n") if rest.strip() else before
            before = before + rest if before.endswith("\n") else before
            lead = rest + lead
        marks = (text.count("\n") + 1) * (2 if rest.strip() else 1)
        nested.append(
            piece._replace(
                text=text,
                before=before,
                tokens=piece.tokens + marks,
                lead=lead,
                tail=piece.tail.replace("\n", "\n" + rest),
                frame_tokens=piece.frame_tokens + 2,
            )
        )
    return nested


def to_sentences(text: str) -> list[tuple[str, str]]:
    """Sentences and lines, each with the space that stands before it."""
    found = []
    at, before = 0, ""
    for match in _SENTENCE_END.finditer(text):
        space = match[1] or match[3] or ""
        found.append((text[at : match.end() - len(space)], before))
        at, before = match.end(), space
    return [*found, (text[at:], before)]


def _cut_text(text: str, sizes: Sizes) -> list[Piece]:
    """Sentences and lines; one that alone is over the limit is cut between words."""
    sentences = to_sentences(text)
    counts = _count(space + sentence for sentence, space in sentences)
    pieces: list[Piece] = []
    for (sentence, space), tokens in zip(sentences, counts, strict=True):
        parts = [(sentence, tokens)] if tokens <= sizes.limit else _cut_hard(sentence, sizes.limit)
        pieces.append(Piece(parts[0][0], space, _SENTENCE, parts[0][1]))
        pieces += (Piece(part, "", _INSIDE_WORD, size) for part, size in parts[1:])
    return pieces


def _count_with_links(block: Block) -> int:
    if block.kind == "fence":
        return 0
    text, links = move_links(block.text)
    return count_tokens("\n".join((text, *links))) if links else 0


def _count(texts: Iterable[str]) -> list[int]:
    """Tokens of texts without the targets of their links, which do not stand among the text."""
    return count_each([to_labels(text) for text in texts])


def cut_hard(text: str, limit: int) -> list[str]:
    """A text in parts of at most `limit` tokens, cut between words where there are any."""
    return [part for part, _ in _cut_hard(text, limit)]


def _cut_hard(text: str, limit: int) -> list[tuple[str, int]]:
    """Linear in the text: strides that cannot be far over the limit, halved until they fit."""
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
    """Behind the last space of `text[start:end]`, if there is one in its second half."""
    space = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
    return space + 1 if space > (start + end) // 2 else end


def _cut_fence(text: str, sizes: Sizes) -> list[Piece]:
    """Lines of code; every part gets the fence's own marks."""
    opening, *lines = text.split("\n")
    mark = re.sub(r"[^`~].*$", "", opening) or "```"
    if lines and lines[-1].strip() and set(lines[-1].strip()) == {mark[0]}:
        mark = lines.pop()
    lead, tail = opening + "\n", "\n" + mark
    frame = count_tokens(lead) + count_tokens(tail)
    if frame * 2 > sizes.limit:
        return _cut_text(text, sizes)
    room = sizes.limit - frame
    pieces: list[Piece] = []
    for line, tokens in zip(lines, count_each(["\n" + line for line in lines]), strict=True):
        parts = [(line, tokens)] if tokens <= room else _cut_hard(line, room)
        for number, (part, part_tokens) in enumerate(parts):
            before, rank = ("\n", _SENTENCE) if number == 0 else ("", _INSIDE_WORD)
            pieces.append(Piece(part, before, rank, part_tokens, "code", lead, tail, frame))
    if not pieces:
        return _cut_text(text, sizes)
    head = pieces[0]
    pieces[0] = head._replace(text=lead + head.text, lead="", tokens=head.tokens + frame)
    last = pieces[-1]
    pieces[-1] = last._replace(text=last.text + tail, tail="", tokens=last.tokens + frame)
    return pieces


def _cut_table(text: str, sizes: Sizes) -> list[Piece]:
    """Rows; every group of them gets the table's header."""
    rows = text.split("\n")
    header = "\n".join(rows[:2]) if len(rows) > 2 and _DELIMITER_ROW.match(rows[1]) else ""
    frame = count_tokens(header + "\n") if header else 0
    if 2 * frame > sizes.limit:
        header, frame = "", 0
    if header:
        rows = rows[2:]
    lead = header + "\n" if header else ""
    room = sizes.limit - frame
    pieces: list[Piece] = []
    for row, tokens in zip(rows, _count("\n" + row for row in rows), strict=True):
        parts = [(row, tokens)] if tokens <= room else _cut_hard(row, room)
        for number, (part, part_tokens) in enumerate(parts):
            before, rank = ("\n", _SENTENCE) if number == 0 else ("", _INSIDE_WORD)
            pieces.append(Piece(part, before, rank, part_tokens, "row", lead, "", frame))
    pieces[0] = pieces[0]._replace(text=lead + pieces[0].text, lead="", frame_tokens=0)
    return [pieces[0]._replace(tokens=pieces[0].tokens + frame), *pieces[1:]]


def _cut_list(text: str, sizes: Sizes, depth: int) -> list[Piece]:
    """Items; one that is over the limit, or too long and itself a list, gives its own parts."""
    items: list[list[str]] = []
    for line in text.split("\n"):
        if not items or _ITEM_LINE.match(line):
            items.append([])
        items[-1].append(line)
    texts = ["\n".join(lines).rstrip() for lines in items]
    pieces: list[Piece] = []
    for item, tokens in zip(texts, _count(texts), strict=True):
        if tokens <= sizes.target or (tokens <= sizes.limit and not _has_inner_items(item)):
            parts = [Piece(item, "", 0, tokens)]
        else:
            parts = _cut_item(item, sizes, depth)
        parts[0] = parts[0]._replace(before="\n", rank=_BLOCK - 1 - 3 * depth)
        pieces += parts
    return pieces


def _has_inner_items(item: str) -> bool:
    return re.search(r"\n +(?:[-*+]|\d{1,9}[.)])\s", item) is not None


def _cut_item(item: str, sizes: Sizes, depth: int) -> list[Piece]:
    marker = _ITEM_LINE.match(item)
    if marker is None or len(marker[0]) == len(item):
        return _cut_text(item, sizes)
    width = len(marker[0])
    inner = re.sub(rf"\n {{1,{width}}}", "\n", item[width:])
    return _nest(_cut_inner(inner, sizes, depth), marker[0], " " * width)
