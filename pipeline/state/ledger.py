"""The ledger: what a collection holds, per page and chunk, in one SQLite database.

A chunk is `sent` before it is inserted or deleted: it may be in the store or not. It is `stored`
once the sink has confirmed it, and `stale` when it is outdated but the store cannot delete. A page
is recorded when all of it is stored; with an empty digest it is pending: admitted or begun, and to
be fetched again. So a run that is killed at any point leaves a ledger that shows what is certain
and what has to be looked up, whatever settings or image the next run has.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Set

from pipeline.records import Chunk, StoredChunk
from pipeline.state.held import HeldChunk, HeldPage
from pipeline.state.last_listing import LastListing
from pipeline.state.scratch.listed_chunks import ListedChunks
from pipeline.state.scratch.view import View


class LedgerError(Exception):
    """The ledger cannot be used; the message contains the cure. Nothing was changed. Exit 2."""


class Ledger:
    """One collection's ledger. Not safe to use from two threads at once."""

    def __init__(self, connection: sqlite3.Connection, scratch: sqlite3.Connection) -> None:
        self._db, self.scratch = connection, scratch
        self._depth = 0

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Commit the changes of the block together, or none of them; may be nested."""
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

    @property
    def connection(self) -> sqlite3.Connection:
        """The database, for the queries of this folder's other files, inside `together`."""
        return self._db

    # facts about the collection

    def get_about(self, name: str) -> str:
        """Return a fact about the collection, "" if it is not known."""
        row = self._db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_about(self, **values: str) -> None:
        """Record facts about the collection."""
        with self.together():
            self._db.executemany("REPLACE INTO about VALUES (?, ?)", values.items())

    def holds_files(self) -> bool | None:
        """Return whether the handles of the chunks are files; None if no chunk has a handle."""
        row = self._db.execute("SELECT handle FROM chunks WHERE handle != ''").fetchone()
        return str(row[0]).startswith("file-") if row else None

    def forget_chunks(self) -> None:
        """Record that the store is gone or new: no chunk is held, every known page is pending."""
        with self.together():
            self._db.execute("DELETE FROM chunks")
            self._db.execute("UPDATE pages SET digest = ''")

    def forget_everything(self) -> None:
        """Forget every page, chunk and fact, but for which of several ledgers knows more."""
        turn = self.get_about("turn")  # see `recovery.take_over`
        tables = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        with self.together():
            for (table,) in tables:
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            if turn:
                self.set_about(turn=turn)

    def adopt(self, stored: Iterable[StoredChunk]) -> int:
        """Replace the known chunks by the store's own list; return how many there are.

        Pages for which the list and the ledger differ become pending. What the list shows of the
        metadata counts for pages that the ledger does not know.
        """
        listed = ListedChunks(self.scratch, stored)
        with self.together():
            listed.replace(self._db)
        return listed.count

    # pages

    def pages(self) -> View[HeldPage]:
        """Return every known page by id, pending ones included: a view, which costs no memory."""
        return View(self._db, "pages", "title, digest, face", HeldPage)

    def page(self, page_id: str) -> HeldPage | None:
        """Return one page, None if it is not known."""
        return self.pages().get(page_id)

    def known(self, page_ids: Iterable[str]) -> set[str]:
        """Return which of these pages, a few hundred, are known."""
        ids = list(page_ids)
        marks = ", ".join("?" * len(ids))
        rows = self._db.execute(f"SELECT page_id FROM pages WHERE page_id IN ({marks})", ids)  # noqa: S608
        return {page_id for (page_id,) in rows}

    def may_hold(self, page_id: str) -> bool:
        """Return whether the store has, or may have, a chunk of a page."""
        found = self._db.execute("SELECT 1 FROM chunks WHERE page_id = ? LIMIT 1", (page_id,))
        return found.fetchone() is not None

    def count_held(self) -> int:
        """Return of how many pages the store has, or may have, a chunk, or is to have one."""
        (number,) = self._db.execute(
            "SELECT COUNT(*) FROM "
            "(SELECT page_id FROM chunks UNION SELECT page_id FROM pages WHERE digest = '')"
        ).fetchone()
        return int(number)

    def add_pending(self, pages: Iterable[tuple[str, str]]) -> None:
        """Remember (page id, title) of pages to ingest: a failure does not lose them."""
        with self.together():
            self._db.executemany("INSERT OR IGNORE INTO pages VALUES (?, ?, '', '')", pages)

    def begin_page(
        self, page_id: str, title: str, metadata_digest: str, doubtful: Iterable[StoredChunk] = ()
    ) -> None:
        """Make a page pending, before the first write or deletion for it.

        `metadata_digest` is what its chunks have while it is written. The `doubtful` chunks are
        about to be deleted: after a crash they are looked up.
        """
        with self.together():
            self._db.execute(
                "INSERT INTO pages VALUES (?, ?, '', ?) ON CONFLICT (page_id) "
                "DO UPDATE SET digest = '', face = excluded.face",
                (page_id, title, metadata_digest),
            )
            self.mark(doubtful, "sent")

    def record_page(self, page_id: str, title: str, digest: str, metadata_digest: str) -> None:
        """Record that all chunks of a page are stored."""
        with self.together():
            self._db.execute(
                "REPLACE INTO pages VALUES (?, ?, ?, ?)", (page_id, title, digest, metadata_digest)
            )
            self._forget_failures(page_id)

    def forget_page(self, page_id: str) -> None:
        """Record that a page was deleted; its stale chunks, if any, stay known."""
        with self.together():
            self._db.execute("DELETE FROM pages WHERE page_id = ?", (page_id,))
            self._forget_failures(page_id)

    def _forget_failures(self, page_id: str) -> None:
        for table in ("failures", "failed_nights"):
            self._db.execute(f"DELETE FROM {table} WHERE page_id = ?", (page_id,))  # noqa: S608 - constant names

    # chunks

    def chunks(self, page_id: str) -> list[HeldChunk]:
        """Return the known chunks of a page, whatever their state."""
        rows = self._db.execute(
            "SELECT chunk_id, handle, state FROM chunks WHERE page_id = ?", (page_id,)
        )
        return [HeldChunk(StoredChunk(row[0], page_id, row[1]), row[2]) for row in rows]

    def all_chunks(self) -> Iterator[StoredChunk]:
        """Yield every known chunk, whatever its state. Nothing may be changed meanwhile."""
        rows = self._db.execute("SELECT chunk_id, page_id, handle FROM chunks")
        return (StoredChunk(*row) for row in rows)

    def expect(self, chunks: Iterable[Chunk]) -> None:
        """Mark chunks as sent, before the request: after a crash they are looked up, not resent."""
        with self.together():
            self._db.executemany(
                "INSERT OR IGNORE INTO chunks VALUES (?, ?, '', 'sent')",
                ((chunk.page_id, chunk.id) for chunk in chunks),
            )

    def confirm(self, page_of: Mapping[str, str], handles: Mapping[str, str]) -> None:
        """Mark chunks as stored: `page_of` is chunk id → page id, `handles` chunk id → handle."""
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
        """Forget chunks that were sent and are certainly not in the store."""
        with self.together():
            self._db.executemany(
                "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ? AND state = 'sent'",
                ((chunk.page_id, chunk.id) for chunk in chunks),
            )

    def mark_lost(self, chunk: Chunk | StoredChunk) -> None:
        """Record that the store lacks a chunk that it confirmed: the next run sends it again."""
        with self.together():
            self._db.execute(
                "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ?", (chunk.page_id, chunk.id)
            )
            self._db.execute("UPDATE pages SET digest = '' WHERE page_id = ?", (chunk.page_id,))

    def mark(self, chunks: Iterable[StoredChunk], state: str) -> None:
        """Change the state of chunks."""
        with self.together():
            self._db.executemany(
                "UPDATE chunks SET state = ? WHERE page_id = ? AND chunk_id = ? AND handle = ?",
                ((state, chunk.page_id, chunk.id, chunk.handle) for chunk in chunks),
            )

    def outdate(self, chunks: Iterable[StoredChunk]) -> None:
        """Record that the store keeps these chunks, which are outdated.

        One that is `sent` stays so: should its text come back, it has to be looked up.
        """
        with self.together():
            self._db.executemany(
                "UPDATE chunks SET state = 'stale' "
                "WHERE page_id = ? AND chunk_id = ? AND handle = ? AND state = 'stored'",
                ((chunk.page_id, chunk.id, chunk.handle) for chunk in chunks),
            )

    def forget(self, chunks: Iterable[StoredChunk]) -> None:
        """Forget chunks that the store has deleted."""
        with self.together():
            self._db.executemany(
                "DELETE FROM chunks WHERE page_id = ? AND chunk_id = ? AND handle = ?",
                ((chunk.page_id, chunk.id, chunk.handle) for chunk in chunks),
            )

    def stale(self) -> Iterator[StoredChunk]:
        """Yield the outdated chunks that the store still holds, or may hold, by page.

        Of a page that is not pending, what was sent without being confirmed is outdated.
        """
        rows = self._db.execute(
            "SELECT chunk_id, page_id, handle FROM chunks LEFT JOIN pages USING (page_id) "
            "WHERE state = 'stale' OR (state = 'sent' AND digest IS NOT '') "
            "ORDER BY page_id, chunk_id, handle"
        )
        return (StoredChunk(*row) for row in rows)

    def copy_to(self, other: Ledger) -> None:
        """Make the other ledger equal to this one, in one transaction."""
        self._db.backup(other._db)

    def close(self) -> None:
        """Close both databases."""
        self._db.close()
        self.scratch.close()

    # the last complete listing: every page of it is known, or left out

    def left_out(self) -> View[str] | None:
        """Return page id → modification time of the pages left out; None before any listing."""
        return View(self._db, "left_out", "modified", str) if self.get_about("has_listed") else None

    def leave_out(self, pages: Iterable[tuple[str, str]], unlisted: Set[str] = frozenset()) -> None:
        """Replace the pages left out by those of a complete listing: (page id, modified).

        `unlisted` has the keys of spaces that could not be listed: they keep theirs, and if they
        never were listed, the date decides when they are.
        """
        never = unlisted if self.left_out() is None else self.never_listed()
        with self.together():
            self.last_listing.leave_out(pages, unlisted)
            self.set_about(has_listed="yes", never_listed=" ".join(sorted(never & unlisted)))

    def never_listed(self) -> Set[str]:
        """Return the keys of spaces that no run could list yet."""
        return frozenset(self.get_about("never_listed").split())

    @property
    def last_listing(self) -> LastListing:
        """The tables about the last complete listing."""
        return LastListing(self._db)
