"""A page's Markdown as chunks, each of which stands on its own: `split(page, markdown)`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.packing import pack
from pipeline.pieces import Piece, Sizes, cut_hard, to_pieces
from pipeline.records import Chunk, Markdown, Page
from pipeline.sections import Section, to_sections
from pipeline.tokens import count_each, count_tokens, fitting_tokens, known_window

__all__ = ["VERSION", "fitting_tokens", "known_window", "split"]

VERSION = 1  # raise it when the chunks of a page change: every page is then refreshed
SOURCE = "confluence"


class _Draft(NamedTuple):
    """A chunk on its way."""

    text: str
    section: Section


def split(
    page: Page,
    markdown: Markdown,
    chunk_tokens: int | None = 1000,
    chunk_overlap: int = 180,
    embedding_model_id: str = "all-MiniLM-L6-v2",
) -> list[Chunk]:
    """Split a page into chunks of at most `chunk_tokens` tokens (cl100k_base), in order.

    `chunk_tokens` is a limit, not a size to fill: sections stay apart, and a long section is cut
    to what the embedding model reads (`fitting_tokens`). None makes that the limit as well.
    `chunk_overlap` is for chunks of `chunk_tokens`; smaller ones repeat less, in proportion.
    A page without text is one chunk with its title: it exists, so it can be found.
    """
    fitting = fitting_tokens(embedding_model_id)
    limit = chunk_tokens or fitting
    target = min(limit, fitting)
    overlap = chunk_overlap * target // (chunk_tokens or 1000)
    drafts: list[_Draft] = []
    for section in to_sections(markdown.text, markdown.anchors):
        drafts += _to_drafts(page, section, limit, target, overlap)
    if not drafts:
        top = Section((), 0, "", ())
        drafts = [_Draft(_breadcrumb(page, top, limit), top)]
    return _to_chunks(page, drafts)


def _breadcrumb(page: Page, section: Section, limit: int) -> str:
    return " > ".join(" ".join(part.split()) for part in (page.ref.title, *section.path))


def _to_drafts(
    page: Page, section: Section, limit: int, target: int, overlap: int
) -> Iterator[_Draft]:
    crumb = _breadcrumb(page, section, limit)
    crumb_tokens = count_tokens(crumb + "\n\n")
    if 2 * crumb_tokens > limit:
        crumb = cut_hard(crumb, limit // 2 - 4)[0].rstrip() + "…"
        crumb_tokens = count_tokens(crumb + "\n\n")
    room = limit - crumb_tokens
    soft = max(target - crumb_tokens, target // 2)
    pieces = to_pieces(section.blocks, Sizes(min(soft, room), room))
    if not pieces:
        yield _Draft(crumb, section)
        return
    ranges = pack(pieces, min(soft, room))
    for first, end in ranges:
        body = _join(pieces[first:end])
        if first > 0:
            repeated = _overlap(pieces, first, overlap)
            if repeated:
                text = crumb + "\n\n" + repeated + pieces[first].before + body
                if count_tokens(text) <= limit:
                    yield _Draft(text, section)
                    continue
        text = crumb + "\n\n" + body
        yield _Draft(text, section)


def _join(pieces: Sequence[Piece]) -> str:
    head = pieces[0]
    parts = [head.lead, head.text]
    for piece in pieces[1:]:
        parts += (piece.before, piece.text)
    return "".join((*parts, pieces[-1].tail))


def _overlap(pieces: Sequence[Piece], first: int, budget: int) -> str:
    taken = ""
    at = first - 1
    if pieces[first].lead:
        return ""
    while at >= 0 and pieces[at].kind == "text" and pieces[at].tokens <= budget:
        taken = pieces[at].text + (pieces[at + 1].before + taken if taken else "")
        budget -= pieces[at].tokens
        at -= 1
    return taken


def _to_chunks(page: Page, drafts: Sequence[_Draft]) -> list[Chunk]:
    ref = page.ref
    seen: Counter[str] = Counter()
    chunks = []
    counts = count_each([draft.text for draft in drafts])
    for index, (draft, tokens) in enumerate(zip(drafts, counts, strict=True)):
        digest = hashlib.sha256(draft.text.encode()).hexdigest()
        name = f"conf-{ref.id}-{digest[:16]}"
        seen[name] += 1
        chunks.append(
            Chunk(
                id=name if seen[name] == 1 else f"{name}-{seen[name]}",
                page_id=ref.id,
                text=draft.text,
                tokens=tokens,
                metadata={
                    "source": SOURCE,
                    "document_id": f"conf-{ref.id}",
                    "page_id": ref.id,
                    "title": ref.title,
                    "space_key": ref.space,
                    "labels": ",".join(page.labels),
                    "version": ref.version,
                    "last_modified": page.last_modified,
                    "url": f"{page.url}#{draft.section.anchor}"
                    if draft.section.anchor
                    else page.url,
                    "section": " > ".join(draft.section.path),
                    "chunk_index": index,
                    "content_hash": digest,
                },
            )
        )
    return chunks
