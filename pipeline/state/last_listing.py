"""What the last complete listing had: the pages left out, and the space of each page.

A space that cannot be listed keeps what is known of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Set

_FORGET_LEFT_OUT = """
DELETE FROM left_out WHERE EXISTS (SELECT 1 FROM pages WHERE pages.page_id = left_out.page_id)
OR EXISTS (SELECT 1 FROM page_spaces WHERE page_spaces.page_id = left_out.page_id
           AND space NOT IN ({marks}))
"""
_FORGET_SPACES = """
DELETE FROM page_spaces
WHERE NOT EXISTS (SELECT 1 FROM pages WHERE pages.page_id = page_spaces.page_id)
AND NOT EXISTS (SELECT 1 FROM left_out WHERE left_out.page_id = page_spaces.page_id)
"""


class LastListing:
    """The tables `left_out` and `page_spaces` of a ledger; see `Ledger.last_listing`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def may_be_in(self, page_id: str, spaces: Set[str]) -> bool:
        """Return whether the page was in one of the spaces, or it is not known where it was."""
        row = self._db.execute("SELECT space FROM page_spaces WHERE page_id = ?", (page_id,))
        found = row.fetchone()
        return found is None or found[0] in spaces

    def leave_out(self, pages: Iterable[tuple[str, str]], unlisted: Set[str]) -> None:
        """Replace the pages left out: (page id, modified); those of unlisted spaces are kept."""
        if unlisted:
            marks = ", ".join("?" * len(unlisted))
            self._db.execute(_FORGET_LEFT_OUT.format(marks=marks), sorted(unlisted))
        else:
            self._db.execute("DELETE FROM left_out")
        self._db.executemany("INSERT OR REPLACE INTO left_out VALUES (?, ?)", pages)

    def remember_spaces(self, pages: Iterable[tuple[str, str]]) -> None:
        """Record the space of listed pages: (page id, key). Call it after `leave_out`."""
        self._db.executemany(
            "INSERT INTO page_spaces VALUES (?, ?) ON CONFLICT (page_id) "
            "DO UPDATE SET space = excluded.space WHERE space != excluded.space",
            pages,
        )
        self._db.execute(_FORGET_SPACES)

    def forget_spaces(self) -> None:
        """Forget where pages were, as a scope of one space does: it is listed, or the run ends."""
        self._db.execute("DELETE FROM page_spaces")
