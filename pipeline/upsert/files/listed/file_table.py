"""Entries of files by what they are looked up by, on disk: a store may have millions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.upsert.files.entry import Entry
from pipeline.upsert.files.listed.private_database import PrivateDatabase

_SCHEMA = """
CREATE TABLE files (
    number INTEGER PRIMARY KEY, -- oldest first
    file_id TEXT NOT NULL UNIQUE, chunk_id TEXT NOT NULL, page_id TEXT NOT NULL,
    text_hash TEXT NOT NULL, copy INTEGER, metadata_digest TEXT NOT NULL,
    is_own INTEGER NOT NULL -- stored by this run
);
CREATE INDEX by_chunk ON files (chunk_id);
CREATE INDEX by_place ON files (text_hash, copy);
"""
_COLUMNS = "file_id, chunk_id, page_id, text_hash, copy, metadata_digest"


class FileTable:
    """The files of one list, oldest first. Safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        self._db = PrivateDatabase(folder, _SCHEMA)

    def __len__(self) -> int:
        return int(self._db.read("SELECT count(*) FROM files")[0][0])

    def __contains__(self, file_id: str) -> bool:
        return bool(self._db.read("SELECT 1 FROM files WHERE file_id = ?", file_id))

    def __iter__(self) -> Iterator[Entry]:
        return (Entry(*row) for row in self._db.walk(_COLUMNS, "files"))

    def __getitem__(self, file_id: str) -> Entry:
        sql = f"SELECT {_COLUMNS} FROM files WHERE file_id = ?"  # noqa: S608 - constant names
        return Entry(*self._db.read(sql, file_id)[0])

    def add_all(self, entries: Iterable[tuple[Entry, bool]]) -> None:
        """Add entries, each with whether this run has stored it, behind the others."""
        self._db.write_all(
            f"INSERT OR REPLACE INTO files ({_COLUMNS}, is_own) "  # noqa: S608 - constant names
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (one.file_id, one.chunk_id, one.page_id, one.text_hash, one.copy,
                 one.metadata_digest, is_own)
                for one, is_own in entries
            ),
        )  # fmt: skip

    def remove(self, file_id: str) -> Entry | None:
        """Remove a file and return its entry; None for one that is not there."""
        if file_id not in self:
            return None
        entry = self[file_id]
        self._db.write("DELETE FROM files WHERE file_id = ?", file_id)
        return entry

    # this run's files

    def mark_own(self, file_ids: Iterable[str]) -> None:
        """Record that this run has stored these files."""
        sql = "UPDATE files SET is_own = 1 WHERE file_id = ?"
        self._db.write_all(sql, ((file_id,) for file_id in file_ids))

    def is_own(self, file_id: str) -> bool:
        """Return whether this run has stored the file."""
        return bool(self._db.read("SELECT 1 FROM files WHERE file_id = ? AND is_own", file_id))

    # the files of a chunk

    def list_of(self, chunk_id: str, *, is_own: bool) -> list[str]:
        """Return the files of a chunk that this run has stored, or those it has not."""
        sql = "SELECT file_id FROM files WHERE chunk_id = ? AND is_own = ? ORDER BY number"
        return [file_id for (file_id,) in self._db.read(sql, chunk_id, is_own)]

    def list_superseded(self) -> list[str]:
        """Return the files of chunks that have a newer file."""
        rows = self._db.read(
            "SELECT file_id FROM files JOIN (SELECT chunk_id, max(number) AS newest FROM files "
            "GROUP BY chunk_id HAVING count(*) > 1) USING (chunk_id) WHERE number < newest"
        )
        return [file_id for (file_id,) in rows]

    # the places of texts, see `to_place_of_file`

    def list_copies(self, text_hash: str) -> set[int]:
        """Return the copy numbers of the files of a text, as far as they are known."""
        sql = "SELECT copy FROM files WHERE text_hash = ? AND copy IS NOT NULL"
        return {copy for (copy,) in self._db.read(sql, text_hash)}

    def list_without_copy(self, text_hash: str) -> list[str]:
        """Return the files of a text whose copy numbers are not known."""
        sql = "SELECT file_id FROM files WHERE text_hash = ? AND copy IS NULL"
        return [file_id for (file_id,) in self._db.read(sql, text_hash)]

    def set_copy(self, file_id: str, copy: int) -> None:
        """Record the copy number of a file."""
        self._db.write("UPDATE files SET copy = ? WHERE file_id = ?", copy, file_id)

    def share(self, places: Iterable[tuple[str, int]]) -> None:
        """Give the chunks of the files in these places another id, see `Held.mark_shared`."""
        sql = "UPDATE files SET chunk_id = chunk_id || '-shared' WHERE text_hash = ? AND copy = ?"
        self._db.write_all(sql, places)

    def share_full_places(self) -> None:
        """Do the same for every place that has several files."""
        self._db.write(
            "UPDATE files SET chunk_id = chunk_id || '-shared' WHERE (text_hash, copy) IN "
            "(SELECT text_hash, copy FROM files GROUP BY text_hash, copy HAVING count(*) > 1)"
        )

    # the order, and the whole

    def list_newest(self, count: int) -> list[str]:
        """Return the newest files, the newest first."""
        sql = "SELECT file_id FROM files ORDER BY number DESC LIMIT ?"
        return [file_id for (file_id,) in self._db.read(sql, count)]

    def to_digest(self) -> str:
        """Return what changes with any file or chunk id of the table, whatever their order."""
        count = total = 0
        for file_id, chunk_id in self._db.walk("file_id, chunk_id", "files"):
            count += 1
            names = f"{file_id} {chunk_id}".encode()
            total += int.from_bytes(hashlib.blake2b(names, digest_size=8).digest())
        return f"{count}:{total % 2**64:016x}"
