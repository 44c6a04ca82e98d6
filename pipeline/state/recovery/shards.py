"""The ledgers of another SHARD_COUNT in the same STATE_DIR, taken over when the count changes.

Each shard has a ledger file of its own. `turn` counts, in a ledger, how often the count has
changed: that of the higher turn knows more about the pages that two ledgers share.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline.state.ledger import Ledger, LedgerError
from pipeline.state.ledger_file import open_ledger, open_memory_ledger

IsInShard = Callable[[str, int, int], bool]  # page id, index, count
_FACT = "turn"
_ENDING = re.compile(r"(?:-(\d{1,9})-of-(\d{1,9}))?\.sqlite3")  # of a ledger's file name


@dataclass(frozen=True, slots=True)
class Shard:
    """Which share of the pages a ledger is for."""

    index: int
    count: int

    def to_path(self, folder: Path, program: str) -> Path:
        """Return the ledger's file."""
        name = f"{program}-{self.index}-of-{self.count}" if self.count > 1 else program
        return folder / f"{name}.sqlite3"


def take_over(
    ledger: Ledger,
    folder: Path,
    program: str,
    own: Shard,
    is_in_shard: IsInShard,
    *,
    may_repair: bool,
) -> int:
    """Take over what the ledgers of another count know, where they know more; return how many did.

    `may_repair`: whether what a killed run left in one of these files may be rolled back. Raises
    `LedgerError` for one that cannot be read.
    """
    turn = _get_turn(ledger)
    newer: list[tuple[int, Shard]] = []
    for other in _list_others(folder, program, own.count):
        their_turn = _peek_turn(other.to_path(folder, program), may_repair)
        if their_turn >= turn:
            newer.append((their_turn, other))
    newer.sort(key=lambda each: each[0])
    with ledger.together():
        for _, other in newer:
            with closing(_read(other.to_path(folder, program), may_repair)) as theirs:
                _copy(theirs, ledger, _to_common(own, other, is_in_shard))
        if newer:
            ledger.set_about(**{_FACT: str(newer[-1][0] + 1)})
    return len(newer)


def _read(path: Path, may_repair: bool) -> Ledger:
    """Return a copy of a ledger in memory: other shards may be reading it at the same time."""
    try:
        return open_memory_ledger(like=path)
    except LedgerError:
        if not may_repair:
            raise
        with open_ledger(path):
            return open_memory_ledger(like=path)


def _peek_turn(path: Path, may_repair: bool) -> int:
    """Return a ledger's turn, without copying it: a file of another count may stay for ever."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            row = database.execute("SELECT value FROM about WHERE name = ?", (_FACT,)).fetchone()
            return int(row[0]) if row else 0
    except sqlite3.Error:
        with closing(_read(path, may_repair)) as theirs:
            return _get_turn(theirs)


def _get_turn(ledger: Ledger) -> int:
    return int(ledger.get_about(_FACT) or 0)


def _list_others(folder: Path, program: str, own_count: int) -> Iterator[Shard]:
    for path in sorted(folder.glob(f"{program}*.sqlite3")):
        if match := _ENDING.fullmatch(path.name.removeprefix(program)):
            shard = Shard(int(match[1] or 0), int(match[2] or 1))
            if shard.count != own_count:
                yield shard


def _to_common(own: Shard, other: Shard, is_in_shard: IsInShard) -> Callable[[str], bool]:
    def is_common(page_id: str) -> bool:
        return all(is_in_shard(page_id, shard.index, shard.count) for shard in (own, other))

    return is_common


def _copy(source: Ledger, target: Ledger, is_common: Callable[[str], bool]) -> None:
    """Replace what the target knows about common pages, and about the collection."""
    there, here = source.connection, target.connection
    here.create_function("is_common", 1, is_common, deterministic=True)
    there.create_function("is_common", 1, is_common, deterministic=True)
    for table in _list_tables_of_pages(there) & _list_tables_of_pages(here):
        here.execute(f"DELETE FROM {table} WHERE is_common(page_id)")  # noqa: S608 - our own names
        rows = there.execute(f"SELECT * FROM {table} WHERE is_common(page_id)")  # noqa: S608
        marks = ", ".join("?" * len(rows.description))
        here.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608
    facts = there.execute("SELECT name, value FROM about WHERE name != ?", (_FACT,))
    here.executemany("REPLACE INTO about VALUES (?, ?)", facts)


def _list_tables_of_pages(database: sqlite3.Connection) -> set[str]:
    rows = database.execute(
        "SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS fields "
        "WHERE tables.type = 'table' AND fields.name = 'page_id'"
    )
    return {str(name) for (name,) in rows}
