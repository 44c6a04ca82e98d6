"""The ledger: what a collection holds, per page and chunk, in one SQLite file.

A chunk is `sent` before the request leaves, `stored` once the sink has confirmed it, `stale` when
it is no longer true but the store cannot delete. A page is `recorded` when all of it is in; with
an empty digest it is only wanted: admitted once, and to be fetched again. So a run that is killed
anywhere leaves a ledger that says what is known and what has to be looked up.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.records import Chunk, StoredChunk

_WANT_AGAIN = "UPDATE pages SET digest = '', face = '?' WHERE page_id = ?"


class LedgerError(Exception):
    """The ledger cannot be used; the message says what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class HeldPage:
    """A page the collection holds in full, or (empty digest) one that is to be fetched again."""

    title: str
    digest: str
    face: str  # digest of what stands in the metadata of its chunks; empty if unknown


@dataclass(frozen=True, slots=True)
class HeldChunk:
    """A chunk as the ledger knows it; `state` is sent, stored or stale."""

    stored: StoredChunk
    state: str


class Ledger:
    """One collection's ledger. Not for use by two threads at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._depth = 0

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make the changes of the block durable at once, or none of them; may be nested."""
        self._depth += 1
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        else:
            if self._depth == 1:
                self._db.commit()
        finally:
            self._depth -= 1

    # about the collection

    def get_about(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_about(self, **values: str) -> None:
        with self.together():
            self._db.executemany("REPLACE INTO about VALUES (?, ?)", values.items())

    def claim(self, **identity: str) -> None:
        """Say whose ledger this is; raise `LedgerError` if it is another collection's."""
        for name, value in identity.items():
            kept = self.get_about(name)
            if kept and kept != value:
                raise LedgerError(
                    f"the ledger in STATE_DIR belongs to {name} {kept!r}, and this run is for "
                    f"{value!r}: give it a STATE_DIR of its own (or move the ledger file away)"
                )
        self.set_about(**identity)

    def forget_chunks(self) -> None:
        """The store is gone or new: every known page is wanted again, no chunk is held."""
        with self.together():
            self._db.execute("DELETE FROM chunks")
            self._db.execute("UPDATE pages SET digest = ''")

    def forget_everything(self) -> None:
        """The collection starts afresh: no page is known, no run was complete."""
        with self.together():
            for table in ("chunks", "pages", "about"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from above

    def adopt(self, stored: Iterable[StoredChunk]) -> int:
        """Replace what is known of chunks by the store's own list; return how many there are.

        Pages of which the list and the ledger differ are to be fetched again.
        """
        with self.together():
            before = self._chunk_sets()
            self._db.execute("DELETE FROM chunks")
            self._db.executemany(
                "INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, 'stored')",
                ((chunk.page_id, chunk.id, chunk.handle) for chunk in stored),
            )
            after = self._chunk_sets()
            for page_id in before.keys() | after.keys():
                self._db.execute("INSERT OR IGNORE INTO pages VALUES (?, '', '', '')", (page_id,))
                if page_id in before and before[page_id] != after.get(page_id):
                    self._db.execute(_WANT_AGAIN, (page_id,))
        return int(self._db.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def _chunk_sets(self) -> dict[str, int]:
        """Page id → an order-free sum over its chunks: cheap to hold for many pages.

        Handles do not count: a store may file a chunk anew.
        """
        rows = self._db.execute("SELECT page_id, chunk_id, state FROM chunks")
        sums: dict[str, int] = {}
        for page_id, *rest in rows:
            sums[page_id] = sums.get(page_id, 0) + hash(tuple(rest))
        return sums

    # pages

    def pages(self) -> dict[str, HeldPage]:
        rows = self._db.execute("SELECT page_id, title, digest, face FROM pages")
        return {page_id: HeldPage(*rest) for page_id, *rest in rows}

    def page(self, page_id: str) -> HeldPage | None:
        row = self._db.execute(
            "SELECT title, digest, face FROM pages WHERE page_id = ?", (page_id,)
        ).fetchone()
        return HeldPage(*row) if row else None

    def want(self, pages: Iterable[tuple[str, str]]) -> None:
        """Remember (page id, title) of pages that are to come in: a failure does not lose them."""
        with self.together():
            self._db.executemany("INSERT OR IGNORE INTO pages VALUES (?, ?, '', '')", pages)

    def want_again(self, page_id: str) -> None:
        """The page is not what the ledger thought: write it anew, whatever its version."""
        with self.together():
            self._db.execute(_WANT_AGAIN, (page_id,))

    def record_page(self, page_id: str, title: str, digest: str, face: str) -> None:
        with self.together():
            self._db.execute(
                "REPLACE INTO pages VALUES (?, ?, ?, ?)", (page_id, title, digest, face)
            )

    def forget_page(self, page_id: str) -> None:
        """The page is out of the collection; its stale chunks, if any, stay known."""
        with self.together():
            self._db.execute("DELETE FROM pages WHERE page_id = ?", (page_id,))

    # chunks

    def chunks(self, page_id: str) -> list[HeldChunk]:
        rows = self._db.execute(
            "SELECT chunk_id, handle, state FROM chunks WHERE page_id = ?", (page_id,)
        )
        return [HeldChunk(StoredChunk(row[0], page_id, row[1]), row[2]) for row in rows]

    def expect(self, chunks: Iterable[Chunk]) -> None:
        """These are about to be sent; after a crash they are looked up before they are resent."""
        with self.together():
            self._db.executemany(
                "INSERT OR IGNORE INTO chunks VALUES (?, ?, '', 'sent')",
                ((chunk.page_id, chunk.id) for chunk in chunks),
            )

    def confirm(self, page_of: Mapping[str, str], handles: Mapping[str, str]) -> None:
        """The sink has confirmed these: chunk id → page id, chunk id → handle."""
        with self.together():
            for chunk_id, handle in handles.items():
                page_id = page_of[chunk_id]
                self._db.execute(
                    "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ? AND state = 'sent'",
                    (page_id, chunk_id),
                )
                self._db.execute(
                    "REPLACE INTO chunks VALUES (?, ?, ?, 'stored')", (page_id, chunk_id, handle)
                )

    def unsend(self, chunks: Iterable[Chunk]) -> None:
        """These are certainly not in the store."""
        with self.together():
            self._db.executemany(
                "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ? AND state = 'sent'",
                ((chunk.page_id, chunk.id) for chunk in chunks),
            )

    def lost(self, chunk: Chunk) -> None:
        """The store does not have what it confirmed: send it again in the next run."""
        with self.together():
            self._db.execute(
                "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ?", (chunk.page_id, chunk.id)
            )
            self._db.execute("UPDATE pages SET digest = '' WHERE page_id = ?", (chunk.page_id,))

    def mark(self, chunks: Iterable[StoredChunk], state: str) -> None:
        with self.together():
            self._db.executemany(
                "UPDATE chunks SET state = ? WHERE page_id = ? AND chunk_id = ? AND handle = ?",
                ((state, chunk.page_id, chunk.id, chunk.handle) for chunk in chunks),
            )

    def forget(self, chunks: Iterable[StoredChunk]) -> None:
        with self.together():
            self._db.executemany(
                "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ? AND handle = ?",
                ((chunk.page_id, chunk.id, chunk.handle) for chunk in chunks),
            )

    def stale(self) -> list[StoredChunk]:
        rows = self._db.execute(
            "SELECT chunk_id, page_id, handle FROM chunks WHERE state = 'stale' ORDER BY 2, 1"
        )
        return [StoredChunk(*row) for row in rows]

    def count(self, state: str) -> int:
        row = self._db.execute("SELECT count(*) FROM chunks WHERE state = ?", (state,)).fetchone()
        return int(row[0])

    def copy_to(self, other: Ledger) -> None:
        """Make the other ledger equal to this one, in one step."""
        self._db.backup(other._db)

    def close(self) -> None:
        self._db.close()
