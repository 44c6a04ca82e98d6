"""The ledger of a store that a rotation is filling, perhaps in several nights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.state.ledger import Ledger
from pipeline.state.ledger_file import connect
from pipeline.state.scratch.database import open_scratch
from pipeline.state.scratch.merge import merge


class RotationLedger(Ledger):
    """A ledger that is compared with the active store's, and replaces it at the end."""

    def inherit(self, active: Ledger) -> None:
        """Take over what the active store's ledger knows besides that store.

        The last listing is taken over once: this one is newer from then on.
        """
        with self.together():
            for table in ("content_types", "owners"):
                rows = active.connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - constant names
                self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)  # noqa: S608
            self.set_about(turn=active.get_about("turn") or "0")  # see `recovery.take_over`
            if self.left_out() is not None or active.left_out() is None:
                return
            facts = ("has_listed", "never_listed")
            self.set_about(**{name: active.get_about(name) for name in facts})
            for table in ("left_out", "page_spaces"):
                rows = active.connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - constant names
                self._db.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608

    def is_empty(self) -> bool:
        """Return whether the store has confirmed no chunk yet."""
        rows = self._db.execute("SELECT 1 FROM chunks WHERE state = 'stored' LIMIT 1")
        return rows.fetchone() is None

    def count_incomplete(self) -> int:
        """Return how many pages are pending."""
        rows = self._db.execute("SELECT count(*) FROM pages WHERE digest = ''")
        return int(rows.fetchone()[0])

    def list_lacking(self, active: Ledger) -> Iterator[str]:
        """Yield the ids of the pages of which the active store holds text, and this one not all."""
        held = active.connection.execute(
            "SELECT DISTINCT page_id, 1 FROM chunks "
            "WHERE state = 'stored' OR (state = 'sent' AND handle != '') ORDER BY page_id"
        )  # see `HeldChunk.was_confirmed`
        complete = self._db.execute("SELECT page_id, 1 FROM pages WHERE digest != '' ORDER BY 1")
        for page_id, is_held, is_complete in merge(held, complete):
            if is_held and not is_complete:
                yield page_id

    def add_failed(self, failed: Iterable[tuple[str, str]]) -> None:
        """Record that pages failed: (page id, the night in which it did)."""
        with self.together():
            self._db.executemany("INSERT OR IGNORE INTO failed_nights VALUES (?, ?)", failed)

    def list_failed(self) -> list[tuple[str, str]]:
        """Return what `add_failed` has recorded."""
        return self._db.execute("SELECT page_id, night FROM failed_nights").fetchall()

    def count_nights(self) -> dict[str, int]:
        """Return page id → in how many nights it failed."""
        rows = self._db.execute("SELECT page_id, count(*) FROM failed_nights GROUP BY page_id")
        return dict(rows.fetchall())


def list_failed_in_rotation(ledger: Ledger) -> set[str]:
    """Return the ids of the pages that failed while the ledger's store was being filled."""
    return {row[0] for row in ledger.connection.execute("SELECT page_id FROM failed_nights")}


def open_rotation_ledger(path: Path) -> RotationLedger:
    """Open the ledger of a rotation, or create it. The caller holds the collection's ledger.

    Raises `LedgerError` if it is damaged or cannot be written.
    """
    return RotationLedger(connect(path), open_scratch(None))
