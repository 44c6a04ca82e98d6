"""What the lists of attachments and comments show, until it is part of the listing of a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

_TABLES = """
CREATE TABLE comments (page_id TEXT NOT NULL, comment_id TEXT NOT NULL, details TEXT NOT NULL,
                       PRIMARY KEY (page_id, comment_id)) WITHOUT ROWID;
CREATE TABLE left_out_files (file_id TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE incomplete (page_id TEXT NOT NULL, content_type TEXT NOT NULL,
                         PRIMARY KEY (page_id, content_type)) WITHOUT ROWID;
"""


class ListedOnPages:
    """Comments by page, files that are left out, and pages that were not listed in full."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        """Create the tables in a scratch database, see `Ledger.scratch`."""
        self._db = scratch
        self._db.executescript(_TABLES)

    def add_comments(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Add comments: (page id, comment id, details); of one that is repeated, the last."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO comments VALUES (?, ?, ?)", rows)

    def comments(self) -> Iterator[tuple[str, list[str]]]:
        """Yield (page id, details of its comments) of the pages with comments, by id."""
        rows = self._db.execute(
            "SELECT page_id, details FROM comments ORDER BY page_id, comment_id"
        )
        for page_id, of_page in groupby(rows, itemgetter(0)):
            yield page_id, [details for _, details in of_page]

    def has_comments(self, page_id: str) -> bool:
        """Return whether a comment of the page was added."""
        found = self._db.execute("SELECT 1 FROM comments WHERE page_id = ? LIMIT 1", (page_id,))
        return found.fetchone() is not None

    def leave_out(self, files: Iterable[tuple[str, str]]) -> None:
        """Add files that are not read: (id, reason)."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO left_out_files VALUES (?, ?)", files)

    def leaves_out(self, file_id: str) -> bool:
        """Return whether a listed file is not read."""
        found = self._db.execute("SELECT 1 FROM left_out_files WHERE file_id = ?", (file_id,))
        return found.fetchone() is not None

    def count_left_out(self) -> dict[str, int]:
        """Return reason → number of files."""
        rows = self._db.execute("SELECT reason, count(*) FROM left_out_files GROUP BY reason")
        return dict(rows.fetchall())

    def add_incomplete(self, page_id: str, content_type: str) -> bool:
        """Add a page of which not everything of the type was listed; return whether it is new."""
        with self._db:
            row = (page_id, content_type)
            return (
                self._db.execute("INSERT OR IGNORE INTO incomplete VALUES (?, ?)", row).rowcount > 0
            )

    def is_incomplete(self, page_id: str, content_type: str) -> bool:
        """Return whether not everything of the type was listed of a page."""
        found = self._db.execute(
            "SELECT 1 FROM incomplete WHERE page_id = ? AND content_type = ?",
            (page_id, content_type),
        )
        return found.fetchone() is not None
