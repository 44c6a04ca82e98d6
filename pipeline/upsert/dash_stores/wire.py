"""The fields that requests of both forms share."""

from __future__ import annotations

from typing import Any

from pipeline.records import Chunk


def to_row(chunk: Chunk) -> dict[str, Any]:
    """Return a chunk as `/v1/vector-io/insert` takes it."""
    # One null or list in the metadata would make later searches answer nothing; a chunk without
    # chunk_metadata would break the server's own rag-tool query.
    document = str(chunk.metadata.get("document_id", chunk.page_id))
    return {
        "content": chunk.text,
        "chunk_id": chunk.id,
        "metadata": {**chunk.metadata, "document_id": document},
        "chunk_metadata": {
            "chunk_id": chunk.id,
            "document_id": document,
            "source": str(chunk.metadata.get("source", "confluence")),
            "content_token_count": chunk.tokens,
        },
    }
