"""A database on disk that only this process sees, and that ends with it."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import Any

from pipeline.upsert.errors import VectorApiError

_ROWS = 1000  # in memory at a time
# Nothing has to survive a crash. Without a journal, SQLite needs no second file.
_PRAGMAS = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA secure_delete = OFF;
PRAGMA cache_size = -8192; -- KiB
"""


class PrivateDatabase:
    """SQLite in a file without a name: nothing is left behind, whatever ends the process.

    Safe to use from threads. Every call raises `VectorApiError` where the disk is full.
    """

    def __init__(self, folder: Path, schema: str) -> None:
        """Make the file in `folder`, or where temporary files go if that is not writable.

        Raises `VectorApiError` if neither is.
        """
        self._lock, self._folder = threading.Lock(), folder
        path = _make_file(folder)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            with self._at_once():
                self._db.executescript(_PRAGMAS + schema)
        finally:
            path.unlink()

    def read(self, sql: str, *values: str | int) -> list[Any]:
        """Return the rows of a query: few enough for the memory."""
        with self._at_once():
            return self._db.execute(sql, values).fetchall()

    def walk(self, columns: str, table: str) -> Iterator[Any]:
        """Yield columns of a table of any size, by its column `number`.

        A part of the rows is read at a time: the table may change in between.
        """
        last = 0
        sql = f"SELECT number, {columns} FROM {table} WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608 - constant names
        while rows := self.read(sql, last, _ROWS):
            for last, *row in rows:  # noqa: B007 - where the next part begins
                yield row

    def write(self, sql: str, *values: str | int) -> None:
        """Run a statement that changes something."""
        with self._at_once():
            self._db.execute(sql, values)

    def write_all(self, sql: str, rows: Iterable[tuple[str | int | None, ...]]) -> None:
        """Run a statement once for each row."""
        for batch in batched(rows, _ROWS):
            with self._at_once():
                self._db.execute("BEGIN")
                self._db.executemany(sql, batch)
                self._db.execute("COMMIT")

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise VectorApiError(
                    f"the list of what the store holds cannot be kept in {self._folder}: {error}; "
                    "make room in STATE_DIR"
                ) from error


def _make_file(folder: Path) -> Path:
    try:
        file, path = tempfile.mkstemp(".sqlite3", "store-", folder)
    except OSError:  # a dry run writes nothing into it, so that it may be read-only
        try:
            file, path = tempfile.mkstemp(".sqlite3", "store-")
        except OSError as error:
            raise VectorApiError(
                f"neither {folder} nor a folder for temporary files is writable: {error}"
            ) from error
    open(file, "rb").close()
    return Path(path)
