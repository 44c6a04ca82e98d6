"""The ledger's file: locked by one run at a time, and checked when it is opened."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.state.content_types import TYPES_TABLE
from pipeline.state.dependents import DEPENDENTS_TABLES
from pipeline.state.ledger import Ledger, LedgerError
from pipeline.state.scratch.database import open_scratch

PRIVATE = 0o600
# What SQLite answers for a file that may not be written, where a killed process left its journal.
_NOT_ROLLED_BACK = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pages (page_id TEXT PRIMARY KEY, title TEXT NOT NULL, digest TEXT NOT NULL,
                    face TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE chunks (page_id TEXT NOT NULL, chunk_id TEXT NOT NULL, handle TEXT NOT NULL,
                     state TEXT NOT NULL CHECK (state IN ('sent', 'stored', 'stale')),
                     PRIMARY KEY (page_id, chunk_id, handle)) WITHOUT ROWID;
"""
# Added since version 1, which reads a ledger that has them: an image can be rolled back.
_LATER_TABLES = f"""
CREATE TABLE IF NOT EXISTS left_out (page_id TEXT PRIMARY KEY, modified TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS page_spaces (page_id TEXT PRIMARY KEY, space TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failed_nights (page_id TEXT NOT NULL, night TEXT NOT NULL,
    PRIMARY KEY (page_id, night)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (page_id TEXT PRIMARY KEY, times INTEGER NOT NULL)
    WITHOUT ROWID;
{DEPENDENTS_TABLES}{TYPES_TABLE}"""


@contextlib.contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Open the ledger under a lock, or create it.

    Raises `LedgerError` if another run holds it, if it is damaged, or if it was written by a
    newer version: a ledger is never replaced silently. The run's scratch database is beside it.
    """
    scratch_path = path.with_suffix(".scratch")
    with _locked(path.with_suffix(".lock")):
        connection = connect(path)
        try:
            with (
                _readable(path),
                contextlib.closing(Ledger(connection, _open_scratch(scratch_path))) as ledger,
            ):
                yield ledger
        finally:
            connection.close()
            with contextlib.suppress(OSError):  # the next run removes it
                scratch_path.unlink()


def _open_scratch(path: Path) -> sqlite3.Connection:
    try:
        return open_scratch(path)
    except OSError as error:
        raise LedgerError(f"STATE_DIR cannot be written: {path}: {error.strerror}") from error


@contextlib.contextmanager
def open_copy(path: Path) -> Iterator[Ledger]:
    """Open a copy of the ledger at this path, or an empty one, that is not kept.

    Raises `LedgerError` as `open_ledger` does, and if SQLite's temporary files cannot be written.
    """
    with contextlib.closing(open_memory_ledger(like=path)) as ledger:
        try:
            yield ledger
        except sqlite3.OperationalError as error:
            raise LedgerError(
                f"the temporary files of this dry run cannot be written: {error}: make room in a "
                "folder for temporary files, /tmp or the one that TMPDIR names"
            ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the database of a ledger, checked and with all tables, under a lock that is held.

    Raises `LedgerError`.
    """
    try:
        os.close(_open_private(path))  # SQLite gives its journal the mode of the file
        # Rollback journal: unlike a write-ahead log it also works on network volumes.
        connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"STATE_DIR: the ledger cannot be opened: {path}: {error}") from error
    try:
        with _readable(path):
            _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_memory_ledger(like: Path | None = None) -> Ledger:
    """Open a ledger that is not kept, a copy of the one at `like` if that exists."""
    # A temporary database: SQLite moves what does not fit into its cache to a file of its own.
    connection = sqlite3.connect("", check_same_thread=False)
    if like is not None and like.exists():
        with _readable(like):
            _copy(like, connection)
    with _readable(like or Path("memory")):
        _prepare(connection)
    return Ledger(connection, open_scratch(None))


def _copy(path: Path, to: sqlite3.Connection) -> None:
    """Copy a ledger that stays as it is, without what a killed run had begun to write."""
    journal = path.with_name(f"{path.name}-journal")
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as kept:
            kept.backup(to)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _NOT_ROLLED_BACK or not journal.exists():
            raise
        with tempfile.TemporaryDirectory() as folder:  # SQLite rolls back only what it may write
            copy = Path(shutil.copy(path, folder))
            shutil.copy(journal, folder)
            with contextlib.closing(sqlite3.connect(copy)) as kept:
                kept.backup(to)


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the tables in an empty file; check the schema of any other."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if version == 0 and tables == 0:
        with connection:
            connection.executescript(
                f"BEGIN; {_SCHEMA} {_LATER_TABLES} PRAGMA user_version = {SCHEMA_VERSION};"
            )
        return
    if version != SCHEMA_VERSION:
        raise LedgerError(
            f"the ledger has schema version {version}, this program knows {SCHEMA_VERSION}: "
            "use the version of the program that wrote it, or move the ledger file away"
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("quick_check failed")
    connection.executescript(_LATER_TABLES)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Explain what a SQLite error means for the ledger at this path."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LedgerError(f"STATE_DIR: the ledger cannot be written: {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise LedgerError(
            f"the ledger is damaged: {path}: {error}: restore it from a backup, or move it away "
            "so that every page is ingested again"
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an advisory lock during a run; the kernel releases it when the process ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _open_private(path)
    except OSError as error:
        raise LedgerError(
            f"STATE_DIR cannot be written: {path.parent}: {error.strerror}"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LedgerError(
            f"another run is using this STATE_DIR ({path.parent}): wait until it has ended"
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)


def _open_private(path: Path) -> int:
    """Open or create a file that only its owner can read; return the descriptor.

    A file of an earlier release loses the rights of others. Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    with contextlib.suppress(OSError):  # another user's file, or a volume without modes
        os.fchmod(descriptor, PRIVATE)
    return descriptor
