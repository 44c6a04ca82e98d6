"""A page as one document: for servers that chunk by themselves, such as Llama Stack's rag-tool."""

from __future__ import annotations

import hashlib

from pipeline.records import Chunk, Markdown, Page
from pipeline.tokens import count_tokens


def to_document(page: Page, markdown: Markdown) -> Chunk:
    """The whole page as Markdown, with its title and where it stands first.

    The id is that of a chunk: the page and its text, so that a changed page is another document.
    """
    ref = page.ref
    where = " > ".join((ref.space, *page.ancestors, ref.title))
    text = "\n\n".join(part for part in (f"# {ref.title}", where, markdown.text) if part)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Chunk(
        id=f"conf-{ref.id}-{digest[:16]}",
        page_id=ref.id,
        text=text,
        tokens=count_tokens(text),
        metadata={
            "source": "confluence",
            "document_id": f"conf-{ref.id}",
            "page_id": ref.id,
            "title": ref.title,
            "space_key": ref.space,
            "labels": ",".join(page.labels),
            "version": ref.version,
            "last_modified": page.last_modified,
            "url": page.url,
            "section": "",
            "chunk_index": 0,
            "content_hash": digest,
        },
    )
