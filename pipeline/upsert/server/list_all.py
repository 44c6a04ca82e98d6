"""Lists that come in pages, as OpenAI-compatible servers page them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.server.api import Api


def list_all(api: Api, path: str, page_size: int) -> Iterator[dict[str, Any]]:
    """Yield every row of a list, oldest first. Raises `VectorApiError` if it is not complete.

    A row that is deleted meanwhile can make a server repeat earlier rows. One page's ids are kept:
    a list may have millions of rows.
    """
    params: dict[str, str | int] = {"order": "asc", "limit": page_size}
    ends: set[str] = set()  # the last id of each page
    seen: set[str] = set()  # the ids of the page before
    while True:
        answer = api.get(path, params)
        rows = answer.rows("data")
        yield from (row for row in rows if row["id"] not in seen)
        if not answer.get("has_more"):
            return
        # The last row is read from the page: `last_id` is that of the whole list on some servers.
        # An id that was deleted meanwhile makes a server answer with the first page again.
        if not rows or rows[-1]["id"] in ends:
            raise VectorApiError(f"{api.base_url}{path}: the list does not end")
        params["after"] = rows[-1]["id"]
        ends.add(rows[-1]["id"])
        seen = {row["id"] for row in rows}
