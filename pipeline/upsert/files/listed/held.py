"""What a store holds of ours: the files of its list, and what this run has changed since."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.records import StoredChunk
from pipeline.upsert.files.entry import PENDING, Entry, is_altered, to_entry


class Held:
    """Our files in one store, in memory. `add` and the copies are safe to use from threads."""

    def __init__(self, *, requires_exact: bool = False) -> None:
        self._requires_exact = requires_exact
        self._entries: dict[str, Entry] = {}  # by file id, oldest first
        # Files that failed at the server, or that a run left half done.
        self._failed: list[str] = []
        self._of_this_run: set[str] = set()  # file ids
        self._copies: dict[str, set[int]] = {}  # text hash → copies in use
        self._lock = threading.Lock()
        self._others = 0  # rows of the list that are none of our complete files

    def __len__(self) -> int:
        """Return how many files the store's list should have, those of others included."""
        return len(self._entries) + self._others

    def __contains__(self, file_id: str) -> bool:
        return file_id in self._entries

    def __getitem__(self, file_id: str) -> Entry:
        return self._entries[file_id]

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def load(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Replace everything by the rows of the store's list.

        Returns what was not held before: chunk id → file id, oldest first.
        """
        entries, failed = {}, []
        self._others = 0
        for row in rows:
            self._others += 1
            attributes = row.get("attributes") or {}
            if PENDING.keys() <= attributes.keys():
                failed.append(str(row["id"]))
                continue
            entry = to_entry(row, requires_exact=self._requires_exact)
            if entry is None:
                continue
            if row["status"] == "completed":
                entries[entry.file_id] = entry
                self._others -= 1
            elif row["status"] in ("failed", "cancelled"):
                failed.append(entry.file_id)
        known, self._entries, self._failed = self._entries.keys(), entries, failed
        places = Counter(entry.place for entry in entries.values())
        self.mark_shared({place for place, count in places.items() if count > 1})
        for entry in entries.values():
            if is_altered(entry.text_hash):  # an exact chunk's is its own
                self._copies.setdefault(entry.text_hash, set()).add(entry.copy)
        return {
            entry.chunk_id: file_id for file_id, entry in entries.items() if file_id not in known
        }

    def mark_shared(self, places: Collection[tuple[str, int]]) -> None:
        """Give up the chunks of our files that have one of these places in common with another.

        Two runs at a time, or a file that the list has lost: the chunk goes with the other file.
        Under another id than the page's it is stored again.
        """
        for file_id, entry in self._entries.items():
            if entry.place in places:
                self._entries[file_id] = replace(entry, chunk_id=f"{entry.chunk_id}-shared")

    def add(self, entry: Entry, *, of_this_run: bool = True) -> None:
        """Hold another file."""
        with self._lock:
            self._entries[entry.file_id] = entry
            if of_this_run:
                self._of_this_run.add(entry.file_id)

    def remove(self, file_id: str) -> None:
        """Forget a file; one that is not held is no error."""
        if entry := self._entries.pop(file_id, None):
            self.give_back(entry.text_hash, entry.copy)

    def mark_of_this_run(self, file_ids: Iterable[str]) -> None:
        """Protect these files from a deletion of what earlier runs stored, see `list_meant`."""
        self._of_this_run.update(file_ids)

    def list_of_this_run(self) -> dict[str, str]:
        """Return what this run has stored: chunk id → file id."""
        with self._lock:
            return {
                self._entries[file_id].chunk_id: file_id
                for file_id in self._of_this_run
                if file_id in self._entries
            }

    def is_of_this_run(self, file_id: str) -> bool:
        """Return whether this run has stored the file."""
        return file_id in self._of_this_run

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
        return [file_id for file_id, entry in self._entries.items() if entry.chunk_id == chunk_id]

    def list_superseded(self) -> list[str]:
        """Return the files of chunks that have a newer file."""
        newest = {entry.chunk_id: entry.file_id for entry in self._entries.values()}
        return [
            file_id for file_id, entry in self._entries.items() if newest[entry.chunk_id] != file_id
        ]

    def list_meant(self, stored: Sequence[StoredChunk]) -> list[str]:
        """Return the files by which these chunks are stored, oldest of a chunk first.

        A handle that is gone (another file took its place) means every file of that chunk,
        except those that this run has stored.
        """
        by_chunk: dict[str, list[str]] = {}
        for file_id, entry in self._entries.items():
            if not self.is_of_this_run(file_id):
                by_chunk.setdefault(entry.chunk_id, []).append(file_id)
        meant: dict[str, None] = {}
        for chunk in stored:
            is_held = chunk.handle in self._entries
            files = [chunk.handle] if is_held else by_chunk.get(chunk.id, [])
            meant.update(dict.fromkeys(files))
        return list(meant)

    def get_newest_but(self, file_ids: set[str]) -> str:
        """Return the newest file that is none of these; "" if there is none."""
        return next((held for held in reversed(self._entries) if held not in file_ids), "")

    def take_copy(self, text_hash: str) -> int:
        """Return the smallest copy number that no file of that text uses, and reserve it."""
        with self._lock:
            taken = self._copies.setdefault(text_hash, set())
            copy = next(number for number in itertools.count() if number not in taken)
            taken.add(copy)
            return copy

    def give_back(self, text_hash: str, copy: int) -> None:
        """Release a copy number for other files of that text."""
        with self._lock:
            self._copies.get(text_hash, set()).discard(copy)
