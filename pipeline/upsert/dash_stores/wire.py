"""The fields that requests of both forms share."""

from __future__ import annotations

from typing import Any

from pipeline.records import Chunk
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import Api


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


def to_provider_field(api: Api, provider: str) -> dict[str, str]:
    """Return the field that names the provider of a new store; {} for the server's default.

    Raises `VectorApiError` for an unknown one, to which the server would answer 500 without a
    reason.
    """
    if not provider:
        return {}
    rows = (api.get("/v1/providers") or {}).get("data") or []
    known = [row["provider_id"] for row in rows if row.get("api") == "vector_io"]
    if known and provider not in known:
        raise VectorApiError(
            f"the server has no vector provider {provider!r} (VECTOR_DB_PROVIDER); "
            f"it has {', '.join(known)}"
        )
    return {"provider_id": provider}
