"""The store's own list of chunks in the place of the ledger's, page by page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipeline.records import StoredChunk
from pipeline.state.held import MIXED
from pipeline.state.scratch.merge import merge

# The column `face` holds the metadata digest.
_MAKE_PENDING = "UPDATE pages SET digest = '', face = '?' WHERE page_id = ?"
_TABLES = """
DROP TABLE IF EXISTS store_list;
DROP TABLE IF EXISTS differing;
CREATE TABLE store_list (page_id TEXT NOT NULL, chunk_id TEXT NOT NULL, handle TEXT NOT NULL,
                         metadata_digest TEXT NOT NULL,
                         PRIMARY KEY (page_id, chunk_id, handle)) WITHOUT ROWID;
CREATE TABLE differing (page_id TEXT PRIMARY KEY, metadata_digest TEXT NOT NULL,
                        is_pending INTEGER NOT NULL) WITHOUT ROWID;
"""
_HELD = "SELECT page_id, chunk_id, handle, state FROM chunks ORDER BY page_id, chunk_id, handle"
_LISTED = """
SELECT page_id, chunk_id, handle, metadata_digest FROM store_list
ORDER BY page_id, chunk_id, handle
"""
_ADD_UNKNOWN_PAGES = """
INSERT OR IGNORE INTO pages SELECT page_id, '', '', '' FROM chunks
WHERE NOT EXISTS (SELECT 1 FROM pages WHERE pages.page_id = chunks.page_id)
"""
_Rows = list[tuple[str, str, str]]  # of one page: chunk id, handle, state or metadata digest


class ListedChunks:
    """What a store lists, in the scratch database, compared with the ledger's chunks."""

    def __init__(self, scratch: sqlite3.Connection, stored: Iterable[StoredChunk]) -> None:
        """Read the whole list; where a chunk is repeated with its handle, once."""
        self._scratch = scratch
        scratch.executescript(_TABLES)
        with scratch:
            self.count = scratch.executemany(
                "INSERT OR IGNORE INTO store_list VALUES (?, ?, ?, ?)",
                ((c.page_id, c.id, c.handle, c.metadata_digest) for c in stored),
            ).rowcount

    def replace(self, ledger: sqlite3.Connection) -> None:
        """Replace the chunks in the ledger's database; pages for which they differ are pending.

        What the list shows of the metadata counts for pages that the ledger does not know.
        """
        with self._scratch:
            self._scratch.executemany(
                "INSERT INTO differing VALUES (?, ?, ?)", self._compare(ledger.execute(_HELD))
            )
        differing = self._scratch.execute("SELECT * FROM differing ORDER BY page_id")
        for page_id, metadata_digest, is_pending in differing:
            ledger.execute("DELETE FROM chunks WHERE page_id = ?", (page_id,))
            ledger.executemany(
                "INSERT INTO chunks VALUES (?, ?, ?, 'stored')", self._chunks_of(page_id)
            )
            ledger.execute(
                "INSERT OR IGNORE INTO pages VALUES (?, '', '', ?)", (page_id, metadata_digest)
            )
            if is_pending:
                ledger.execute(_MAKE_PENDING, (page_id,))
        ledger.execute(_ADD_UNKNOWN_PAGES)

    def _compare(self, held_rows: Iterable[Any]) -> Iterator[tuple[str, str, bool]]:
        """Yield each page whose chunks are not the ledger's: id, metadata digest, is pending."""
        listed_rows = self._scratch.execute(_LISTED)
        for page_id, held, listed in merge(_by_page(held_rows), _by_page(listed_rows)):
            stored = [(chunk_id, handle, "stored") for chunk_id, handle, _ in listed or ()]
            if held == stored:
                continue
            # Handles do not matter: a store may change them.
            is_pending = held is not None and _without_handles(held) != _without_handles(stored)
            yield page_id, _to_common({digest for *_, digest in listed or ()}), is_pending

    def _chunks_of(self, page_id: str) -> Iterator[tuple[str, str, str]]:
        rows = self._scratch.execute(
            "SELECT page_id, chunk_id, handle FROM store_list WHERE page_id = ?", (page_id,)
        )
        yield from rows


def _to_common(digests: set[str]) -> str:
    """Return the metadata digest of all chunks of a page, `MIXED` if they differ in it."""
    return MIXED if len(digests) > 1 else next(iter(digests), "")


def _without_handles(rows: _Rows) -> list[tuple[str, str]]:
    return sorted((chunk_id, state) for chunk_id, _, state in rows)


def _by_page(rows: Iterable[Any]) -> Iterator[tuple[str, _Rows]]:
    for page_id, of_page in groupby(rows, itemgetter(0)):
        yield page_id, [(chunk_id, handle, last) for _, chunk_id, handle, last in of_page]
