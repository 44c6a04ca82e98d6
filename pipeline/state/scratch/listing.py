"""The listing of a run, in its scratch database: memory does not grow with the pages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.records import PAGE, ListedPage, PageRef
from pipeline.state.scratch.ancestors import Ancestors, Node
from pipeline.state.scratch.view import View

_TABLES = """
CREATE TABLE listed (page_id TEXT PRIMARY KEY, position INTEGER NOT NULL, is_own INTEGER NOT NULL,
                     parent TEXT, parent_type TEXT NOT NULL, version INTEGER NOT NULL,
                     title TEXT NOT NULL, space TEXT NOT NULL, modified TEXT NOT NULL,
                     content_type TEXT NOT NULL, web_path TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE members (page_id TEXT PRIMARY KEY, labels TEXT) WITHOUT ROWID;
CREATE TABLE skipped (page_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unlisted (space TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIEW places AS SELECT page_id, parent, parent_type, content_type FROM listed
WHERE NOT EXISTS (SELECT 1 FROM unlisted WHERE unlisted.space = listed.space);
"""
Place = tuple[str | None, str, str]  # id and type of a page's parent, and its own type
_COLUMNS = "listed.page_id, parent, version, title, space, modified, content_type, web_path, labels"
_JOINED = "listed LEFT JOIN members USING (page_id)"
_IS_LISTED = "NOT EXISTS (SELECT 1 FROM unlisted WHERE unlisted.space = listed.space)"
_IN_SCOPE = f"""
is_own AND NOT EXISTS (SELECT 1 FROM skipped WHERE skipped.page_id = listed.page_id)
AND {_IS_LISTED} AND (members.page_id IS NOT NULL OR NOT :is_filtered)
"""  # noqa: S608 - a constant


class Listing:
    """The listed pages, and which of them are in scope: in no skipped or unlisted part.

    Once all is added, its length is the number of pages in scope; iteration yields them by id.
    """

    def __init__(self, scratch: sqlite3.Connection) -> None:
        """Create the tables in a scratch database, see `Ledger.scratch`."""
        self._db = self.scratch = scratch
        self._db.executescript(_TABLES)
        self._positions = 0
        self._is_filtered = False
        self._ancestors = Ancestors(self._look_up)

    def add(self, pages: Iterable[ListedPage], is_own: Callable[[str], bool]) -> None:
        """Add listed pages; of one that is repeated, the last row counts.

        `is_own` returns whether a page is this run's share: the others may be ancestors.
        """
        with self._db:
            self._db.executemany(
                "INSERT INTO listed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (page_id) DO UPDATE SET parent = excluded.parent, "
                "parent_type = excluded.parent_type, "
                "version = excluded.version, title = excluded.title, space = excluded.space, "
                "modified = excluded.modified, content_type = excluded.content_type, "
                "web_path = excluded.web_path",
                (self._to_row(page, is_own) for page in pages),
            )

    def keep_only(self, members: Iterable[tuple[str, Sequence[str] | None]]) -> None:
        """Limit the scope to these pages, besides those of earlier calls: (page id, labels)."""
        self._is_filtered = True
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO members VALUES (?, ?)",
                (
                    (page_id, None if labels is None else json.dumps(labels))
                    for page_id, labels in members
                ),
            )

    def skip(self, page_ids: Iterable[str]) -> None:
        """Take pages out of the scope."""
        with self._db:
            self._db.executemany(
                "INSERT OR IGNORE INTO skipped VALUES (?)", ((page_id,) for page_id in page_ids)
            )

    def skips(self, page_id: str) -> bool:
        """Return whether a page was skipped."""
        found = self._db.execute("SELECT 1 FROM skipped WHERE page_id = ?", (page_id,))
        return found.fetchone() is not None

    def leave_out_spaces(self, keys: Iterable[str]) -> None:
        """Take spaces out of the scope whose listing is incomplete."""
        with self._db:
            self._db.executemany("INSERT INTO unlisted VALUES (?)", ((key,) for key in keys))

    @property
    def is_complete(self) -> bool:
        """Whether every space was listed in full."""
        return self._db.execute("SELECT 1 FROM unlisted LIMIT 1").fetchone() is None

    def __len__(self) -> int:
        """Count the pages in scope."""
        return int(self._select("count(*)").fetchone()[0])

    def __iter__(self) -> Iterator[PageRef]:
        return (ref for _, ref in self.rows())

    def rows(self) -> Iterator[tuple[int, PageRef]]:
        """Yield (position in the listing, page) of the pages in scope, by id."""
        rows = self._select(f"position, {_COLUMNS}")
        return ((position, self._to_ref(*values)) for position, *values in rows)

    @property
    def has_members(self) -> bool:
        """Whether `keep_only` was called with a listed page, of whatever share."""
        found = self._db.execute("SELECT 1 FROM members JOIN listed USING (page_id) LIMIT 1")
        return found.fetchone() is not None

    def space_of_pages(self) -> Iterator[tuple[str, str]]:
        """Yield (page id, key of its space) of the pages in scope, by id."""
        yield from self._select("listed.page_id, listed.space")

    def count_types(self) -> dict[str, int]:
        """Return content type → number of pages in scope, for the types that are listed."""
        return dict(self._select("content_type, count(*)", "GROUP BY content_type").fetchall())

    def other_types(self) -> Iterator[tuple[str, str]]:
        """Yield (page id, content type) of what is in scope and no page, by id."""
        yield from self._select(
            "listed.page_id, content_type", f"AND content_type != '{PAGE}' ORDER BY 1"
        )

    def type_of(self, page_id: str) -> str | None:
        """Return the type of what is listed, in scope or not; None if it is not listed."""
        found = self._db.execute("SELECT content_type FROM listed WHERE page_id = ?", (page_id,))
        row = found.fetchone()
        return row[0] if row else None

    def get(self, page_id: str) -> PageRef:
        """Return a listed page, in scope or not. Raises `KeyError`."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM {_JOINED} WHERE listed.page_id = ?",  # noqa: S608 - two constants
            (page_id,),
        )
        for row in rows:
            return self._to_ref(*row)
        raise KeyError(page_id)

    def places(self) -> Mapping[str, Place]:
        """Return page id → place of the pages of spaces that are listed in full.

        In scope or not: they may be above others. A view, which costs no memory.
        """
        return View(self._db, "places", "parent, parent_type, content_type", lambda *place: place)

    def joined(self, table: str, condition: str, values: Sequence[Any]) -> Iterator[PageRef]:
        """Yield the pages of another table of the scratch database, in its own order."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM {table} CROSS JOIN listed USING (page_id) "  # noqa: S608
            f"LEFT JOIN members USING (page_id) WHERE {condition}",
            values,
        )
        return (self._to_ref(*found) for found in rows)

    def _select(self, columns: str, more: str = "ORDER BY listed.page_id") -> sqlite3.Cursor:
        """Read the pages in scope, by id unless `more` is another end of the statement."""
        statement = f"SELECT {columns} FROM {_JOINED} WHERE {_IN_SCOPE} {more}"  # noqa: S608
        return self._db.execute(statement, {"is_filtered": self._is_filtered})

    def _to_row(self, page: ListedPage, is_own: Callable[[str], bool]) -> tuple[Any, ...]:
        self._positions += 1
        ref = page.ref
        return (
            *(ref.id, self._positions, is_own(ref.id), page.parent, page.parent_type),
            *(ref.version, ref.title, ref.space, ref.modified, ref.content_type, ref.web_path),
        )

    def _to_ref(self, page_id: str, parent: str | None, *values: Any) -> PageRef:
        version, title, space, modified, content_type, web_path, labels = values
        return PageRef(
            page_id,
            version,
            title,
            space,
            modified,
            self._ancestors.above(page_id, parent),
            None if labels is None else tuple(json.loads(labels)),
            content_type,
            web_path,
        )

    def _look_up(self, page_id: str) -> Node | None:
        row: Node | None = self._db.execute(
            "SELECT title, parent FROM listed WHERE page_id = ?", (page_id,)
        ).fetchone()
        return row
