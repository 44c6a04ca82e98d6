"""Which files a store has: its list, read in the way that suits its size."""

from __future__ import annotations

from typing import Any

from pipeline.upsert.files.file_writer import to_file_name
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.workers import Workers

ONE_PAGE = 100  # files


def read_list(
    api: StoreApi, store: str, workers: Workers, *, in_order: bool
) -> list[dict[str, Any]]:
    """Return the rows of a store's list, complete or an error.

    `in_order`: in the order of the inserts. Later servers read all files for each page of the list,
    so that a long list takes a time that grows with the square of its length. There our uploads
    are asked for one by one, unless others have put files into the store too.
    Raises `DamagedListError` for a list that the server cannot read any more.
    """
    if api.can_lose_files and not in_order:
        total = api.count_files(store)
        if total > ONE_PAGE:
            rows = _read_each(api, store, workers)
            if len(rows) == total:
                return rows
    return list(api.list_files(store))


def list_own_uploads(api: StoreApi, store: str) -> list[dict[str, Any]]:
    """Return the uploads that were made for a store, whether it holds them or not."""
    ending = to_file_name("", store)
    return [row for row in api.list_uploads() if str(row["filename"]).endswith(ending)]


def _read_each(api: StoreApi, store: str, workers: Workers) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    def read(upload: dict[str, Any]) -> None:
        if row := api.get_file(store, upload["id"]):
            rows.append(row)

    workers.run(read, list_own_uploads(api, store))
    return sorted(rows, key=lambda row: row["created_at"])
