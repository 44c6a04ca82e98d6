"""What the ledger knows of pages whose text depends on other pages, or changes by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.records import PAGE, IncludedPage
from pipeline.state.ledger import Ledger

DEPENDENTS_TABLES = """
CREATE TABLE IF NOT EXISTS dependents (page_id TEXT PRIMARY KEY, fetched TEXT NOT NULL,
                                       is_dynamic INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS includes (page_id TEXT NOT NULL, space TEXT NOT NULL,
                                     title TEXT NOT NULL, id TEXT NOT NULL, seen TEXT NOT NULL,
                                     PRIMARY KEY (page_id, space, title, id)) WITHOUT ROWID;
"""
_INCLUDES = "SELECT page_id, title, space, id, seen FROM includes"
UNCERTAIN = "?"


@dataclass(frozen=True, slots=True)
class Include:
    """A page that another one includes."""

    page: IncludedPage  # with its space
    # Its version in the listing before the text was fetched; "" if it was not listed, `UNCERTAIN`
    # if the text was fetched first, or may lack something.
    seen: str


@dataclass(frozen=True, slots=True)
class Dependent:
    """A page as it was fetched; its text depends on nothing else unless these fields name it."""

    page_id: str
    fetched: str  # not later than the text was fetched: ISO 8601, by the site's clock
    is_dynamic: bool = False
    includes: tuple[Include, ...] = ()


class Dependents:
    """The dependent pages of one ledger. Not safe to use from two threads at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._db = ledger, ledger.connection

    def record(self, dependent: Dependent) -> None:
        """Replace what is known of a page; one that depends on nothing else is not kept."""
        page_id, includes = dependent.page_id, dependent.includes
        with self._ledger.together():
            for table in ("dependents", "includes"):
                self._db.execute(f"DELETE FROM {table} WHERE page_id = ?", (page_id,))  # noqa: S608 - constant names
            if not (includes or dependent.is_dynamic):
                return
            self._db.execute(
                "INSERT INTO dependents VALUES (?, ?, ?)",
                (page_id, dependent.fetched, dependent.is_dynamic),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO includes VALUES (?, ?, ?, ?, ?)",
                (
                    (
                        page_id,
                        include.page.space,
                        include.page.title,
                        _to_column(include.page),
                        include.seen,
                    )
                    for include in includes
                ),
            )

    def get(self, page_id: str) -> Dependent | None:
        """Return what is known of a page; None if it depends on nothing else."""
        row = self._db.execute(
            "SELECT fetched, is_dynamic FROM dependents WHERE page_id = ?", (page_id,)
        ).fetchone()
        if row is None:
            return None
        includes = self._db.execute(_INCLUDES + " WHERE page_id = ?", (page_id,))
        found = tuple(include for _, include in map(_to_include, includes))
        return Dependent(page_id, row[0], bool(row[1]), found)

    def list_all(self) -> Iterator[Dependent]:
        """Yield every dependent page without its includes."""
        rows = self._db.execute("SELECT page_id, fetched, is_dynamic FROM dependents")
        return (Dependent(page_id, fetched, bool(dynamic)) for page_id, fetched, dynamic in rows)

    def list_includes(self) -> Iterator[tuple[str, Include]]:
        """Yield (id of the page that includes, what it includes)."""
        return map(_to_include, self._db.execute(_INCLUDES))

    def make_pending(self, page_ids: Iterable[str]) -> None:
        """Let these pages be fetched again, in whichever run that succeeds."""
        with self._ledger.together():
            self._db.executemany(
                "UPDATE pages SET digest = '' WHERE page_id = ?", ((one,) for one in page_ids)
            )

    def forget_deleted(self) -> None:
        """Forget the pages that the ledger does not know any more."""
        with self._ledger.together():
            for table in ("dependents", "includes"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE page_id NOT IN (SELECT page_id FROM pages)"  # noqa: S608 - constant names
                )


def _to_column(page: IncludedPage) -> str:
    """Return what the column `id` holds: the type of what is named by its title and is no page.

    An earlier release, which knows pages only, finds no such id, and fetches the page again.
    """
    return page.id or ("" if page.content_type == PAGE else page.content_type)


def _to_include(row: tuple[str, str, str, str, str]) -> tuple[str, Include]:
    page_id, title, space, column, seen = row
    page = IncludedPage(title, space, column)
    if title and column and not column.isdecimal():
        page = IncludedPage(title, space, content_type=column)
    return page_id, Include(page, seen)
