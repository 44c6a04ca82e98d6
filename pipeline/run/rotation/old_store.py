"""The text of the active store, for pages whose text cannot be had from Confluence."""

from __future__ import annotations

import hashlib
import logging

from pipeline.chunk import count_tokens
from pipeline.records import Chunk, Hit, Page, PageRef
from pipeline.state import ContentTypes, Dependent, Dependents, Ledger
from pipeline.upsert import Rotating, VectorApiError

log = logging.getLogger(__name__)
# A page that the active store holds in part has none: it is fetched again in the next run.
_UNKNOWN_DIGEST = "?"


class OldStore:
    """Reads pages back, chunk by chunk, exactly as they were stored."""

    def __init__(self, sink: Rotating, identifier: str, ledger: Ledger) -> None:
        """`ledger` is that of the store."""
        self._sink, self._identifier, self._ledger = sink, identifier, ledger

    def read_page(self, page_id: str) -> tuple[Page, str, list[Chunk], Dependent | None] | None:
        """Return a page as the writer takes it; None if the store does not answer with all of it.

        Its digest is that of the stored text, and so is what this depends on, so that the next run
        notices what has changed.
        """
        held = self._ledger.page(page_id)
        ids = {one.stored.id for one in self._ledger.chunks(page_id) if one.was_confirmed}
        if not held or not ids:
            return None
        try:
            hits = self._sink.read_back(self._identifier, held.title, ids)
        except VectorApiError as error:
            log.warning("page %s cannot be read back: %s", page_id, error)
            return None
        chunks = [_to_chunk(page_id, hit) for hit in hits.values() if _is_exact(page_id, hit)]
        if len(chunks) < len(ids):
            return None
        chunks.sort(key=lambda chunk: int(chunk.metadata.get("chunk_index", 0)))
        content_type = ContentTypes(self._ledger).of(page_id)
        page = Page(PageRef(page_id, 0, held.title, "", content_type=content_type), "", "")
        dependent = Dependents(self._ledger).get(page_id)
        return page, held.digest or _UNKNOWN_DIGEST, chunks, dependent


def _is_exact(page_id: str, hit: Hit) -> bool:
    """Return whether the text is what the chunk's id was made of."""
    digest = hashlib.sha256(hit.text.encode()).hexdigest()
    return hit.chunk_id.startswith(f"conf-{page_id}-{digest[:16]}")


def _to_chunk(page_id: str, hit: Hit) -> Chunk:
    return Chunk(hit.chunk_id, page_id, hit.text, count_tokens(hit.text), hit.metadata)
