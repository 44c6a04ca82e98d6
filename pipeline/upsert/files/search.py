"""Searches in a store of files."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.records import Chunk, Hit
from pipeline.upsert.files.entry import to_file_id, to_hit
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.workers import Workers

# Servers filter late: 0.2 reads only five times the limit. OGX accepts no more than 50.
LIMITS = (10, 50)


def find_files(
    api: StoreApi, store: str, chunks: Sequence[Chunk], workers: Workers
) -> dict[str, list[str]]:
    """Search for each chunk by its own text; return chunk id → ids of its files, [] for none."""
    found: dict[str, list[str]] = {}

    def find(chunk: Chunk) -> None:
        for limit in LIMITS:
            # A query that equals a text has distance 0, whose score 0.2.23 cannot write as JSON.
            query = chunk.text[: api.query_characters]
            rows = api.search(store, f"find: {query}", limit, chunk.id)
            found[chunk.id] = [to_file_id(row["attributes"]) for row in rows]
            if rows:
                return

    workers.run(find, chunks)
    return found


def search(api: StoreApi, store: str, question: str, top_k: int) -> list[Hit]:
    """Return the best hits for a question, best first."""
    return [
        to_hit(
            row["attributes"],
            "".join(part["text"] for part in row["content"]),
            float(row["score"]),
        )
        for row in api.search(store, question, top_k)
    ]
