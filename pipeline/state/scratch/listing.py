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
                     content_type TEXT NOT NULL, web_path TEXT NOT NULL,
                     owner TEXT NOT NULL, details TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE members (page_id TEXT PRIMARY KEY, labels TEXT) WITHOUT ROWID;
CREATE TABLE skipped (page_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unlisted (space TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIEW places AS SELECT page_id, parent, parent_type, content_type FROM listed
WHERE NOT EXISTS (SELECT 1 FROM unlisted WHERE unlisted.space = listed.space);
"""
Place = tuple[str | None, str, str]  # id and type of a page's parent, and its own type
_COLUMNS = (
    "listed.page_id, parent, version, title, space, modified, content_type, web_path, owner, "
    "details, labels"
)
# What is on a page is in scope with it: `owner` is the page, and of a page it is the page itself.
_MEMBERS = "LEFT JOIN members ON members.page_id = listed.owner"
_JOINED = f"listed {_MEMBERS}"
_IS_LISTED = "NOT EXISTS (SELECT 1 FROM unlisted WHERE unlisted.space = listed.space)"
_SELECTED = f"""
NOT EXISTS (SELECT 1 FROM skipped WHERE skipped.page_id = listed.owner)
AND {_IS_LISTED} AND (members.page_id IS NOT NULL OR NOT :is_filtered)
"""  # noqa: S608 - a constant
_IN_SCOPE = f"is_own AND (owner != listed.page_id OR NOT :hides_pages) AND {_SELECTED}"
_OWNERS_TABLE = """
CREATE TABLE owners (page_id TEXT PRIMARY KEY, content_type TEXT NOT NULL) WITHOUT ROWID
"""
_ADD_OWNERS = f"""
INSERT INTO owners SELECT listed.page_id, content_type FROM {_JOINED}
WHERE owner = listed.page_id AND {_SELECTED}
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
        self._is_filtered = self._hides_pages = False
        self._owners: Mapping[str, str] | None = None
        self._ancestors = Ancestors(self._look_up)

    def add(self, pages: Iterable[ListedPage], is_own: Callable[[str], bool]) -> None:
        """Add listed pages; of one that is repeated, the last row counts.

        `is_own` returns whether a page is this run's share: the others may be ancestors.
        """
        with self._db:
            self._db.executemany(
                "INSERT INTO listed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (page_id) DO UPDATE SET parent = excluded.parent, "
                "parent_type = excluded.parent_type, "
                "version = excluded.version, title = excluded.title, space = excluded.space, "
                "modified = excluded.modified, content_type = excluded.content_type, "
                "web_path = excluded.web_path, owner = excluded.owner, details = excluded.details",
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

    def hide_pages(self) -> None:
        """Take all pages out of the scope, but not what is on them."""
        self._hides_pages = True

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

    def on_pages(self) -> Iterator[tuple[str, str]]:
        """Yield (id, id of the page) of what is in scope and on a page, by id."""
        yield from self._select("listed.page_id, owner", "AND owner != listed.page_id ORDER BY 1")

    def owners(self) -> Mapping[str, str]:
        """Return page id → content type of the pages that are selected, of whatever share.

        Hidden ones too. A view, which costs no memory. Call it once all pages are listed.
        """
        if self._owners is None:
            flags = {"is_filtered": self._is_filtered}
            with self._db:
                self._db.execute(_OWNERS_TABLE)
                self._db.execute(_ADD_OWNERS, flags)
            self._owners = View(self._db, "owners", "content_type", str)
        return self._owners

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
            f"{_MEMBERS} WHERE {condition}",
            values,
        )
        return (self._to_ref(*found) for found in rows)

    def _select(self, columns: str, more: str = "ORDER BY listed.page_id") -> sqlite3.Cursor:
        """Read the pages in scope, by id unless `more` is another end of the statement."""
        statement = f"SELECT {columns} FROM {_JOINED} WHERE {_IN_SCOPE} {more}"  # noqa: S608
        flags = {"is_filtered": self._is_filtered, "hides_pages": self._hides_pages}
        return self._db.execute(statement, flags)

    def _to_row(self, page: ListedPage, is_own: Callable[[str], bool]) -> tuple[Any, ...]:
        self._positions += 1
        ref = page.ref
        return (
            *(ref.id, self._positions, is_own(ref.id), page.parent, page.parent_type),
            *(ref.version, ref.title, ref.space, ref.modified, ref.content_type, ref.web_path),
            *(ref.owner or ref.id, ref.details),
        )

    def _to_ref(self, page_id: str, parent: str | None, *values: Any) -> PageRef:
        version, title, space, modified, content_type, web_path, owner, details, labels = values
        is_on_page, ancestors = owner != page_id, self._ancestors.above(page_id, parent)
        if is_on_page:
            title = " > ".join((*ancestors[-1:], title))
        return PageRef(
            page_id,
            version,
            title,
            space,
            modified,
            ancestors,
            None if labels is None or is_on_page else tuple(json.loads(labels)),
            content_type,
            web_path,
            owner if is_on_page else "",
            details,
        )

    def _look_up(self, page_id: str) -> Node | None:
        row: Node | None = self._db.execute(
            "SELECT title, parent FROM listed WHERE page_id = ?", (page_id,)
        ).fetchone()
        return row
