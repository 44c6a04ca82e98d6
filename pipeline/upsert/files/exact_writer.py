"""How chunks become files where the server alters text: upload, attach, then overwrite."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from pipeline.records import Chunk
from pipeline.upsert.errors import InsertRejectedError, InsertUnclearError
from pipeline.upsert.files.entry import EXACT, PENDING, Entry, to_attributes, to_file_text
from pipeline.upsert.files.exact_text import ExactChunk, ExactText, to_tail
from pipeline.upsert.files.file_writer import Batch, InsertError, is_over, to_file_name
from pipeline.upsert.files.listed.held import Held
from pipeline.upsert.files.store_api import SeveralChunksError, StoreApi
from pipeline.upsert.files.workers import Workers

ATTEMPTS = 3  # at a file that the store's list does not keep
BEGINNING = 120  # bytes of a chunk in a file whose vector is replaced: no model has fewer tokens
SHORTEST_FILE = 100  # characters: a server that cuts less than that is not our problem


@dataclass(slots=True)
class _Carrier:
    """A chunk and the file that gives it its handle."""

    chunk: Chunk
    mark: str  # `Entry.text_hash`: no other file has it
    vector: Sequence[float]  # of the chunk's text; empty where that of the file stays
    text: str  # the file's
    file_id: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)  # the chunk that the server made of it
    error: InsertError | None = None  # why there is none


class ExactWriter:
    """Puts chunks byte for byte into one store."""

    def __init__(
        self,
        api: StoreApi,
        store: str,
        held: Held,
        workers: Workers,
        exact: ExactText,
        attachments_at_once: int,
    ) -> None:
        self._api, self._store, self._held = api, store, held
        self._workers, self._exact = workers, exact
        self._attachments_at_once = attachments_at_once

    def put_all(self, chunks: Sequence[Chunk]) -> Batch:
        """Store each chunk; several files at a time are uploaded and attached.

        The server may drop files from the store's list that are attached at the same time: where
        it cannot mark them as complete, they are attached again, one at a time. Deletions would
        damage the list, so none comes between.
        Raises as `Api.insert` does if nothing is stored, because the texts cannot be embedded.
        """
        batch = Batch()
        vectors = self._exact.embed([chunk.text for chunk in chunks])
        carriers = [
            self._to_carrier(chunk, vector) for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        self._workers.run(lambda carrier: self._try(self._upload, carrier, batch), carriers)
        uploaded = [carrier for carrier in carriers if carrier.file_id]
        self._workers.run(self._attach, uploaded, self._attachments_at_once)
        self._workers.run(self._read, [carrier for carrier in uploaded if not carrier.error])
        self._overwrite([one for one in uploaded if self._try(self._shorten, one, batch)], batch)
        return batch

    def _to_carrier(self, chunk: Chunk, vector: Sequence[float]) -> _Carrier:
        """Return a chunk with its file, still to be uploaded.

        The server derives a chunk's id from the file's text, white space aside, so that two files
        of one text would share a chunk: of runs at the same time, or of a killed one.
        """
        mark, text = EXACT + uuid4().hex[:16], to_file_text(chunk.text)
        if vector:
            beginning = text.encode()[:BEGINNING].decode(errors="ignore")
            text = f"{beginning}\n\n{chunk.id} {mark}"
        else:
            text += to_tail(mark)
        return _Carrier(chunk, mark, vector, text)

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
        try:
            self._api.attach(self._store, carrier.file_id, carrier.text, PENDING)
        except (InsertRejectedError, InsertUnclearError) as error:
            carrier.error = error

    def _read(self, carrier: _Carrier) -> None:
        """Read what the server made of a file that it has confirmed."""
        try:
            carrier.made = self._exact.read(carrier.file_id)
        except SeveralChunksError as error:
            carrier.error = error

    def _shorten(self, carrier: _Carrier) -> None:
        """Make sure that the file has one chunk; raise `InsertError` where it cannot.

        A file of which the server makes several chunks is shortened: what is embedded is then the
        beginning of the chunk; the chunk itself stays whole.
        """
        while carrier.error:
            is_cut = isinstance(carrier.error, SeveralChunksError)
            if not is_cut or len(carrier.text) < SHORTEST_FILE:
                raise carrier.error
            self._exact.guard_last()
            self._api.remove(self._store, carrier.file_id)
            carrier.text = carrier.text[: len(carrier.text) * 2 // 3] + to_tail(carrier.mark)
            self._upload(carrier)
            self._attach_and_read(carrier)

    def _attach_again(self, carrier: _Carrier) -> None:
        """Attach a file that the store's list has lost."""
        self._attach(carrier)
        if carrier.error and not is_over(carrier.error):  # it would undo what is stored meanwhile
            raise carrier.error
        # Some databases keep both chunks of a file that is attached twice.
        self._exact.guard_last()
        self._api.detach(self._store, carrier.file_id)
        self._attach_and_read(carrier)
        self._shorten(carrier)

    def _attach_and_read(self, carrier: _Carrier) -> None:
        carrier.error = None
        self._attach(carrier)
        if not carrier.error:
            self._read(carrier)

    def _overwrite(self, carriers: Sequence[_Carrier], batch: Batch) -> None:
        """Write chunks over those of their files; again where the list has lost the file."""
        attempts = itertools.count(1)
        while carriers:
            lost = self._write(carriers, batch)
            if lost and next(attempts) > ATTEMPTS:
                unclear = InsertUnclearError("the store's list of files does not keep a file")
                self._give_up(lost, unclear, batch)
                return
            carriers = [one for one in lost if self._try(self._attach_again, one, batch)]

    def _write(self, carriers: Sequence[_Carrier], batch: Batch) -> list[_Carrier]:
        """Write chunks over those of their files; return those whose file the list has lost."""
        try:
            lost = self._exact.write([_to_exact(carrier) for carrier in carriers])
        except (InsertRejectedError, InsertUnclearError) as error:
            self._give_up(carriers, error, batch)
            return []
        for carrier in carriers:
            chunk, file_id = carrier.chunk, carrier.file_id
            if file_id not in lost:
                self._held.add(Entry(file_id, chunk.id, chunk.page_id, carrier.mark, 0))
                batch.handles[chunk.id] = file_id
        return [carrier for carrier in carriers if carrier.file_id in lost]

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


def _to_exact(carrier: _Carrier) -> ExactChunk:
    return ExactChunk(
        carrier.file_id,
        carrier.made,
        carrier.chunk.text,
        carrier.vector,
        to_attributes(carrier.chunk, carrier.mark, 0),
    )
