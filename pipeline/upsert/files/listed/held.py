"""What a store holds of ours: the files of its list, and what this run has changed since."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.records import StoredChunk
from pipeline.upsert.files.entry import PENDING, Entry, to_entry
from pipeline.upsert.files.listed.copies import Copies
from pipeline.upsert.files.listed.file_table import FileTable
from pipeline.upsert.files.listed.private_database import PrivateDatabase

_CHUNK_ID = re.compile(r"conf-[^-]+-([0-9a-f]{16})(?:-\d+)?")
_SENT = "CREATE TABLE sent (chunk_id TEXT PRIMARY KEY) WITHOUT ROWID;"


class Held:
    """Our files in one store, on disk. `add` and the copies are safe to use from threads."""

    def __init__(self, folder: Path, *, requires_exact: bool = False) -> None:
        """`folder`: where the database is, see `PrivateDatabase`."""
        self._folder, self.requires_exact = folder, requires_exact
        self._files = FileTable(folder)
        self._earlier = self._files  # what was held before the list was read
        self._sent = PrivateDatabase(folder, _SENT)
        # Files that failed at the server, or that a run left half done.
        self._failed: list[str] = []
        self._copies = Copies()
        self._lock = threading.Lock()
        self._others = 0  # rows of the list that are none of our complete files
        self._has_own = False  # whether this run has stored anything

    def __len__(self) -> int:
        """Return how many files the store's list should have, those of others included."""
        return len(self._files) + self._others

    def __contains__(self, file_id: str) -> bool:
        return file_id in self._files

    def __getitem__(self, file_id: str) -> Entry:
        return self._files[file_id]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._files)

    # the whole list

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace everything by the rows of the store's list, once all of them are read."""
        files, failed, others = FileTable(self._folder), list[str](), 0

        def to_entries() -> Iterator[tuple[Entry, bool]]:
            nonlocal others
            for row in rows:
                others += 1
                if PENDING.keys() <= (row.get("attributes") or {}).keys():
                    failed.append(str(row["id"]))
                    continue
                entry = to_entry(row, requires_exact=self.requires_exact)
                if entry and row["status"] == "completed":
                    others -= 1
                    yield entry, self._has_own and self.is_of_this_run(entry.file_id)
                elif entry and row["status"] in ("failed", "cancelled"):
                    failed.append(entry.file_id)

        files.add_all(to_entries())
        files.share_full_places()
        self._earlier, self._files = self._files, files
        self._failed, self._others = failed, others
        if not self.requires_exact:  # an exact chunk's place is its own
            for lost in self.list_lost():
                self._copies.reserve(lost.text_hash, lost.copy)

    def adopt(self, stored: Iterable[StoredChunk]) -> bool:
        """Hold what a ledger has in place of the store's list; return whether that is possible.

        It is where each chunk has one file and an id that shows its text's hash.
        """
        fits = True

        def to_entries() -> Iterator[tuple[Entry, bool]]:
            nonlocal fits
            for chunk in stored:
                match = _CHUNK_ID.fullmatch(chunk.id)
                fits = fits and match is not None
                text_hash = match[1] if match else ""
                yield Entry(chunk.handle, chunk.id, chunk.page_id, text_hash, None), False

        self._files.add_all(to_entries())
        return fits and not self._files.list_superseded()

    def forget(self) -> None:
        """Hold nothing."""
        self._earlier = self._files = FileTable(self._folder)
        self._failed, self._others = [], 0

    def list_new(self) -> Iterator[Entry]:
        """Yield what the list has that was not held before it was read, oldest first."""
        return (entry for entry in self._files if entry.file_id not in self._earlier)

    def list_lost(self) -> Iterator[Entry]:
        """Yield what was held before the list was read, and is not in it."""
        return (entry for entry in self._earlier if entry.file_id not in self._files)

    def to_digest(self) -> str:
        """Return what changes with any file and any chunk id that is held."""
        return self._files.to_digest()

    def mark_shared(self, places: Iterable[tuple[str, int]]) -> None:
        """Give up the chunks of our files that have one of these places in common with another.

        Two runs at a time, or a file that the list has lost: the chunk goes with the other file.
        Under another id than the page's it is stored again.
        """
        self._files.share(places)

    # what this run changes

    def add(self, entry: Entry, *, of_this_run: bool = True) -> None:
        """Hold another file."""
        with self._lock:
            self._files.add_all([(entry, of_this_run)])
            self._has_own = self._has_own or of_this_run
            self._copies.give_back(entry.text_hash, entry.copy)

    def remove(self, file_id: str) -> None:
        """Forget a file; one that is not held is no error."""
        with self._lock:
            if entry := self._files.remove(file_id):
                self._copies.give_back(entry.text_hash, entry.copy)

    def mark_of_this_run(self, file_ids: Iterable[str]) -> None:
        """Protect these files from a deletion of what earlier runs stored, see `list_meant`."""
        self._files.mark_own(file_ids)
        self._has_own = True

    def is_of_this_run(self, file_id: str) -> bool:
        """Return whether this run has stored the file."""
        return self._files.is_own(file_id)

    def find_of_this_run(self, chunk_ids: Iterable[str]) -> dict[str, str]:
        """Return which of these chunks this run has stored: chunk id → newest file id."""
        return {
            chunk_id: files[-1]
            for chunk_id in chunk_ids
            if (files := self._files.list_of(chunk_id, is_own=True))
        }

    def mark_sent(self, chunk_ids: Iterable[str]) -> None:
        """Record that this run sends these chunks, whether they are stored or not."""
        self._sent.write_all("INSERT OR IGNORE INTO sent VALUES (?)", ((i,) for i in chunk_ids))

    def was_sent(self, chunk_id: str) -> bool:
        """Return whether this run has sent the chunk."""
        return bool(self._sent.read("SELECT 1 FROM sent WHERE chunk_id = ?", chunk_id))

    # some files

    @property
    def has_failed(self) -> bool:
        """Whether there are files that failed at the server or are half done."""
        return bool(self._failed)

    def take_failed(self) -> list[str]:
        """Return the files that failed at the server or are half done, and forget them."""
        failed, self._failed = self._failed, []
        self._others -= len(failed)
        return failed

    def list_of(self, chunk_id: str) -> list[str]:
        """Return the files of a chunk."""
        return [
            file_id
            for is_own in (False, True)
            for file_id in self._files.list_of(chunk_id, is_own=is_own)
        ]

    def list_superseded(self) -> list[str]:
        """Return the files of chunks that have a newer file."""
        return self._files.list_superseded()

    def list_meant(self, stored: Sequence[StoredChunk]) -> list[str]:
        """Return the files by which these chunks are stored, oldest of a chunk first.

        A handle that is gone (another file took its place) means every file of that chunk,
        except those that this run has stored.
        """
        meant: dict[str, None] = {}
        for chunk in stored:
            is_held = chunk.handle in self._files
            files = [chunk.handle] if is_held else self._files.list_of(chunk.id, is_own=False)
            meant.update(dict.fromkeys(files))
        return list(meant)

    def get_newest_but(self, file_ids: set[str]) -> str:
        """Return the newest file that is none of these; "" if there is none."""
        newest = self._files.list_newest(len(file_ids) + 1)
        return next((held for held in newest if held not in file_ids), "")

    # the copies of a text

    def list_without_copy(self, text_hash: str) -> list[str]:
        """Return the files of a text, adopted from a ledger, whose copy numbers are not known."""
        return self._files.list_without_copy(text_hash)

    def set_copy(self, file_id: str, copy: int) -> None:
        """Record the copy number of such a file."""
        self._files.set_copy(file_id, copy)

    def take_copy(self, text_hash: str) -> int:
        """Return the smallest copy number that no file of that text uses, and reserve it."""
        with self._lock:
            return self._copies.take(text_hash, self._files.list_copies(text_hash))

    def give_back(self, text_hash: str, copy: int) -> None:
        """Release a copy number for other files of that text."""
        with self._lock:
            self._copies.give_back(text_hash, copy)
