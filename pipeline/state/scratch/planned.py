"""What a run has to do, page by page, in its scratch database: sized, and read as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum

from pipeline.records import PageRef
from pipeline.state.scratch.listing import Listing

_TABLE = """
CREATE TABLE IF NOT EXISTS planned (part INTEGER NOT NULL, place INTEGER NOT NULL,
                                    page_id TEXT NOT NULL, PRIMARY KEY (part, place))
                                    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS planned_pages ON planned (page_id);
DELETE FROM planned;
"""
_PARTS = "part BETWEEN ? AND ? ORDER BY part, place"


class Part(IntEnum):
    """A part of the plan; the first three hold listed pages in the order of the listing."""

    NEW = 0
    CHANGED = 1
    LEFT_OUT = 2  # listed, unknown, and not admitted
    MISSING = 3  # known, but not listed
    GONE = 4  # missing, and confirmed to be out of scope


class Selection[Entry]:
    """Some entries of the plan: sized, and iterated any number of times."""

    def __init__(self, count: Callable[[], int], read: Callable[[], Iterator[Entry]]) -> None:
        self._count, self._read = count, read

    def __len__(self) -> int:
        return self._count()

    def __iter__(self) -> Iterator[Entry]:
        return self._read()


class Planned:
    """The parts of a plan, empty at first."""

    def __init__(self, listing: Listing) -> None:
        self._db, self._listing = listing.scratch, listing
        self._db.executescript(_TABLE)

    def add(self, entries: Iterable[tuple[Part, int, str]]) -> None:
        """Add (part, place, page id), all together; a place is unique in its part."""
        with self._db:
            self._db.executemany("INSERT INTO planned VALUES (?, ?, ?)", entries)

    def pages(self, first: Part, last: Part) -> Selection[PageRef]:
        """Return the listed pages of these parts, one after the other."""
        parts = (first, last)
        return Selection(
            lambda: self._count(*parts), lambda: self._listing.joined("planned", _PARTS, parts)
        )

    def has(self, first: Part, last: Part, page_id: str) -> bool:
        """Return whether a page is in one of these parts."""
        found = self._db.execute(
            "SELECT 1 FROM planned WHERE page_id = ? AND part BETWEEN ? AND ?",
            (page_id, first, last),
        )
        return found.fetchone() is not None

    def ids(self, part: Part) -> Selection[str]:
        """Return the page ids of one part."""
        return Selection(lambda: self._count(part, part), lambda: self._read_ids(part))

    def _count(self, first: Part, last: Part) -> int:
        count = self._db.execute(
            "SELECT count(*) FROM planned WHERE part BETWEEN ? AND ?", (first, last)
        )
        return int(count.fetchone()[0])

    def _read_ids(self, part: Part) -> Iterator[str]:
        rows = self._db.execute(f"SELECT page_id FROM planned WHERE {_PARTS}", (part, part))  # noqa: S608
        return (page_id for (page_id,) in rows)
