"""Of which type what the ledger knows is, and what is on which page: pages are not recorded.

So a ledger of pages alone is as it always was. An earlier release, which knows pages only, takes a
blog post for a page that is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.records import PAGE
from pipeline.state.ledger import Ledger
from pipeline.state.scratch.listing import Listing

TYPES_TABLE = """
CREATE TABLE IF NOT EXISTS content_types (page_id TEXT PRIMARY KEY, content_type TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owners (page_id TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
"""
_FORGET_UNKNOWN = """
DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM pages WHERE pages.page_id = {table}.page_id)
"""


class ContentTypes:
    """The types of what one ledger knows. Not safe to use from two threads at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._db = ledger, ledger.connection

    def remember(self, listing: Listing) -> None:
        """Record the types that a listing shows, before anything of it is written."""

        def is_page(page_id: str) -> bool:
            return listing.type_of(page_id) == PAGE

        self._db.create_function("is_page", 1, is_page)
        with self._ledger.together():
            self._db.execute("DELETE FROM content_types WHERE is_page(page_id)")
            self._db.executemany(
                "INSERT OR REPLACE INTO content_types VALUES (?, ?)", listing.other_types()
            )
            self._db.executemany("INSERT OR REPLACE INTO owners VALUES (?, ?)", listing.on_pages())
            for table in ("content_types", "owners"):
                self._db.execute(_FORGET_UNKNOWN.format(table=table))

    def of(self, page_id: str) -> str:
        """Return the type of a page; what is not recorded counts as a page."""
        return self.known([page_id]).get(page_id, PAGE)

    def known(self, page_ids: Iterable[str]) -> dict[str, str]:
        """Return id → type of those of these pages, a few hundred, whose type is known.

        It is not where only the store's list shows the page: the ledger was lost.
        """
        ids = list(page_ids)
        marks = ", ".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT page_id, '{PAGE}' FROM pages WHERE title != '' AND page_id IN ({marks}) "  # noqa: S608
            f"UNION ALL SELECT * FROM content_types WHERE page_id IN ({marks})",
            ids * 2,
        )
        return dict(rows.fetchall())

    def owners(self, page_ids: Iterable[str]) -> dict[str, str]:
        """Return id → id of the page that it is on, for those of a few hundred that are on one."""
        ids = list(page_ids)
        marks = ", ".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT page_id, owner FROM owners WHERE page_id IN ({marks})",  # noqa: S608
            ids,
        )
        return dict(rows.fetchall())

    def list_ids(self, prefix: str) -> Iterator[str]:
        """Yield the ids that the ledger knows and that begin so."""
        end = f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}"
        rows = self._db.execute(
            "SELECT page_id FROM pages WHERE page_id >= ? AND page_id < ?", (prefix, end)
        )
        return (page_id for (page_id,) in rows)
