"""Documents as the rag-tool takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.records import Chunk
from pipeline.upsert.files.entry import NewFile
from pipeline.upsert.files.store_api import LARGEST_CHUNK

SMALLEST_CHUNK = 100  # tokens; below, the server stores nothing, and answers 200
AUTO_CHUNK = 256  # tokens: the window of the default model


def group_by_size(chunks: Sequence[Chunk], chunk_tokens: int) -> Iterator[tuple[list[Chunk], int]]:
    """Yield one group of documents that stay whole, and one of those that the server cuts.

    Each comes with the chunk size in tokens that its request asks for; 0 `chunk_tokens`: the
    default.
    """
    longest_whole = chunk_tokens or AUTO_CHUNK
    # The server overlaps by a quarter: of the largest size, three quarters stay in one piece.
    size = min(max(longest_whole, SMALLEST_CHUNK), LARGEST_CHUNK)
    whole = [chunk for chunk in chunks if chunk.tokens <= longest_whole]
    long = [chunk for chunk in chunks if chunk.tokens > longest_whole]
    if whole:
        yield whole, LARGEST_CHUNK
    if long:
        yield long, size


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
