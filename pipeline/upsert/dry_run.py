"""The sink of a dry run: reads the real collection and writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from pipeline.records import Chunk, Hit, StoredChunk
from pipeline.upsert.errors import VectorApiError
from pipeline.upsert.sink import Sink

log = logging.getLogger(__name__)


class DryRun:
    """Wraps a real sink, or none where the server cannot be reached."""

    variant = "dry_run"
    inserts_at_once = 1

    def __init__(self, sink: Sink | None) -> None:
        self._sink = sink
        self.can_delete = sink is None or sink.can_delete
        self.can_list = sink is not None and sink.can_list
        self.opened_new = False  # whether a real run would make the collection

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._sink.requests if self._sink else 0

    def look_up(self, known: str = "") -> str:
        """Return the collection's identifier; without the server, that of an earlier run."""
        if self._sink is None:
            return known
        try:
            return self._sink.look_up(known)
        except VectorApiError as error:
            log.warning("dry run without the vector server: %s", error)
            self._sink.close()
            self._sink, self.can_list = None, False
            return known

    def open_collection(self, known: str = "") -> str:
        """Find the collection; where it does not exist, return a note instead of an identifier."""
        identifier = self.look_up(known)
        self.opened_new = not identifier
        return identifier or "(not created in a dry run)"

    def check_model(self, kept: str) -> str:
        """Return the model of the real collection. Raises as a real run does."""
        return self._sink.check_model(kept) if self._sink and not self.opened_new else kept

    def list_stored(self) -> Iterator[StoredChunk]:
        """Return what the real collection holds."""
        return self._sink.list_stored() if self._sink and not self.opened_new else iter(())

    def insert(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Return handles as if the chunks were stored."""
        return {chunk.id: chunk.id for chunk in chunks}

    def find(self, chunks: Sequence[Chunk]) -> Mapping[str, str]:
        """Return which of these chunks the real collection has."""
        return self._sink.find(chunks) if self._sink and not self.opened_new else {}

    def delete(self, stored: Sequence[StoredChunk]) -> None:
        """Delete nothing."""

    def query(self, question: str, top_k: int) -> list[Hit]:
        """Return the real collection's hits."""
        return self._sink.query(question, top_k) if self._sink and not self.opened_new else []

    def close(self) -> None:
        """Close the connections."""
        if self._sink:
            self._sink.close()
