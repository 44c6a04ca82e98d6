"""What the tests of both file-keeping sinks share: chunks, and what is really on the server."""

import hashlib
from itertools import count
from typing import Any

import requests

from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import Sink

PROVIDERS = ("faiss", "sqlite-vec")
_numbers = count()


def to_chunk(page: int, text: str, **metadata: str | int) -> Chunk:
    """A chunk as the chunker makes it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    facts: dict[str, str | int] = {
        "source": "confluence",
        "document_id": f"conf-{page}",
        "page_id": str(page),
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
    return [to_chunk(n, f"About {word}\n\n    All of {word}.") for n, word in enumerate(words, 1)]


def new_name() -> str:
    """A store's name that no other test has."""
    return f"test-{next(_numbers)}"


def stored(sink: Sink) -> dict[str, StoredChunk]:
    """Chunk id → what the store lists, freshly read."""
    listed = list(sink.list_stored())
    assert len({one.id for one in listed}) == len(listed)
    return {one.id: one for one in listed}


class Looker:
    """Looks into a store past the sink, with plain requests."""

    def __init__(self, base_url: str, store: str, prefix: str) -> None:
        self.base_url, self.store = base_url, store
        self.prefix, self.key = prefix, "vector_db_id" if "openai" in prefix else "vector_store_id"

    def files(self) -> list[dict[str, Any]]:
        """The store's files; no test has more than a hundred."""
        path = f"{self.prefix}/vector_stores/{self.store}/files"
        rows: list[dict[str, Any]] = self.get(f"{path}?limit=100")["data"]
        return rows

    def uploads(self) -> set[str]:
        """Ids of the uploads that were made for this store."""
        rows = self.get(f"{self.prefix}/files?limit=10000")["data"]
        return {row["id"] for row in rows if self.store in row["filename"]}

    def texts(self, query: str) -> set[str]:
        """Everything that the store answers, by both routes."""
        body = {"query": query, "max_num_results": 50}
        found = self.post(f"{self.prefix}/vector_stores/{self.store}/search", body)["data"]
        body = {"query": query, "params": {"max_chunks": 50}, self.key: self.store}
        plainly = self.post("/v1/vector-io/query", body)["chunks"]
        one = {part["text"] for row in found for part in row["content"]}
        other = {row["content"] for row in plainly}
        assert {to_plain(text) for text in one} == {to_plain(text) for text in other}
        return {to_plain(text) for text in one}

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
    """A text without the white space that OGX tidies and the blanks that keep texts apart."""
    return " ".join(text.replace("\u200b", "").split())
