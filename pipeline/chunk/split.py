"""A page's Markdown as chunks that can each be read alone: `split(page, markdown, …)`.

Sections are kept apart; only short neighbouring ones share a chunk. A long section is cut between
its blocks, rows, items or sentences into parts that the embedding model reads whole. Every
decision depends on the neighbouring text, never on a count from the top of the page, so that an
edit changes the chunks around it and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.chunk.blocks import SectionBlock
from pipeline.chunk.compose import (
    common_path,
    join_blocks,
    join_pieces,
    join_sections,
    to_breadcrumb,
    to_chunk_text,
)
from pipeline.chunk.cut import cut_piece, most_of_whole, to_pieces
from pipeline.chunk.cut_text import count_with_links, cut_hard
from pipeline.chunk.identity import Draft, to_chunks, to_parts
from pipeline.chunk.link_targets import put_links_back, split_off_links, without_targets
from pipeline.chunk.overlap import with_overlap
from pipeline.chunk.packing import Limits, pack
from pipeline.chunk.pieces import SENTENCE, Piece, Sizes
from pipeline.chunk.sections import Section, to_sections
from pipeline.chunk.tokens import count_at_most, count_tokens
from pipeline.chunk.windows import auto_tokens, served_tokens
from pipeline.records import Chunk, Markdown, Page

VERSION = 3  # raise it when the chunks of a page change: every page is then refreshed
# Of what the model reads: packing leaves most chunks well below their target. Rows of a table that
# is cut have little in common: small groups of them are found, large ones are not.
_TARGET_PERCENT, _ROWS_PERCENT = 125, 33
# Of the target: the most that short sections share, the most that a fragment may be, and the most
# that a neighbour may grow to with a fragment.
_MERGED_PERCENT, _FRAGMENT_PERCENT, _STRETCH_PERCENT = 40, 5, 120
# Of CHUNK_OVERLAP's share of CHUNK_TOKENS: repeated text comes first in a chunk, where more of it
# outweighs what is new (measured: with less of it more is found).
_OVERLAP_PERCENT = 60
_ITEMS_PERCENT = 50  # of the target: what bullets of a list that is cut share
_FULL_TOKENS = 1000  # the limit that CHUNK_OVERLAP refers to where CHUNK_TOKENS is auto
# Of a chunk that is halved: the most that a part gets of its text, and of the whole; tokens.
_HALF_PERCENT, _MOST_OF_HALVED_PERCENT, _SHORTEST_TO_HALVE = 60, 75, 32
_HEADING_RANK = 10
_LONGEST_SHORT = 20_000  # characters of a container whose tokens are counted, its links too


@dataclass(frozen=True, slots=True)
class _Budget:
    """Tokens of a chunk with its breadcrumb; only `limit` counts the targets of its links too."""

    limit: int
    target: int  # where to cut what can be cut
    rows: int  # of a table that is cut
    overlap: int  # of the target, repeated from the chunk before
    check: Callable[[], object]  # raises once the page has cost too much


def split(
    page: Page,
    markdown: Markdown,
    chunk_tokens: int | None = 1000,
    chunk_overlap: int = 180,
    embedding_model_id: str = "all-MiniLM-L6-v2",
    hard_limit: int | None = None,
    check: Callable[[], object] = lambda: None,
    listed_window: int | None = None,
) -> list[Chunk]:
    """Split a page into chunks of at most `chunk_tokens` tokens (cl100k_base), in order.

    `chunk_tokens` is a limit, not a size to fill: what can be cut is cut to what the embedding
    model reads (`served_tokens`); None makes that the limit too. `chunk_overlap` refers to
    chunks of the size of the limit, shorter ones repeat less in proportion. `hard_limit` is what
    the server accepts, where that is less; `listed_window` is what it lists for the model, see
    `known_window`. A page without text is one chunk with its title, so that it can be found.
    `check` is called for every section, block and chunk; what it raises ends the split.
    """
    served = served_tokens(embedding_model_id, markdown.text, listed_window)
    most = chunk_tokens or auto_tokens(embedding_model_id, markdown.text, listed_window)
    limit = min(most, hard_limit or most)
    full = max(chunk_tokens or _FULL_TOKENS, chunk_overlap)
    budget = _to_budget(limit, chunk_overlap / full, served, check)
    sections = to_sections(
        markdown.text,
        markdown.anchors,
        markdown.containers,
        lambda text: _is_short(text, budget),
    )
    if 2 * count_tokens(markdown.title) > limit:  # shortened in breadcrumbs: once it is text
        sections.insert(0, Section((), 0, "", (SectionBlock("text", markdown.title),)))
    sections = sections or [Section((), 0, "", ())]
    drafts = _split_sections(markdown.title, sections, budget)
    return to_chunks(page, markdown.title, list(drafts))


def halve(chunk: Chunk, taken: Collection[str] = ()) -> list[Chunk]:
    """Split a chunk that a server refuses as too long, by the rules of `split`.

    Each part has the breadcrumb and at most three quarters of the tokens, most have half of them.
    `taken` are the ids of the page's other chunks. [] for a chunk that is too short to be refused.
    """
    if chunk.tokens < _SHORTEST_TO_HALVE:
        return []
    crumb, _, rest = chunk.text.partition("\n\n")
    body, links = split_off_links(rest)
    markdown = put_links_back(body, links)
    frame = count_tokens(crumb + "\n\n")
    half = frame + count_tokens(markdown) * _HALF_PERCENT // 100
    limit = min(half, chunk.tokens * _MOST_OF_HALVED_PERCENT // 100)
    # The breadcrumb is the top heading: where it is too long, its rest becomes text.
    sections = [
        section._replace(path=(crumb, *section.path)) for section in to_sections(markdown, ())
    ]
    drafts = _split_sections(
        "",
        sections or [Section((crumb,), 0, "", ())],
        _Budget(limit, limit, limit, 0, lambda: None),
    )
    return to_parts(chunk, list(drafts), taken)


def _split_sections(title: str, sections: Sequence[Section], budget: _Budget) -> Iterator[Draft]:
    sections = [
        section
        for section, below in zip(sections, (*sections[1:], None), strict=True)
        if section.blocks or below is None or not _is_container_below(below, section)
    ]
    for _, run in groupby(sections, lambda section: section.container):
        for group in _group(list(run), budget):
            yield from _to_drafts(title, group, budget)


def _is_short(text: str, budget: _Budget) -> bool:
    """Return whether a container is a block, as sections of its size share a chunk."""
    if len(text) > _LONGEST_SHORT:
        return False
    most = budget.target * _MERGED_PERCENT // 100
    is_short = count_at_most(without_targets(text), most) <= most
    return is_short and count_with_links(text) <= budget.limit // 2


def _is_container_below(section: Section, above: Section) -> bool:
    """Return whether a section begins a container, and has the heading above it in its path."""
    return section.container != above.container and _is_above(above, [section])


def _is_above(section: Section, others: Sequence[Section]) -> bool:
    """Return whether other sections have a section's heading in their paths."""
    return all(
        len(other.path) > len(section.path) and other.path[: len(section.path)] == section.path
        for other in others
    )


def _to_budget(limit: int, overlap: float, served: int, check: Callable[[], object]) -> _Budget:
    target = min(limit, served * _TARGET_PERCENT // 100)
    repeated = int(overlap * target * _OVERLAP_PERCENT / 100)
    return _Budget(limit, target, min(limit, served * _ROWS_PERCENT // 100), repeated, check)


def _group(sections: Sequence[Section], budget: _Budget) -> Iterator[Sequence[Section]]:
    """Yield short neighbouring sections together where they fit, other sections alone."""
    target, sizes = budget.target, []
    for section in sections:
        budget.check()
        sizes.append(count_at_most(without_targets(join_blocks(section)), 2 * target))
    # Deeper headings are weaker boundaries; a heading changes less often than its section.
    pieces = [
        Piece(" ".join(section.path), "", _HEADING_RANK - section.level, tokens, _to_kind(section))
        for section, tokens in zip(sections, sizes, strict=True)
    ]
    limits = Limits(
        usual=target * _MERGED_PERCENT // 100,
        fragment=target * _FRAGMENT_PERCENT // 100,
        with_fragment=target * _STRETCH_PERCENT // 100,
        with_code=target,
        with_rows=0,
        with_items=0,
    )
    for first, end in pack(pieces, limits):
        yield sections[first:end]


def _to_kind(section: Section) -> str:
    """Return "code" for an example without text: the text above its heading explains it."""
    return "code" if section.blocks and section.blocks[0].kind == "fence" else "text"


def _to_drafts(title: str, group: Sequence[Section], budget: _Budget) -> Iterator[Draft]:
    # A heading without text of its own is in the breadcrumbs of the sections below it.
    while len(group) > 1 and not group[0].blocks and _is_above(group[0], group[1:]):
        group = group[1:]
    if len(group) > 1:
        common = common_path([section.path for section in group])
        text = to_chunk_text(to_breadcrumb(title, common), join_sections(group, common))
        if (tokens := count_at_most(text, budget.limit)) <= budget.limit:
            yield Draft(text, tokens, group[0])
            return
    for section in group:
        yield from _cut_section(title, section, budget)


def _cut_section(title: str, section: Section, budget: _Budget) -> Iterator[Draft]:
    crumb = to_breadcrumb(title, section.path)
    frame = count_tokens(crumb + "\n\n")
    blocks = list(section.blocks)
    if 2 * frame > budget.limit:  # shortened; the headings are then part of the text
        crumb = cut_hard(crumb, max(1, budget.limit // 2 - 6))[0].rstrip() + "…"
        frame = count_tokens(crumb + "\n\n")
        if section.path:
            blocks.insert(0, SectionBlock("text", " > ".join(section.path)))
    room = budget.limit - frame
    target = min(room, max(budget.target - frame, budget.target // 2))
    sizes = Sizes(target, room)
    if len(blocks) == 1:  # most sections: it is not counted twice
        text = to_chunk_text(crumb, blocks[0].text)
        tokens = count_at_most(text, budget.limit)
        if tokens - frame <= most_of_whole(blocks[0], sizes):
            budget.check()
            yield Draft(text, tokens, section)
            return
    pieces = to_pieces(blocks, sizes, budget.check)
    if not pieces:
        yield Draft(crumb, count_tokens(crumb), section)
    limits = Limits(
        usual=target,
        fragment=target * _FRAGMENT_PERCENT // 100,
        with_fragment=min(room, target * _STRETCH_PERCENT // 100),
        with_code=room,
        with_rows=min(room, max(budget.rows - frame, budget.rows // 2)),
        with_items=target * _ITEMS_PERCENT // 100,
    )
    for first, end in pack(pieces, limits):
        for text, tokens in _to_texts(crumb, pieces, first, end, budget):
            yield Draft(text, tokens, section)


def _to_texts(
    crumb: str, pieces: Sequence[Piece], first: int, end: int, budget: _Budget
) -> Iterator[tuple[str, int]]:
    """Yield texts with their tokens: one, unless pieces that fit alone do not fit together."""
    budget.check()
    alone = join_pieces(pieces[first:end])
    overlapping = join_pieces(with_overlap(pieces, first, end, budget.overlap))
    for body in dict.fromkeys((overlapping, alone)):
        text = to_chunk_text(crumb, body)
        if (tokens := count_at_most(text, budget.limit)) <= budget.limit:
            yield text, tokens
            return
    if end - first > 1:
        middle = (first + end) // 2
        yield from _to_texts(crumb, pieces, first, middle, budget)
        yield from _to_texts(crumb, pieces, middle, end, budget)
        return
    yield from _cut_anywhere(crumb, pieces[first], budget.limit, budget.limit)


def _cut_anywhere(crumb: str, piece: Piece, limit: int, most: int) -> Iterator[tuple[str, int]]:
    """Yield texts with their tokens; `most` of each, unless that cannot be."""
    room = max(1, most - count_tokens(crumb + "\n\n") - 4)  # a cut may split a token in two
    for part in cut_piece(piece, room):
        text = to_chunk_text(crumb, part)
        tokens = count_tokens(text)
        if tokens > limit and room > 1:
            yield from _cut_anywhere(crumb, Piece(part, "", SENTENCE, tokens), limit, most * 3 // 4)
        else:
            yield text, tokens
