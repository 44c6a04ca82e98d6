"""The ids of chunks, and the metadata stored with them."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from pipeline.chunk.link_targets import without_targets
from pipeline.chunk.sections import Section
from pipeline.records import Chunk, Page

_SOURCE = "confluence"


class Draft(NamedTuple):
    """A chunk's text, its tokens, and the section that it begins in."""

    text: str
    tokens: int
    section: Section


def to_chunks(page: Page, title: str, drafts: Sequence[Draft]) -> list[Chunk]:
    """Return the drafts as chunks; a second identical text of the page gets the suffix `-2`."""
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
            "page_id": ref.owner or ref.id,  # what readers filter by
            "content_type": ref.content_type,
            "title": title,
            "space_key": ref.space,
            "labels": ",".join(page.labels),
            "version": ref.version,
            "last_modified": ref.modified,
            "url": "#".join(filter(None, (page.url, draft.section.anchor))),
            "section": without_targets(" > ".join(draft.section.path)),
            "chunk_index": index,
            "content_hash": digest,
        }
        chunk_id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        chunks.append(Chunk(chunk_id, ref.id, draft.text, draft.tokens, metadata))
    return chunks


def to_parts(chunk: Chunk, drafts: Sequence[Draft], taken: Collection[str]) -> list[Chunk]:
    """Return drafts as chunks in the place of a longer one, with its metadata.

    `taken` are the ids of the page's other chunks, which no part gets.
    """
    ids = set(taken)
    parts = []
    for draft in drafts:
        digest = hashlib.sha256(draft.text.encode()).hexdigest()
        name = f"conf-{chunk.page_id}-{digest[:16]}"
        numbered = (f"{name}-{number}" for number in itertools.count(2))
        chunk_id = name if name not in ids else next(one for one in numbered if one not in ids)
        ids.add(chunk_id)
        metadata = {**chunk.metadata, "content_hash": digest}
        parts.append(Chunk(chunk_id, chunk.page_id, draft.text, draft.tokens, metadata))
    return parts
