"""What the ledger knows of a page and of a chunk."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.records import StoredChunk

MIXED = "?"  # in the place of a metadata digest: the chunks of the page may differ in it


@dataclass(frozen=True, slots=True)
class HeldPage:
    """A page that the collection holds in full, or a pending one (empty digest)."""

    title: str
    digest: str
    # Of what its chunks' metadata hold besides the text: `MIXED` if they differ, "" if unknown,
    # `StoredChunk.metadata_digest` if only the store's list is known.
    metadata_digest: str


@dataclass(frozen=True, slots=True)
class HeldChunk:
    """A chunk as the ledger knows it."""

    stored: StoredChunk
    state: str  # sent, stored or stale

    @property
    def was_confirmed(self) -> bool:
        """Whether it is stored, or was and is only looked up again: `sent` with a handle."""
        return self.state == "stored" or (self.state == "sent" and self.stored.handle != "")
