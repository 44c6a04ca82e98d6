"""A chunk as a file of a vector store, and a file's answer as a hit: pure conversions.

A file's attributes hold all that the next run needs to know of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.records import Chunk, Hit

LONGEST_ATTRIBUTE = 512  # characters; OGX refuses longer ones, and more than 16 attributes
BLANK = "\u200b"  # not seen, not embedded, and kept by servers that strip white space
JOINER = "\u2060"  # not seen either; see `to_tail`
PENDING = {"conf_pending": 1}  # attributes of a file whose chunk has not been overwritten yet
EXACT = "exact-"  # begins the text hash of a chunk that is stored byte for byte
_OF_THE_PAGE = ("title", "space_key", "labels", "url")
_OURS = ("conf_chunk_id", "conf_text", "conf_copy")
_THE_SERVERS = (  # attributes that servers add
    "chunk_id",
    "document_id",
    "file_id",
    "filename",
    "token_count",
    "metadata_token_count",
    "chunk_tokenizer",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One of our files in a store."""

    file_id: str
    chunk_id: str
    page_id: str
    text_hash: str  # 16 hex digits of SHA-256; `EXACT` and a mark of its own for an exact chunk
    # How many BLANKs follow the text, see `FileWriter.to_file`; None where it was not read.
    copy: int | None
    metadata_digest: str = ""  # see `to_shared_digest`; "" for a file of this run


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be uploaded and attached."""

    name: str
    text: str
    attributes: dict[str, str | int]


def to_entry(row: Mapping[str, Any], *, requires_exact: bool = False) -> Entry | None:
    """Return a row of a store's list as an entry; None for a file that is not ours.

    With `requires_exact`, a chunk whose text the server has altered is another chunk than ours, so
    that ours takes its place.
    """
    attributes = row.get("attributes") or {}
    if not all(name in attributes for name in (*_OURS, "page_id")):
        return None
    chunk_id, text_hash, copy = (attributes[name] for name in _OURS)
    if not _is_whole(copy):  # attributes that something else has written
        return None
    page_id = to_document_id(str(chunk_id), str(attributes["page_id"]))
    if requires_exact and is_altered(str(text_hash)) and page_id:  # not the filler of `LastFile`
        chunk_id = f"{chunk_id}-altered"
    shared = to_shared_digest(attributes)
    return Entry(str(row["id"]), str(chunk_id), page_id, str(text_hash), int(copy), shared)


def to_document_id(chunk_id: str, page_id: str) -> str:
    """Return `Chunk.page_id` of a stored chunk, by its id and the `page_id` of its metadata.

    They are different where the chunk is of something on that page.
    """
    if not page_id or chunk_id.startswith(f"conf-{page_id}-"):
        return page_id
    return chunk_id.removeprefix("conf-").partition("-")[0]


def is_altered(text_hash: str) -> bool:
    """Return whether the server altered a text: it was not stored exactly."""
    return not text_hash.startswith(EXACT)


def to_file_text(text: str) -> str:
    """Return a text without our invisible characters, which keep equal texts apart in files."""
    return text.replace(BLANK, "").replace(JOINER, "")


def to_place_of_file(text: str) -> tuple[str, int]:
    """Return the text hash and the copy of a file whose attributes are lost, by its content.

    They are what keeps files on the same text apart: those of one place share a chunk.
    """
    plain = text.rstrip(BLANK)
    return to_text_hash(plain), len(text) - len(plain)


def to_text_hash(text: str) -> str:
    """Return what identifies a text, as `Entry.text_hash` has it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_attributes(chunk: Chunk, text_hash: str, copy: int) -> dict[str, str | int]:
    """Return a chunk's metadata, cut to the length that servers accept, and our own attributes."""
    attributes = {name: _fit(name, value) for name, value in chunk.metadata.items()}
    attributes |= zip(_OURS, (chunk.id, text_hash, copy), strict=True)
    return attributes


def _is_whole(number: Any) -> bool:
    """Return whether an attribute is a whole number; servers return 3 as 3.0 or "3"."""
    try:
        return int(number) == float(number)
    except (TypeError, ValueError, OverflowError):
        return False


def to_shared_digest(metadata: Mapping[str, Any]) -> str:
    """Return a digest of what a page's chunks share, from a chunk's metadata or its file's.

    The anchor is not of the page, and a long link loses it in the attributes.
    """
    shared = {name: str(metadata.get(name) or "") for name in _OF_THE_PAGE}
    shared["url"] = shared["url"].partition("#")[0]
    fitted = [_fit(name, value) for name, value in shared.items()]
    return hashlib.sha256(json.dumps(fitted).encode()).hexdigest()[:16]


def to_hit(attributes: Mapping[str, Any], text: str, score: float) -> Hit:
    """Return what a server found as a hit, without the attributes of servers and of this tool."""
    metadata = {
        # Servers return 3 as 3.0.
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in attributes.items()
        if name not in (*_OURS, *_THE_SERVERS)
    }
    return Hit(str(attributes.get("conf_chunk_id", "")), text.rstrip(BLANK), score, metadata)


def to_file_id(attributes: Mapping[str, Any]) -> str:
    """Return the id of the file that a hit belongs to."""
    # 0.2 overwrites our attribute `document_id` with it; later servers add `file_id`.
    return str(attributes.get("file_id") or attributes["document_id"])


def _fit(name: str, value: str | int) -> str | int:
    """Cut an attribute to size; a link loses its anchor before anything else."""
    if isinstance(value, int) or len(value) <= LONGEST_ATTRIBUTE:
        return value
    return (value.partition("#")[0] if name == "url" else value)[:LONGEST_ATTRIBUTE]
