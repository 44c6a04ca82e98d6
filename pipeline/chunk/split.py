"""A page's Markdown as chunks, each of which stands on its own: `split(page, markdown)`.

Sections stay apart; only short ones that stand side by side share a chunk. A long section is cut
between its blocks, rows, items or sentences into parts that the embedding model reads whole. Every
decision follows from what stands beside it, never from a count from the top of the page, so that
an edit changes the chunks around it and no others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.chunk.link_targets import move_links, to_labels
from pipeline.chunk.packing import Room, pack
from pipeline.chunk.pieces import Piece, Sizes, cut_hard, to_pieces, to_sentences
from pipeline.chunk.sections import Block, Section, to_sections
from pipeline.chunk.tokens import count_each, count_tokens, fitting_tokens, known_window
from pipeline.records import Chunk, Markdown, Page

__all__ = ["VERSION", "fitting_tokens", "known_window", "split"]

VERSION = 2  # raise it when the chunks of a page change: every page is then refreshed
_SOURCE = "confluence"
# Of what the model reads: packing leaves most chunks well below their target. Rows of a table that
# is cut have little in common: few of them together are found, many are not.
_TARGET_PERCENT, _ROWS_PERCENT = 125, 33
# Of the target: how large short sections grow together, up to where a section or a part of one is
# a scrap, and how large it may make what it joins.
_MERGED_PERCENT, _SCRAP_PERCENT, _STRETCH_PERCENT = 40, 5, 120
# Of the share that CHUNK_OVERLAP has in CHUNK_TOKENS: what is repeated stands first in a chunk,
# where more of it drowns what is new (measured: with less of it more is found).
_OVERLAP_PERCENT = 60
_FULL_TOKENS = 1000  # what CHUNK_OVERLAP is meant for where CHUNK_TOKENS is auto
_HEADING_RANK = 10


class _Draft(NamedTuple):
    """A chunk's text with its tokens, and the section that it begins in."""

    text: str
    tokens: int
    section: Section


@dataclass(frozen=True, slots=True)
class _Budget:
    """Tokens of a chunk with its breadcrumb, without the targets of its links."""

    limit: int  # this one with the targets
    target: int
    rows: int  # with rows of a table that does not fit
    overlap: int  # of these, repeated from the chunk before


def split(
    page: Page,
    markdown: Markdown,
    chunk_tokens: int | None = 1000,
    chunk_overlap: int = 180,
    embedding_model_id: str = "all-MiniLM-L6-v2",
) -> list[Chunk]:
    """Split a page into chunks of at most `chunk_tokens` tokens (cl100k_base), in order.

    `chunk_tokens` is a limit, not a size to fill: what can be cut is cut to what the embedding
    model reads (`fitting_tokens`); None makes that the limit too. `chunk_overlap` is meant for
    chunks of the size of the limit, shorter ones repeat less in proportion. A page without text
    is one chunk with its title: it exists, so people look for it.
    """
    fitting = fitting_tokens(embedding_model_id)
    limit = chunk_tokens or fitting
    target = min(limit, fitting * _TARGET_PERCENT // 100)
    full = max(chunk_tokens or _FULL_TOKENS, chunk_overlap)
    overlap = chunk_overlap * target * _OVERLAP_PERCENT // (100 * full)
    budget = _Budget(limit, target, min(limit, fitting * _ROWS_PERCENT // 100), overlap)
    sections = to_sections(markdown.text, markdown.anchors)
    drafts = [
        draft for group in _group(sections, target) for draft in _to_drafts(page, group, budget)
    ]
    return _to_chunks(page, drafts or list(_cut_section(page, Section((), 0, "", ()), budget)))


def _group(sections: Sequence[Section], target: int) -> Iterator[Sequence[Section]]:
    """Short sections that stand side by side, together where they fit; others alone."""
    sizes = count_each([to_labels(_to_text(section)) for section in sections])
    # Deeper headings are weaker boundaries; a heading outlives the edits of its section.
    pieces = [
        Piece(" ".join(section.path), "", _HEADING_RANK - section.level, tokens, _to_kind(section))
        for section, tokens in zip(sections, sizes, strict=True)
    ]
    room = Room(
        usual=target * _MERGED_PERCENT // 100,
        scrap=target * _SCRAP_PERCENT // 100,
        with_scrap=target * _STRETCH_PERCENT // 100,
        with_code=target,
        with_rows=0,
    )
    for first, end in pack(pieces, room):
        yield sections[first:end]


def _to_kind(section: Section) -> str:
    """An example without a word of its own is explained by what stands above its heading."""
    return "code" if section.blocks and section.blocks[0].kind == "fence" else "text"


def _to_drafts(page: Page, group: Sequence[Section], budget: _Budget) -> Iterator[_Draft]:
    # A heading with nothing of its own stands in the breadcrumbs of the sections below it.
    while len(group) > 1 and not group[0].blocks and group[1].level > group[0].level:
        group = group[1:]
    if len(group) > 1:
        common = _common([section.path for section in group])
        first = _to_text(group[0], with_heading=group[0].path != common)
        body = "\n\n".join(filter(None, (first, *map(_to_text, group[1:]))))
        text = _to_chunk_text(_breadcrumb(page, common), body)
        if (tokens := count_tokens(text)) <= budget.limit:
            yield _Draft(text, tokens, group[0])
            return
    for section in group:
        yield from _cut_section(page, section, budget)


def _to_chunk_text(crumb: str, body: str) -> str:
    crumb, in_headings = move_links(crumb)
    text, in_text = move_links(body)
    links = "\n".join(dict.fromkeys(in_headings + in_text))
    return "\n\n".join(filter(None, (crumb, text, links)))


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings that all paths begin with."""
    first, last = min(paths), max(paths)
    same = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, min(len(first), len(last)))]


def _to_text(section: Section, *, with_heading: bool = True) -> str:
    blocks = [block.text for block in section.blocks]
    if section.level and with_heading:
        blocks.insert(0, f"{'#' * section.level} {section.path[-1]}")
    return "\n\n".join(blocks)


def _breadcrumb(page: Page, path: Sequence[str]) -> str:
    return " > ".join(" ".join(part.split()) for part in (page.ref.title, *path) if part.strip())


def _cut_section(page: Page, section: Section, budget: _Budget) -> Iterator[_Draft]:
    crumb = _breadcrumb(page, section.path)
    frame = count_tokens(crumb + "\n\n")
    blocks = list(section.blocks)
    if 2 * frame > budget.limit:  # shortened; the headings then stand in the text
        crumb = cut_hard(crumb, max(1, budget.limit // 2 - 6))[0].rstrip() + "…"
        frame = count_tokens(crumb + "\n\n")
        if section.path:
            blocks.insert(0, Block("text", " > ".join(section.path)))
    room = budget.limit - frame
    target = min(room, max(budget.target - frame, budget.target // 2))
    rows = min(room, max(budget.rows - frame, budget.rows // 2))
    pieces = to_pieces(blocks, Sizes(target, room))
    if not pieces:
        yield _Draft(crumb, count_tokens(crumb), section)
    shares = Room(
        usual=target,
        scrap=target * _SCRAP_PERCENT // 100,
        with_scrap=min(room, target * _STRETCH_PERCENT // 100),
        with_code=room,
        with_rows=rows,
    )
    for first, end in pack(pieces, shares):
        for text, tokens in _to_texts(crumb, pieces, first, end, budget):
            yield _Draft(text, tokens, section)


def _to_texts(
    crumb: str, pieces: Sequence[Piece], first: int, end: int, budget: _Budget
) -> Iterator[tuple[str, int]]:
    """Texts with their tokens: one, unless pieces that fit one by one do not fit together."""
    alone = _join(pieces[first:end])
    for body in dict.fromkeys((_join(_with_overlap(pieces, first, end, budget.overlap)), alone)):
        text = _to_chunk_text(crumb, body)
        if (tokens := count_tokens(text)) <= budget.limit:
            yield text, tokens
            return
    if end - first > 1:
        middle = (first + end) // 2
        yield from _to_texts(crumb, pieces, first, middle, budget)
        yield from _to_texts(crumb, pieces, middle, end, budget)
        return
    room = budget.limit - count_tokens(crumb + "\n\n") - 2  # a cut may split a token in two
    for part in cut_hard(alone, max(1, room)):
        text = f"{crumb}\n\n{part}"
        yield text, count_tokens(text)


def _join(pieces: Sequence[Piece]) -> str:
    parts = [pieces[0].lead, pieces[0].text]
    for piece in pieces[1:]:
        parts += (piece.before, piece.text)
    return "".join((*parts, pieces[-1].tail))


def _with_overlap(pieces: Sequence[Piece], first: int, end: int, overlap: int) -> Sequence[Piece]:
    """The pieces, and before them what may be repeated: whole ones, or the last sentences of one.

    Rows and whole fences are not repeated; lines of a fence are, in a fence that was cut.
    """
    is_in_fence = pieces[first].kind == "code" and pieces[first].lead != ""
    kind = "code" if is_in_fence else "text"
    begin, left = first, overlap
    while begin > 0 and pieces[begin - 1].kind == kind and pieces[begin - 1].tokens <= left:
        begin -= 1
        left -= pieces[begin].tokens
    if begin == first > 0 and kind == pieces[first - 1].kind == "text":
        before = pieces[first - 1]
        if last := _last_sentences(before.text, overlap):
            return [before._replace(text=last, lead=""), *pieces[first:end]]
    return pieces[begin:end]


def _last_sentences(text: str, room: int) -> str:
    taken = ""
    for sentence, space in reversed(to_sentences(text)):
        if count_tokens(sentence + taken) > room:
            break
        taken = space + sentence + taken
    return taken.lstrip()


def _to_chunks(page: Page, drafts: Sequence[_Draft]) -> list[Chunk]:
    ref = page.ref
    seen: Counter[str] = Counter()
    chunks = []
    for index, draft in enumerate(drafts):
        digest = hashlib.sha256(draft.text.encode()).hexdigest()
        name = f"conf-{ref.id}-{digest[:16]}"
        seen[name] += 1
        metadata: dict[str, str | int] = {
            "source": _SOURCE,
            "document_id": f"conf-{ref.id}",
            "page_id": ref.id,
            "title": ref.title,
            "space_key": ref.space,
            "labels": ",".join(page.labels),
            "version": ref.version,
            "last_modified": ref.modified,
            "url": "#".join(filter(None, (page.url, draft.section.anchor))),
            "section": to_labels(" > ".join(draft.section.path)),
            "chunk_index": index,
            "content_hash": digest,
        }
        chunk_id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        chunks.append(Chunk(chunk_id, ref.id, draft.text, draft.tokens, metadata))
    return chunks
