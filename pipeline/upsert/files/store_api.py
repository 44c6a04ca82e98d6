"""The routes of vector stores and files of Llama Stack 0.2 to 0.7 and OGX 1.x.

Observed on Llama Stack 0.2.23 and OGX 1.5.0: the same routes below another prefix; both answer
200 to an attachment that failed, and 400 instead of 404.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import Any

from pipeline.upsert.errors import (
    InsertRejectedError,
    InsertUnclearError,
    TooLongError,
    VectorApiError,
)
from pipeline.upsert.server.answer import to_number
from pipeline.upsert.server.api import AnswerError, Api, insert_errors, to_segment
from pipeline.upsert.server.description import Description
from pipeline.upsert.server.embedding_models import EmbeddingModel, measure_dimension
from pipeline.upsert.server.list_all import list_all
from pipeline.upsert.server.made_by import to_mark
from pipeline.upsert.server.providers import to_provider_field
from pipeline.upsert.server.refusals import says_too_long
from pipeline.upsert.server.text_limit import EmbeddingRoute

OLD_PREFIX, NEW_PREFIX = "/v1/openai/v1", "/v1"
_TEXTS_A_REQUEST = 100
LARGEST_CHUNK = 4096  # tokens, as the server counts them
_SPECIAL_TOKEN = re.compile(r"<\|(?=(?:endoftext|endofprompt|fim_\w+)\|>)")


class SeveralChunksError(InsertRejectedError):
    """A file became several chunks, or none, where one was required."""


class DamagedListError(VectorApiError):
    """A store's list of files has one that does not exist, so that the server cannot read it."""


class StoreApi:
    """One server's vector stores and files. Safe to use from threads."""

    def __init__(self, api: Api, prefix: str) -> None:
        self.api, self.prefix = api, prefix
        is_old = prefix == OLD_PREFIX
        # 0.2 accepts any page size, and reads the whole list for each page; OGX refuses over 100.
        self._page_size = 10_000 if is_old else 100
        # 0.2 gains little from more than four; OGX's database is locked at times where 16 upload.
        self.threads = 4 if is_old else 8
        # Later servers may keep a store's list of files in a row of a table that each change
        # rewrites: two changes at a time lose one of them.
        self.can_lose_files = not is_old
        self.changes_at_once = self.threads if is_old else 1
        # A service that embeds for a later server may refuse more than the model's window.
        self.query_characters = None if is_old else 300

    def list_stores(self) -> Iterator[dict[str, Any]]:
        """Yield every store, oldest first: names are not unique."""
        return list_all(self.api, f"{self.prefix}/vector_stores", self._page_size)

    def get_store(self, store: str) -> dict[str, Any] | None:
        """Return a store, or None if there is none of that identifier."""
        with _absent_is_no_error():
            return self.api.get(self._to_path(store)) or None
        return None

    def add_metadata(self, store: str, facts: Mapping[str, str]) -> None:
        """Add to a store's metadata, which the server replaces as a whole."""
        metadata = (self.get_store(store) or {}).get("metadata") or {}
        self.api.post(self._to_path(store), {"metadata": {**metadata, **facts}})

    def make_store(self, name: str, model: EmbeddingModel, provider: str, variant: str) -> str:
        """Create a store with the mark of this tool and of a variant; return its identifier.

        Raises `UnusableSettingError` for an unknown `provider`; "" means the server's default.
        """
        body: dict[str, Any] = {
            "name": name,
            "embedding_model": model.name,
            # The model without its dimension would be refused, and yet leave a store behind.
            "embedding_dimension": measure_dimension(self.api, f"{self.prefix}/embeddings", model),
            "metadata": to_mark(variant, model.name),
            **to_provider_field(self.api, provider),
        }
        try:
            return str(self.api.post_once(f"{self.prefix}/vector_stores", body)["id"])
        except AnswerError as error:
            if provider or "provider" not in str(error):
                raise
            raise VectorApiError(f"{error} (VECTOR_DB_PROVIDER names it)") from error

    def delete_store(self, store: str) -> None:
        """Remove a store; its uploads stay. One that is gone already is no error."""
        self._delete(self._to_path(store))

    def embed(self, model: str, texts: Sequence[str]) -> Iterator[list[float]]:
        """Yield the vector of each text. Raises as `Api.insert` does."""
        for batch in batched(texts, _TEXTS_A_REQUEST):
            body = {"model": model, "input": list(batch)}
            rows = self.api.insert(f"{self.prefix}/embeddings", body).rows("data")
            if len(rows) != len(batch):
                raise InsertUnclearError(f"{len(batch)} texts got {len(rows)} embeddings")
            rows.sort(key=lambda row: to_number(row, "index"))
            yield from (row["embedding"] for row in rows)

    def to_embedding_route(self, model: str) -> EmbeddingRoute:
        """Return the server's route for embeddings with a model."""
        return EmbeddingRoute(self.api, f"{self.prefix}/embeddings", model)

    def list_files(self, store: str) -> Iterator[dict[str, Any]]:
        """Yield every file of a store, oldest first: complete, or an error.

        Raises `DamagedListError` where the list has a file that does not exist.
        """
        try:
            yield from list_all(self.api, f"{self._to_path(store)}/files", self._page_size)
        except AnswerError as error:
            if error.status != 400 or _is_not_found(error):
                raise
            message = f"the server cannot list the files of the store {store}: {error}"
            raise DamagedListError(message) from error

    def count_files(self, store: str) -> int:
        """Return how many files a store's list has, other people's included."""
        return to_total(self.get_store(store) or {})

    def get_file(self, store: str, file_id: str) -> dict[str, Any] | None:
        """Return a file of the store's list, or None if it is not there."""
        with _absent_is_no_error():
            return self.api.get(f"{self._to_path(store)}/files/{to_segment(file_id)}")
        return None

    def list_uploads(self) -> Iterator[dict[str, Any]]:
        """Yield every uploaded file, those of other users included."""
        return list_all(self.api, f"{self.prefix}/files", 10_000)

    def upload(self, name: str, text: str) -> str:
        """Upload a text; return the file's id. Raises as `Api.insert` does.

        Where the answer is lost it is uploaded again: the next run deletes what no store holds.
        """
        # Servers guess the encoding; a byte order mark settles it, and none keeps it in the text.
        content = self._defuse(text).encode("utf-8-sig")
        form = {"file": (name, content, "text/markdown")}
        try:
            return self._upload(form)
        except InsertUnclearError:
            return self._upload(form)

    def _upload(self, form: Mapping[str, tuple[str, bytes, str]]) -> str:
        path = f"{self.prefix}/files"
        return str(self.api.insert(path, fields={"purpose": "assistants"}, files=form)["id"])

    def _defuse(self, text: str) -> str:
        """Return the text as this server accepts it.

        OGX refuses special tokens of its tokenizer: an invisible character breaks them.
        """
        return text if self.prefix == OLD_PREFIX else _SPECIAL_TOKEN.sub("<|\u200b", text)

    def get_upload(self, file_id: str) -> str:
        """Return the text of an uploaded file."""
        path = f"{self.prefix}/files/{to_segment(file_id)}/content"
        return self.api.get_text(path).removeprefix("\ufeff")

    def attach(
        self,
        store: str,
        file_id: str,
        text: str,
        attributes: Mapping[str, Any],
        size: int = LARGEST_CHUNK,
        overlap: int = 0,
    ) -> None:
        """Let the server cut (into chunks of `size` tokens), embed and store an uploaded file.

        Raises `InsertRejectedError` or `TooLongError` when it did not, even if it answers 200, and
        else as `Api.insert` does. Errors do not quote `text`, the content of the file.
        """
        body = {
            "file_id": file_id,
            "attributes": dict(attributes),
            "chunking_strategy": {
                "type": "static",
                "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap},
            },
        }
        answer = self.api.insert(f"{self._to_path(store)}/files", body, unquoted=text)
        if answer.get("status") != "completed":
            reason = (answer.get("last_error") or {}).get("message") or "no reason given"
            message = f"the server did not store it: {self.api.quote(str(reason), text)}"
            raise (TooLongError if says_too_long(str(reason)) else InsertRejectedError)(message)

    def read_chunk(self, store: str, file_id: str, *, embedded: bool = False) -> dict[str, Any]:
        """Return the only chunk of a file, as the server made it; `embedded`: with `embedding`.

        Raises `SeveralChunksError` if the file has not exactly one.
        """
        more = {"include_embeddings": "true"} if embedded else {}
        chunks = self._read_chunks(store, file_id, **more)
        if len(chunks) != 1:
            raise SeveralChunksError(f"the server made {len(chunks)} chunks of a file, not one")
        return chunks[0]

    def has_chunks(self, store: str, file_id: str) -> bool:
        """Return whether a file has chunks in a store, even if the store's list lacks it."""
        return bool(self._read_chunks(store, file_id))

    def _read_chunks(self, store: str, file_id: str, **more: str) -> list[dict[str, Any]]:
        path = f"{self._to_path(store)}/files/{to_segment(file_id)}/content"
        try:
            answer = self.api.get(path, {"include_metadata": "true", **more})
        except AnswerError as error:
            if _is_not_found(error):
                return []
            raise
        return list(answer.rows("data" if "data" in answer else "content"))

    def set_attributes(self, store: str, file_id: str, attributes: Mapping[str, str | int]) -> bool:
        """Replace a file's attributes; return whether the list has it. Raises as `Api.insert`."""
        path = f"{self._to_path(store)}/files/{to_segment(file_id)}"
        with insert_errors(), _absent_is_no_error():
            self.api.post_once(path, {"attributes": dict(attributes)})
            return True
        return False

    def remove(self, store: str, file_id: str) -> None:
        """Remove a file with its chunks from the store, and delete the upload if both are gone."""
        if self.detach(store, file_id):
            self.delete_upload(file_id)

    def detach(self, store: str, file_id: str) -> bool:
        """Remove a file with its chunks from the store; return whether they are gone.

        Those of a file that the store's list has lost stay: by its upload, the next run finds them.
        """
        if self._delete(f"{self._to_path(store)}/files/{to_segment(file_id)}"):
            return True
        return not (self.can_lose_files and self.has_chunks(store, file_id))

    def delete_upload(self, file_id: str) -> None:
        """Delete an uploaded file; one that is gone already is no error."""
        self._delete(f"{self.prefix}/files/{to_segment(file_id)}")

    def search(
        self, store: str, query: str, limit: int, chunk_id: str = "", mode: str = ""
    ) -> list[dict[str, Any]]:
        """Return the best hits, best first; of one chunk only, if `chunk_id` names it.

        `mode`: keyword or hybrid, asked once; "" is the server's default, by vectors.
        """
        body: dict[str, Any] = {"query": query, "max_num_results": limit}
        if chunk_id:
            body["filters"] = {"type": "eq", "key": "conf_chunk_id", "value": chunk_id}
        path = f"{self._to_path(store)}/search"
        if mode:
            return list(self.api.post_once(path, body | {"search_mode": mode}).rows("data"))
        return list(self.api.post(path, body).rows("data"))

    def _to_path(self, store: str) -> str:
        return f"{self.prefix}/vector_stores/{to_segment(store)}"

    def _delete(self, path: str) -> bool:
        with _absent_is_no_error():
            return self.api.delete(path)
        return False


@contextmanager
def _absent_is_no_error() -> Iterator[None]:
    """Ignore the answer that there is no such store or file."""
    try:
        yield
    except AnswerError as error:
        if not _is_not_found(error):
            raise


def to_prefix(description: Description) -> str:
    """Return the path below which a server has its vector stores; "" where it has none."""
    for prefix in (NEW_PREFIX, OLD_PREFIX):
        if description.has(f"{prefix}/vector_stores/{{vector_store_id}}/files"):
            return prefix
    return ""


def to_total(store: Mapping[str, Any]) -> int:
    """Return how many files a store has, as the server describes it; 0 if it does not."""
    return int(to_number(store.get("file_counts") or {}, "total"))


def _is_not_found(error: AnswerError) -> bool:
    # These servers answer 400 to an unknown store or file, and "not found" in words.
    return error.status == 404 or (error.status == 400 and "not found" in str(error))
