"""The digests by which a run notices a change. Each is 16 hex digits of SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import chunk, markdown
from pipeline.records import ATTACHMENT, PAGE, Page, PageRef
from pipeline.settings import Settings


def to_conversion_digest(
    settings: Settings, hard_limit: int | None = None, window: str = ""
) -> str:
    """Return the digest of converter and chunker; when it changes, every page is refreshed.

    `hard_limit` is the most tokens of a chunk where the server does not accept CHUNK_TOKENS,
    `window` what the server shows of its model where that differs from EMBEDDING_MODEL_ID's.
    """
    facts: list[object] = [
        markdown.VERSION,
        chunk.VERSION,
        settings.chunk_tokens,
        settings.chunk_overlap,
        settings.embedding_model_id,  # its window decides where long sections are cut
    ]
    if settings.restricted_pages == "skip":  # decides what is left out of including pages
        facts.append("skip")
    facts += [window] if window else []
    return _digest([*facts, hard_limit] if hard_limit else facts)


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of everything about a page that can change its chunks or their metadata."""

    conversion: str  # of `to_conversion_digest`
    address: str  # the base of the site's links for people

    def of(self, ref: PageRef) -> str:
        """Return the page's digest.

        The time is that of the version: deleting an old version gives a new one the number of
        another.
        """
        about_page = [ref.version, ref.title, ref.space, ref.ancestors, ref.labels]
        kind: list[object] = [] if ref.content_type == PAGE else [ref.content_type]
        kind += [ref.owner, ref.details] if ref.owner else []
        kind += [markdown.FILES_VERSION] if ref.content_type == ATTACHMENT else []
        return _digest([ref.modified, self.address, *about_page, self.conversion, *kind])


def to_metadata_digest(page: Page) -> str:
    """Return the digest of the metadata that all chunks of a page share."""
    return _digest([page.ref.title, page.ref.space, page.url, page.labels])


def _digest(facts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
