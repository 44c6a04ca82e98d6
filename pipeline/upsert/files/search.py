"""Searches in a store of files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pipeline.records import Chunk, Hit
from pipeline.upsert.files.entry import to_file_id, to_hit
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.workers import Workers
from pipeline.upsert.server.answer import to_number
from pipeline.upsert.server.api import AnswerError
from pipeline.upsert.server.text_limit import ask_with_less

# Servers filter late: 0.2 reads only five times the limit. OGX accepts no more than 50.
LIMITS = (10, 50)
NOT_IMPLEMENTED = 501


def find_files(
    api: StoreApi, store: str, chunks: Sequence[Chunk], workers: Workers
) -> dict[str, list[str]]:
    """Search for each chunk by its own text; return chunk id → ids of its files, [] for none."""
    found: dict[str, list[str]] = {}

    def find(chunk: Chunk) -> None:
        for limit in LIMITS:
            # A query that equals a text has distance 0, whose score 0.2.23 cannot write as JSON.
            search_for = partial(_search_for, api, store, limit, chunk.id)
            rows = ask_with_less(search_for, chunk.text[: api.query_characters])
            found[chunk.id] = [to_file_id(row["attributes"]) for row in rows]
            if rows:
                return

    workers.run(find, chunks)
    return found


def _search_for(
    api: StoreApi, store: str, limit: int, chunk_id: str, beginning: str
) -> list[dict[str, Any]]:
    query = f"find: {beginning}"
    try:
        return api.search(store, query, limit, chunk_id)
    except AnswerError as error:
        if error.status != NOT_IMPLEMENTED:
            raise
    # Qdrant behind OGX 1.2 cannot filter.
    rows = api.search(store, query, limit)
    return [row for row in rows if row["attributes"].get("conf_chunk_id") == chunk_id]


def search(api: StoreApi, store: str, question: str, top_k: int, mode: str = "") -> list[Hit]:
    """Return the best hits for a question, best first; `mode`: see `StoreApi.search`."""
    return [
        to_hit(
            row["attributes"],
            "".join(part.get("text") or "" for part in row.get("content") or ()),
            to_number(row, "score"),
        )
        for row in api.search(store, question, top_k, mode=mode)
    ]
