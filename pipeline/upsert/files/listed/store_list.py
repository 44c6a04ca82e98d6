"""Which files a store has: its list, read in the way that suits its size, or known already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from pipeline.records import StoredChunk
from pipeline.upsert.files.listed.held import Held
from pipeline.upsert.files.listed.uploads import Uploads
from pipeline.upsert.files.store_api import StoreApi, to_total
from pipeline.upsert.files.workers import Workers

ONE_PAGE = 100  # files
_FORM = 1  # of a mark; another number makes every store's list be read once more
_UPLOADS = 1000  # in memory at a time


class IncompleteListError(Exception):
    """The uploads are not all of the files that a store has."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the ledger has of a store, and the mark that the last complete run gave to it."""

    chunks: Callable[[], Iterable[StoredChunk]]
    mark: str  # see `StoreList.to_mark`; "" if no run was complete


class StoreList:
    """The files and the uploads of one store, as they were listed last; changes nothing."""

    def __init__(
        self,
        api: StoreApi,
        store: str,
        held: Held,
        workers: Workers,
        folder: Path,
        *,
        in_order: bool,
    ) -> None:
        """`in_order`: the files are needed in the order of the inserts, see `LastFile`."""
        self._api, self._store, self._held, self._workers = api, store, held, workers
        # Later servers read all files for each page of the list, so that a long list takes a time
        # that grows with the square of its length. There our uploads are asked for one by one.
        self._asks_singly = api.can_lose_files and not in_order
        self._uploads = Uploads(api, store, folder)

    def open(self, about: Mapping[str, Any], remembered: Remembered) -> bool:
        """Hold what the store has; return whether that is what an earlier run remembers.

        `about`: the store as the server describes it.
        """
        if self._asks_singly and remembered.mark and self._is_as(remembered, to_total(about)):
            return True
        self._read_files(to_total(about))
        return False

    def read(self) -> None:
        """Read the files again, and the uploads when they are needed.

        Raises `DamagedListError` if the server cannot list the files.
        """
        self._uploads.forget()
        self._read_files(self._api.count_files(self._store) if self._asks_singly else 0)

    def forget(self) -> None:
        """Hold nothing, and read the uploads when they are needed."""
        self._held.forget()
        self._uploads.forget()

    def list_unlisted(self, least_seconds: float) -> list[str]:
        """Return the uploads of at least that age that the store does not hold."""
        return self._uploads.list_unlisted(self._held, time.time() - least_seconds)

    def to_mark(self) -> str:
        """Return what the ledger keeps, beside its chunks, until the next run opens the store.

        The next run need not read the list if its ledger has the same chunks, and if the server
        has the same uploads and as many files. "" where the list is always read: it is short, or
        the order matters.
        """
        if not self._asks_singly:
            return ""
        texts = "exact" if self._held.requires_exact else "as-files"
        return f"{_FORM}:{texts}:{self._held.to_digest()}"

    def _is_as(self, remembered: Remembered, total: int) -> bool:
        """Hold what is remembered if the server shows that it is all there, and nothing else.

        A run that was killed has left a file or an upload too many or too few, and another mark.
        A file that was lost while another was added would not be noticed.
        """
        if (
            self._held.adopt(remembered.chunks())
            and self.to_mark() == remembered.mark
            and len(self._held) == len(self._uploads) == total
            and all(file_id in self._held for file_id in self._uploads)
        ):
            return True
        self._held.forget()
        return False

    def _read_files(self, total: int) -> None:
        if self._asks_singly and total > ONE_PAGE:
            try:
                self._held.load(self._read_each(total))
            except IncompleteListError:
                pass  # others have put files into the store too, or the list is damaged
            else:
                return
        self._held.load(self._api.list_files(self._store))

    def _read_each(self, total: int) -> Iterator[dict[str, Any]]:
        """Yield the row of each upload that the store holds, as these were made.

        Raises `IncompleteListError` after the last one if they are not `total`.
        """
        count = 0
        for batch in batched(self._uploads, _UPLOADS):
            rows: dict[str, dict[str, Any]] = {}

            def read(file_id: str, rows: dict[str, dict[str, Any]] = rows) -> None:
                if row := self._api.get_file(self._store, file_id):
                    rows[file_id] = row

            self._workers.run(read, batch)
            count += len(rows)
            yield from (rows[file_id] for file_id in batch if file_id in rows)
        if count != total:
            raise IncompleteListError
