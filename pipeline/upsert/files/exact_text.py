"""Chunks byte for byte on servers that alter the text of files: OGX 1.x strips indentation.

There a file only gives a chunk its handle: the file is attached, and the chunk that the server made
of it is then overwritten by vector-io with the text as it is, and with its vector. Deleting the
file deletes the chunk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pipeline.upsert.errors import must_be_stored
from pipeline.upsert.files.entry import BLANK, JOINER, PENDING
from pipeline.upsert.files.store_api import StoreApi
from pipeline.upsert.files.workers import Workers
from pipeline.upsert.server.vector_io import INSERT

FILLER_ID = "conf-filler"
_TAIL_BITS = 24
_FAR = 1e15  # of a vector that is near to no query; its square times 1,536 fits a float32
_ROWS_A_REQUEST = 100


@dataclass(frozen=True, slots=True)
class ExactChunk:
    """A chunk as it is to be stored, and the attached file that carries it."""

    file_id: str
    made: Mapping[str, Any]  # the chunk that the server made of the file, see `ExactText.read`
    text: str
    vector: Sequence[float]  # of the text; empty where that of the file stays
    attributes: Mapping[str, str | int]  # the file's, once the chunk is complete


class ExactText:
    """Overwrites the chunks of one store. Not safe to use from two threads at once."""

    def __init__(
        self, api: StoreApi, store: str, provider: str, model: str, workers: Workers
    ) -> None:
        """`model`: the embedding model of the store."""
        self._api, self._store, self._model, self._workers = api, store, model, workers
        self._is_faiss, self._is_sqlite = "faiss" in provider, "sqlite-vec" in provider

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """Return a vector for each text; empty ones where a chunk keeps that of its file.

        Raises as `Api.insert` does.
        """
        if self._is_sqlite:
            return [()] * len(texts)
        return [*self._api.embed(self._model, texts)]

    def write(self, chunks: Sequence[ExactChunk]) -> set[str]:
        """Overwrite the chunks of attached files, then mark the files as complete.

        Returns the ids of the files that the store's list does not have.
        Raises as `Api.insert` does; then the files still have the attributes `PENDING`.
        """
        rows = [self._to_row(chunk) for chunk in chunks]
        self.guard_last()
        for start in range(0, len(rows), _ROWS_A_REQUEST):
            self._insert(rows[start : start + _ROWS_A_REQUEST])
        unlisted = set[str]()

        def mark(chunk: ExactChunk) -> None:
            if not self._api.set_attributes(self._store, chunk.file_id, chunk.attributes):
                unlisted.add(chunk.file_id)

        self._workers.run(mark, chunks)
        return unlisted

    def read(self, file_id: str) -> Mapping[str, Any]:
        """Return the only chunk of a file, as the server made it; see `StoreApi.read_chunk`."""
        return self._api.read_chunk(self._store, file_id, embedded=self._is_sqlite)

    def guard_last(self) -> None:
        """Make sure that the last chunk of a faiss index is none of ours.

        faiss confuses its chunks when the last one is overwritten or deleted. So a filler is stored
        behind a file that is then deleted.
        Raises `VectorApiError` if the server does not store it.
        """
        if not self._is_faiss:
            return
        with must_be_stored("no chunk can be deleted safely"):
            self._store_filler()

    def _store_filler(self) -> None:
        text = uuid4().hex
        file_id = self._api.upload(f"tail.{self._store}.md", text)
        self._api.attach(self._store, file_id, text, PENDING)
        length = len(self._api.read_chunk(self._store, file_id, embedded=True)["embedding"])
        self._insert([self._to_filler(length)])
        self._api.remove(self._store, file_id)

    def _to_row(self, chunk: ExactChunk) -> dict[str, Any]:
        vector = chunk.vector
        if not vector:  # it keeps the file's vector and adds this one, out of the way
            vector = [_FAR] * len(chunk.made["embedding"])
        about = {**chunk.made["chunk_metadata"], "document_id": chunk.file_id}
        place = {"document_id": chunk.file_id, "file_id": chunk.file_id}
        place["filename"] = chunk.made["metadata"].get("filename", "")  # citations show it
        chunk_id = chunk.made["chunk_metadata"]["chunk_id"]
        return self._to_wire(chunk_id, chunk.text, {**chunk.attributes, **place}, about,
                             vector)  # fmt: skip

    def _to_filler(self, length: int) -> dict[str, Any]:
        about = {"chunk_id": FILLER_ID, "document_id": FILLER_ID, "source": FILLER_ID}
        metadata = {"document_id": FILLER_ID, "file_id": FILLER_ID, "conf_chunk_id": FILLER_ID}
        return self._to_wire(FILLER_ID, "(not a part of any page)", metadata, about,
                             [_FAR] * length)  # fmt: skip

    def _to_wire(
        self,
        chunk_id: str,
        text: str,
        metadata: Mapping[str, Any],
        about: Mapping[str, Any],
        vector: Sequence[float],
    ) -> dict[str, Any]:
        return {
            "content": text,
            "chunk_id": chunk_id,
            "metadata": dict(metadata),
            "chunk_metadata": dict(about),
            "embedding": vector,
            "embedding_model": self._model,
            "embedding_dimension": len(vector),
        }

    def _insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        body = {"vector_store_id": self._store, "chunks": list(rows)}
        self._api.api.insert(INSERT, body)


def to_tail(mark: str) -> str:
    """Return a file's mark (hexadecimal), its last 24 bits, in invisible characters."""
    bits = f"{int(mark[-_TAIL_BITS // 4 :], 16):0{_TAIL_BITS}b}"
    return JOINER + bits.replace("0", BLANK).replace("1", JOINER)
