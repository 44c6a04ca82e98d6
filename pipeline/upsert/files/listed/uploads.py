"""The uploads that were made for a store, whether it holds them or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.upsert.files.file_writer import to_file_name
from pipeline.upsert.files.listed.held import Held
from pipeline.upsert.files.listed.private_database import PrivateDatabase
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.server.answer import to_number

_SCHEMA = """
CREATE TABLE uploads (
    number INTEGER PRIMARY KEY, -- oldest first
    file_id TEXT NOT NULL UNIQUE, created_at REAL NOT NULL
);
"""


class Uploads:
    """The uploads of one store as the server listed them last: on disk, asked for when needed."""

    def __init__(self, api: StoreApi, store: str, folder: Path) -> None:
        """`folder`: where the database is, see `PrivateDatabase`."""
        self._api, self._store, self._folder = api, store, folder
        self._read: PrivateDatabase | None = None

    def forget(self) -> None:
        """Ask the server anew when they are needed next."""
        self._read = None

    @property
    def _db(self) -> PrivateDatabase:
        if self._read is None:
            self._read = self._ask()
        return self._read

    def _ask(self) -> PrivateDatabase:
        ending = to_file_name("", self._store)
        database = PrivateDatabase(self._folder, _SCHEMA)
        database.write_all(
            "INSERT OR REPLACE INTO uploads (file_id, created_at) VALUES (?, ?)",
            (
                (str(row["id"]), int(to_number(row, "created_at")))
                for row in self._api.list_uploads()
                if str(row["filename"]).endswith(ending)
            ),
        )
        return database

    def __len__(self) -> int:
        return int(self._db.read("SELECT count(*) FROM uploads")[0][0])

    def __iter__(self) -> Iterator[str]:
        return (file_id for (file_id,) in self._db.walk("file_id", "uploads"))

    def list_unlisted(self, held: Held, youngest: float) -> list[str]:
        """Return the uploads that the store does not hold, but for those made after a time."""
        return [
            file_id
            for file_id, created_at in self._db.walk("file_id, created_at", "uploads")
            if created_at <= youngest and file_id not in held
        ]

    def delete_all(self) -> None:
        """Delete every one from the server."""
        for file_id in self:
            self._api.delete_upload(file_id)
