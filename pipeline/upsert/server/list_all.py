"""Lists that come in pages, as OpenAI-compatible servers page them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import Api


def list_all(api: Api, path: str, page_size: int) -> Iterator[dict[str, Any]]:
    """Yield every row of a list, oldest first. Raises `VectorApiError` if it is not complete."""
    params: dict[str, str | int] = {"order": "asc", "limit": page_size}
    seen: set[str] = set()
    while True:
        answer = api.get(path, params)
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise VectorApiError(f"{api.base_url}{path}: the answer has no list of rows")
        yield from (row for row in rows if row["id"] not in seen)
        if not answer.get("has_more"):
            return
        # The last row is read from the page: `last_id` is that of the whole list on some servers.
        # An id that was deleted meanwhile makes a server answer with the first page again.
        if not rows or rows[-1]["id"] in seen:
            raise VectorApiError(f"{api.base_url}{path}: the list does not end")
        params["after"] = rows[-1]["id"]
        seen.update(row["id"] for row in rows)
