"""One page compared with what the collection holds of it: what to insert, delete and keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.records import Chunk, Page, StoredChunk
from pipeline.run.plan import to_metadata_digest
from pipeline.state import MIXED, Dependent, HeldChunk, HeldPage
from pipeline.upsert import to_shared_digest


@dataclass(slots=True)
class PageUpdate:
    """One page on its way into the collection, until everything new of it is confirmed."""

    page: Page
    digest: str
    metadata_digest: str
    unfinished_metadata: str  # its metadata digest in the ledger until it is complete
    new: list[Chunk]  # to be inserted
    unsure: list[Chunk]  # of these, what may be stored already: sent unconfirmed, or stale
    renews: bool  # its metadata have changed, so that what is stored is sent again, too
    old: list[StoredChunk]  # to be deleted once all new chunks are stored
    was_recorded: bool  # an earlier run has stored all of the page
    was_held: bool  # the ledger knew chunks of it
    unchanged: int  # chunks that are stored already
    chunk_ids: set[str]  # of all its chunks
    waiting: set[str] = field(default_factory=set)  # ids of chunks that are not confirmed yet
    inserted: int = 0  # chunks
    error: str = ""  # the first of its chunks' failures
    dependent: Dependent | None = None  # recorded with the page

    def confirm(self, chunk_ids: Iterable[str]) -> None:
        """Record that the sink holds these chunks of the page already."""
        confirmed = set(chunk_ids)
        self.new = [chunk for chunk in self.new if chunk.id not in confirmed]
        self.waiting -= confirmed

    def replace(self, chunk: Chunk, parts: PageUpdate) -> None:
        """Put the parts of a chunk in its place; `parts` compares them with what is held."""
        self.waiting.discard(chunk.id)
        self.chunk_ids.discard(chunk.id)
        self.waiting |= parts.waiting
        self.chunk_ids |= parts.chunk_ids
        # What an earlier run stored of the parts is not old any more.
        still_old = set(parts.old)
        self.old = [stored for stored in self.old if stored in still_old]

    def is_emptied(self, chunks: Sequence[Chunk]) -> bool:
        """Return whether the page had text and has none now: `chunks` is one with its title."""
        has_no_text = len(chunks) == 1 and chunks[0].text.strip() == self.page.ref.title
        return has_no_text and any(stored.id not in self.chunk_ids for stored in self.old)

    @property
    def outcome(self) -> str:
        """How the report counts the page: new, changed or unchanged."""
        if not self.was_held and not self.was_recorded:
            return "new"
        if self.was_recorded or self.inserted or self.old:
            return "changed"
        return "unchanged"  # the ledger had lost it, the store had not


def compare(
    page: Page,
    digest: str,
    chunks: Sequence[Chunk],
    held: Sequence[HeldChunk],
    recorded: HeldPage | None,
    *,
    can_delete: bool,
) -> PageUpdate:
    """Return what has to change so that the collection holds exactly these chunks of the page.

    `held` and `recorded` are what the ledger knows of it.
    """
    metadata_digest = to_metadata_digest(page)
    # Metadata that readers filter by has changed: every chunk carries it, so all are sent again.
    has_changed = bool(held) and not (recorded and _has(recorded, metadata_digest, chunks))
    renews = can_delete and has_changed
    current = {chunk.id for chunk in chunks}
    # Nothing looks after stale chunks: a store that was emptied meanwhile lacks them.
    unsure = {known.stored.id for known in held if known.state != "stored"}
    keep = {
        known.stored.id: known.stored
        for known in held
        if known.state == "stored" and known.stored.id in current
    }
    new = [chunk for chunk in chunks if renews or chunk.id not in keep]
    if renews:  # where an id is overwritten in place, the old entry disappears by itself
        keep = {name: stored for name, stored in keep.items() if stored.handle in ("", name)}
    return PageUpdate(
        page=page,
        digest=digest,
        metadata_digest=metadata_digest,
        unfinished_metadata=MIXED if has_changed else metadata_digest,
        new=new,
        # A search shows what is stored, but not with which metadata.
        unsure=[chunk for chunk in new if chunk.id in unsure and not renews],
        renews=renews,
        old=[known.stored for known in held if _is_old(known, keep, current)],
        was_recorded=bool(recorded and recorded.digest),
        was_held=bool(held),
        unchanged=len(chunks) - len(new),
        chunk_ids=current,
        waiting={chunk.id for chunk in new},
    )


def _has(recorded: HeldPage, metadata_digest: str, chunks: Sequence[Chunk]) -> bool:
    """Return whether what is stored of the page has its metadata of now."""
    listed = {to_shared_digest(chunk.metadata) for chunk in chunks[:1]}
    return recorded.metadata_digest in {metadata_digest, *listed}


def _is_old(held: HeldChunk, keep: Mapping[str, StoredChunk], current: set[str]) -> bool:
    """Return whether a chunk is neither kept, stale already, nor about to be confirmed."""
    stored = held.stored
    is_unconfirmed = held.state == "sent" and stored.id in current
    return held.state != "stale" and keep.get(stored.id) != stored and not is_unconfirmed
