"""How chunks become files where the server alters text: upload, attach, then overwrite."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.records import Chunk
from pipeline.upsert.errors import InsertRejectedError, InsertUnclearError
from pipeline.upsert.files.entry import (
    PENDING,
    Entry,
    to_attributes,
    to_exact_hash,
    to_file_text,
    to_tail,
)
from pipeline.upsert.files.exact_text import ExactChunk, ExactText
from pipeline.upsert.files.file_writer import Batch, InsertError, is_over, to_file_name
from pipeline.upsert.files.held import Held
from pipeline.upsert.files.store_api import SeveralChunksError, StoreApi
from pipeline.upsert.files.workers import Workers

ATTEMPTS = 3  # at a file that the store's list does not keep
SHORTEST_FILE = 100  # characters: a server that cuts less than that is not our problem


@dataclass(slots=True)
class _Carrier:
    """A chunk and the file that gives it its handle."""

    chunk: Chunk
    text_hash: str
    copy: int
    text: str  # the file's: what the server embeds
    file_id: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)  # the chunk that the server made of it
    error: InsertError | None = None  # why there is none
    is_listed: bool = False


class ExactWriter:
    """Puts chunks byte for byte into one store."""

    def __init__(
        self, api: StoreApi, store: str, held: Held, workers: Workers, exact: ExactText
    ) -> None:
        self._api, self._store, self._held = api, store, held
        self._workers, self._exact = workers, exact

    def put_all(self, chunks: Sequence[Chunk]) -> Batch:
        """Store each chunk; several files at a time are uploaded and attached.

        The server may drop files from the store's list that are attached at the same time: those
        are attached again, one at a time. Deletions would damage the list, so none comes between.
        """
        batch = Batch()
        carriers = [self._to_carrier(chunk) for chunk in chunks]
        self._workers.run(lambda carrier: self._try(self._upload, carrier, batch), carriers)
        uploaded = [carrier for carrier in carriers if carrier.file_id]
        self._workers.run(self._attach, uploaded)
        self._workers.run(self._check, [carrier for carrier in uploaded if not carrier.error])
        attached = [one for one in uploaded if self._try(self._complete, one, batch)]
        if attached:
            self._overwrite(attached, batch)
        return batch

    def _to_carrier(self, chunk: Chunk) -> _Carrier:
        """Return a chunk with its file, still to be uploaded.

        The server derives a chunk's id from the text, white space aside: a number at the end keeps
        texts apart that would share one, also with texts that earlier releases stored.
        """
        text_hash = to_exact_hash(chunk.text)
        copy = self._held.take_copy(text_hash)
        tail = to_tail(copy) if copy or self._held.has_altered else ""
        return _Carrier(chunk, text_hash, copy, to_file_text(chunk.text) + tail)

    def _try(self, step: Callable[[_Carrier], None], carrier: _Carrier, batch: Batch) -> bool:
        try:
            step(carrier)
        except (InsertRejectedError, InsertUnclearError) as error:
            self._give_up([carrier], error, batch)
            return False
        return True

    def _upload(self, carrier: _Carrier) -> None:
        name = to_file_name(carrier.chunk.id, self._store)
        carrier.file_id = self._api.upload(name, carrier.text)

    def _attach(self, carrier: _Carrier) -> None:
ATTEMPTS = 3  # at a file that the store's list does not keep
        """Attach the file; shorten it where the server would make several chunks of it.

        What is embedded is then the beginning of the chunk; the chunk itself stays whole.
        """
        place = {**PENDING, "conf_text": carrier.text_hash, "conf_copy": carrier.copy}
        while True:
            file_id = carrier.file_id
            try:
                self._api.attach(self._store, file_id, carrier.text, place)
                carrier.made = self._api.read_chunk(self._store, file_id)
            except SeveralChunksError:
                if len(carrier.text) < SHORTEST_FILE:
                    raise
            else:
                if next(attempts) > ATTEMPTS:
                    raise InsertUnclearError("the store's list of files does not keep a file")
                # Some databases keep both chunks of a file that is attached twice.
                self._attach(carrier)
                self._exact.guard_last()
                self._api.detach(self._store, carrier.file_id)
            carrier.error = None
            self._attach(carrier)
            if not carrier.error:
                self._check(carrier)

    def _remove(self, carrier: _Carrier) -> None:
        self._exact.guard_last()
        self._api.remove(self._store, carrier.file_id)

    def _overwrite(self, carriers: Sequence[_Carrier], batch: Batch) -> None:
        exact = [
            ExactChunk(
                carrier.file_id,
                carrier.made,
                carrier.chunk.text,
                to_attributes(carrier.chunk, carrier.text_hash, carrier.copy),
            )
            for carrier in carriers
        ]
        try:
            self._exact.write(exact)
        except (InsertRejectedError, InsertUnclearError) as error:
            self._give_up(carriers, error, batch)
            return
        for carrier in carriers:
            chunk, file_id = carrier.chunk, carrier.file_id
            self._held.add(Entry(file_id, chunk.id, chunk.page_id, carrier.text_hash, carrier.copy))
            batch.handles[chunk.id] = file_id

    def _give_up(self, carriers: Sequence[_Carrier], error: InsertError, batch: Batch) -> None:
        """Remove what was stored of chunks, unless the server may still be working on it."""
        batch.errors += [error] * len(carriers)
        if not is_over(error):
            return
        if any(carrier.file_id for carrier in carriers):
            self._exact.guard_last()
        for carrier in carriers:
            if carrier.file_id:
                self._api.remove(self._store, carrier.file_id)
            self._held.give_back(carrier.text_hash, carrier.copy)
