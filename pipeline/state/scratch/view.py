"""A table as a mapping that is read from the database each time, never held in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, ItemsView, Iterator, Mapping
from typing import Any


class View[Row](Mapping[str, Row]):
    """Page id → row. Iteration is in the order of the ids."""

    def __init__(
        self, db: sqlite3.Connection, table: str, columns: str, to_row: Callable[..., Row]
    ) -> None:
        """`to_row` makes a row of the values of the columns."""
        self._db, self._table, self._to_row = db, table, to_row
        self._all = f"SELECT page_id, {columns} FROM {table} ORDER BY page_id"  # noqa: S608
        self._one = f"SELECT {columns} FROM {table} WHERE page_id = ?"  # noqa: S608 - constants

    def __getitem__(self, page_id: str) -> Row:
        row = self._db.execute(self._one, (page_id,)).fetchone()
        if row is None:
            raise KeyError(page_id)
        return self._to_row(*row)

    def __iter__(self) -> Iterator[str]:
        return (page_id for page_id, _ in self.rows())

    def __len__(self) -> int:
        count = self._db.execute(f"SELECT count(*) FROM {self._table}")  # noqa: S608 - a constant
        return int(count.fetchone()[0])

    def items(self) -> ItemsView[str, Row]:
        """Return the ids with their rows, which one query reads."""
        return _Items(self)

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield the ids with their rows."""
        for page_id, *values in self._db.execute(self._all):
            yield page_id, self._to_row(*values)


class _Items[Row](ItemsView[str, Row]):
    _mapping: Any

    def __iter__(self) -> Iterator[tuple[str, Row]]:
        rows: Iterator[tuple[str, Row]] = self._mapping.rows()
        return rows
