"""Documents as the rag-tool takes them."""

from __future__ import annotations

from typing import Any

from pipeline.records import Chunk
from pipeline.upsert.files.entry import NewFile


def to_document(chunk: Chunk, file: NewFile | None) -> dict[str, Any]:
    """Return a chunk as the rag-tool takes it; `file` has its name and attributes on the server.

    None on servers that show no files: there, the chunk's id is in the metadata.
    """
    if file is None:
        text = chunk.text
        metadata: dict[str, Any] = {**chunk.metadata, "conf_chunk_id": chunk.id}
    else:
        text = file.text
        metadata = {**file.attributes, "filename": file.name}
    return {
        "document_id": f"conf-{chunk.page_id}",
        # The byte order mark names UTF-8 to a server that guesses, and keeps a text that begins
        # with "data:" from being taken for an address. It is not in the chunks.
        "content": "\ufeff" + text,
        "mime_type": "text/markdown",
        "metadata": metadata,
    }
