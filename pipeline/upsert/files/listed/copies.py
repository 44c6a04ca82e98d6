"""The copy numbers that keep files on the same text apart, see `FileWriter.to_file`."""

from __future__ import annotations

import itertools
from collections.abc import Collection


class Copies:
    """The numbers that are taken, but by no file of the list.

    An upload in progress has one, and so has a file that the list has lost: its chunk is still
    there. Not safe to use from two threads at once.
    """

    def __init__(self) -> None:
        self._reserved: dict[str, set[int]] = {}  # by text hash

    def take(self, text_hash: str, in_use: Collection[int]) -> int:
        """Return the smallest number that is neither in use nor reserved, and reserve it."""
        reserved = self._reserved.get(text_hash, ())
        numbers = itertools.count()
        copy = next(number for number in numbers if number not in in_use and number not in reserved)
        self.reserve(text_hash, copy)
        return copy

    def reserve(self, text_hash: str, copy: int | None) -> None:
        """Reserve a number; None where a file's number is not known."""
        if copy is not None:
            self._reserved.setdefault(text_hash, set()).add(copy)

    def give_back(self, text_hash: str, copy: int | None) -> None:
        """Release a number; one that is not reserved is no error."""
        reserved = self._reserved.get(text_hash, set())
        reserved -= {copy}
        if not reserved:
            self._reserved.pop(text_hash, None)
