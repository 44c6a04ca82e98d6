"""Lists of bounded length: a hundred thousand failures fill neither the memory nor the log."""

from __future__ import annotations

MOST_ROWS = 10_000


class FirstRows[Row]:
    """The first rows of a list, and the number of all. The caller holds a lock."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self.rows: list[Row] = []
        self.total = 0
        self._most = most

    def add(self, row: Row) -> bool:
        """Count a row; return whether it is one of the first, which are kept."""
        self.total += 1
        if self.total > self._most:
            return False
        self.rows.append(row)
        return True

    @property
    def left_out(self) -> int:
        """How many rows were counted and not kept."""
        return self.total - len(self.rows)
