"""The text of a chunk: its breadcrumb, the text of sections or pieces, and the links below."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.chunk.link_targets import move_links
from pipeline.chunk.pieces import Piece
from pipeline.chunk.sections import Section

_DEEPEST_HEADING = 6


def to_chunk_text(crumb: str, body: str) -> str:
    """Return breadcrumb and body without link targets, then the links of both."""
    crumb, in_headings = move_links(crumb)
    text, in_text = move_links(body)
    links = "\n".join(dict.fromkeys(in_headings + in_text))
    return "\n\n".join(filter(None, (crumb, text, links)))


def to_breadcrumb(title: str, path: Sequence[str]) -> str:
    """Return `title > heading > heading`."""
    return " > ".join(" ".join(part.split()) for part in (title, *path) if part.strip())


def common_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the headings that all paths begin with."""
    first, last = min(paths), max(paths)
    pairs = enumerate(zip(first, last, strict=False))
    differing = (at for at, (left, right) in pairs if left != right)
    return first[: next(differing, min(len(first), len(last)))]


def join_blocks(section: Section) -> str:
    """Return a section's text, with its own heading above it."""
    return "\n\n".join(filter(None, (section.heading, *(block.text for block in section.blocks))))


def join_sections(sections: Sequence[Section], common: tuple[str, ...]) -> str:
    """Return the text of neighbouring sections below the headings that all of them have.

    The first is below its other headings, which may have begun in an earlier chunk.
    """
    first, *others = sections
    blocks = [block.text for block in first.blocks]
    if missing := first.path[len(common) :]:
        marks = first.heading.partition(" ")[0] or "#" * min(first.level - 1, _DEEPEST_HEADING)
        blocks.insert(0, f"{marks} {' > '.join(missing)}")
    return "\n\n".join(filter(None, (*blocks, *map(join_blocks, others))))


def join_pieces(pieces: Sequence[Piece]) -> str:
    """Return the text of pieces that share a chunk, with the first's lead and the last's tail."""
    parts = [pieces[0].lead, pieces[0].text]
    for piece in pieces[1:]:
        parts += (piece.before, piece.text)
    return "".join((*parts, pieces[-1].tail))
