"""What the tests of both sinks with files share: chunks, and what is really on the server."""

import hashlib
from itertools import count
from typing import Any

import requests

from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import Sink
from pipeline.upsert.files.exact_text import FILLER_ID

PROVIDERS = ("faiss", "sqlite-vec")
WORDS = ("cats", "engines", "gardens", "music", "bread", "ships")
_numbers = count()


def to_chunk(page: int, text: str, **metadata: str | int) -> Chunk:
    """Return a chunk as the chunker makes it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    facts: dict[str, str | int] = {
        "source": "confluence",
        "document_id": f"conf-{page}",
        "page_id": str(page),
        "content_type": "page",
        "title": f"Page {page}",
        "space_key": "KI",
        "labels": "",
        "version": 3,
        "last_modified": "2026-06-15T09:30:00.000Z",
        "url": f"https://site.example/wiki/{page}#part",
        "section": "Title > Part",
        "chunk_index": 0,
        "content_hash": digest,
    }
    return Chunk(f"conf-{page}-{digest}", str(page), text, len(text) // 4, facts | metadata)


def to_chunks(*words: str) -> list[Chunk]:
    """Return a chunk about each word, on pages 1, 2, …"""
    return [to_chunk(n, f"About {word}\n\n    All of {word}.") for n, word in enumerate(words, 1)]


def to_document(page: int, word: str, paragraphs: int = 30, **metadata: str | int) -> Chunk:
    """Return a whole page about a word, of several of the server's chunks."""
    lines = [f"Paragraph {n} has more about {word} and their place." for n in range(paragraphs)]
    text = "\n\n".join([f"# About {word}", f"KI > About {word}", *lines])
    return to_chunk(page, text, **metadata)


def new_name() -> str:
    """Return a store's name that no other test has."""
    return f"test-{next(_numbers)}"


def stored(sink: Sink) -> dict[str, StoredChunk]:
    """Return chunk id → what the store lists, freshly read."""
    listed = list(sink.list_stored())
    by_id = {chunk.id: chunk for chunk in listed}
    assert len(by_id) == len(listed)
    return by_id


class Looker:
    """Looks into a store past the sink, with plain requests."""

    def __init__(self, base_url: str, store: str, prefix: str) -> None:
        self.base_url, self.store = base_url, store
        self.prefix, self.key = prefix, "vector_db_id" if "openai" in prefix else "vector_store_id"

    def files(self) -> list[dict[str, Any]]:
        """Return the store's files; no test has more than a hundred."""
        path = f"{self.prefix}/vector_stores/{self.store}/files"
        rows: list[dict[str, Any]] = self.get(f"{path}?limit=100")["data"]
        return rows

    def uploads(self) -> set[str]:
        """Return the ids of the uploads that were made for this store."""
        rows = self.get(f"{self.prefix}/files?limit=10000")["data"]
        return {row["id"] for row in rows if self.store in row["filename"]}

    def texts(self, query: str) -> set[str]:
        """Return every text of ours that the store answers, by both routes.

        A faiss store of OGX also has a filler, which is far from every question.
        """
        body = {"query": query, "max_num_results": 50}
        found = self.post(f"{self.prefix}/vector_stores/{self.store}/search", body)["data"]
        body = {"query": query, "params": {"max_chunks": 50}, self.key: self.store}
        queried = self.post("/v1/vector-io/query", body)["chunks"]
        found = [row for row in found if row["attributes"].get("conf_chunk_id") != FILLER_ID]
        queried = [row for row in queried if row["metadata"].get("conf_chunk_id") != FILLER_ID]
        searched = {to_plain(part["text"]) for row in found for part in row["content"]}
        assert searched == {to_plain(row["content"]) for row in queried}
        return searched

    def upload(self, name: str) -> str:
        """Leave a file behind, as a killed run would."""
        form = {"file": (name, b"text", "text/markdown")}
        path = f"{self.base_url}{self.prefix}/files"
        answer = requests.post(path, files=form, data={"purpose": "assistants"}, timeout=60)
        return str(answer.json()["id"])

    def attach(self, file_id: str, attributes: dict[str, Any]) -> str:
        """Attach a file without the sink; return its status."""
        body = {"file_id": file_id, "attributes": attributes}
        return str(self.post(f"{self.prefix}/vector_stores/{self.store}/files", body)["status"])

    def get(self, path: str) -> Any:
        answer = requests.get(self.base_url + path, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(self.base_url + path, json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


def to_plain(text: str) -> str:
    """Return a text without the white space that OGX changes and without invisible characters."""
    return " ".join(text.translate(dict.fromkeys(map(ord, "\u200b\u2060"))).split())
