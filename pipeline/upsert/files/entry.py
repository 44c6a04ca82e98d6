"""A chunk as a file of a vector store, and a file's answer as a hit: pure conversions.

A file carries in its attributes all that the next run needs to know of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.records import Chunk, Hit

LONGEST_ATTRIBUTE = 512  # characters; OGX refuses longer ones, and more than 16 attributes
BLANK = "\u200b"  # neither seen nor embedded, and kept by servers that tidy white space
OURS = ("conf_chunk_id", "conf_text", "conf_copy")
_THE_SERVERS = (
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
    text_hash: str  # 16 hex digits of SHA-256
    copy: int  # how many BLANKs follow the text, see `Shelf.to_file`


def to_entry(row: Mapping[str, Any]) -> Entry | None:
    """A row of a store's list, if it is one of our files."""
    attributes = row.get("attributes") or {}
    if not all(name in attributes for name in (*OURS, "page_id")):
        return None
    chunk_id, text_hash, copy = (attributes[name] for name in OURS)
    page_id = str(attributes["page_id"])
    return Entry(str(row["id"]), str(chunk_id), page_id, str(text_hash), int(copy))


def to_text_hash(text: str) -> str:
    """By which texts are told apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_attributes(chunk: Chunk, text_hash: str, copy: int) -> dict[str, str | int]:
    """A chunk's metadata and ours, each as long as servers take it."""
    attributes = {name: _fit(name, value) for name, value in chunk.metadata.items()}
    attributes |= zip(OURS, (chunk.id, text_hash, copy), strict=True)
    return attributes


def to_hit(attributes: Mapping[str, Any], text: str, score: float) -> Hit:
    """What a server found, without what only servers and this tool need."""
    metadata = {
        name: int(value) if isinstance(value, float) else value  # they make 3 a 3.0
        for name, value in attributes.items()
        if name not in (*OURS, *_THE_SERVERS)
    }
    return Hit(str(attributes.get("conf_chunk_id", "")), text.rstrip(BLANK), score, metadata)


def to_file_id(attributes: Mapping[str, Any]) -> str:
    """The file that a hit is of."""
    # 0.2 overwrites our attribute `document_id` with it; later servers add `file_id`.
    return str(attributes.get("file_id") or attributes["document_id"])


def _fit(name: str, value: str | int) -> str | int:
    """Cut an attribute to size; a link loses its anchor before it breaks."""
    if isinstance(value, int) or len(value) <= LONGEST_ATTRIBUTE:
        return value
    return (value.partition("#")[0] if name == "url" else value)[:LONGEST_ATTRIBUTE]
