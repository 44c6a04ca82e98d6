"""The wire of vector stores and files, as Llama Stack 0.2 to 0.7 and OGX 1.x speak it.

Observed on Llama Stack 0.2.23 and OGX 1.5.0: the same routes below another prefix, and both
answer 200 to an attachment that failed, and 400 where one would expect 404.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.upsert.api import AnswerError, Api, to_segment
from pipeline.upsert.embedding_models import EmbeddingModel
from pipeline.upsert.errors import InsertRejectedError, VectorApiError

OLD_PREFIX, NEW_PREFIX = "/v1/openai/v1", "/v1"
MADE_BY = "confluence-vector-sync"  # in the metadata of the stores that this tool made
LARGEST_CHUNK = 4096  # tokens, as the server counts them
_SPECIAL_TOKEN = re.compile(r"<\|(?=(?:endoftext|endofprompt|fim_\w+)\|>)")


class StoreApi:
    """One server's vector stores and files. Safe to use from threads."""

    def __init__(self, api: Api, prefix: str) -> None:
        self.api, self._prefix = api, prefix
        is_old = prefix == OLD_PREFIX
        # 0.2 takes any page size, and reads the whole list for each page; OGX refuses over 100.
        self._page_size = 10_000 if is_old else 100
        # 0.2 gains little from more than four. On OGX each file waits a second for a process that
        # looks once a second, and they wait together; with 16 its database is locked at times.
        self.threads = 4 if is_old else 8

    def list_stores(self, name: str) -> list[dict[str, Any]]:
        """The stores of that name, oldest first: names are not unique."""
        rows = self._list(f"{self._prefix}/vector_stores", self._page_size)
        return [row for row in rows if row.get("name") == name]

    def get_store(self, store: str) -> dict[str, Any] | None:
        """One store, or None if there is none of that identifier."""
        try:
            found = self.api.get(self._to_path(store))
        except AnswerError as error:
            if is_not_found(error):
                return None
            raise
        return found if isinstance(found, dict) else None

    def make_store(self, name: str, model: EmbeddingModel, provider: str) -> str:
        """Make a store that says who made it; return its identifier."""
        # The model without its dimension would be refused, and yet leave a store behind.
        body: dict[str, Any] = {
            "name": name,
            "embedding_model": model.name,
            "metadata": {"made_by": MADE_BY},
        }
        if model.dimension:
            body["embedding_dimension"] = model.dimension
        if provider:
            body["provider_id"] = provider
        return str(self.api.post_once(f"{self._prefix}/vector_stores", body)["id"])

    def delete_store(self, store: str) -> None:
        """Remove a store; its uploads stay. One that is gone already is no error."""
        self._delete(self._to_path(store))

    def list_files(self, store: str) -> Iterator[dict[str, Any]]:
        """Every file of a store, oldest first: complete, or an error."""
        return self._list(f"{self._to_path(store)}/files", self._page_size)

    def list_uploads(self) -> Iterator[dict[str, Any]]:
        """Every uploaded file, whoever it belongs to."""
        return self._list(f"{self._prefix}/files", 10_000)

    def upload(self, name: str, text: str) -> str:
        """Upload a text; return the file's id. Raises as `Api.insert` does."""
        # Servers guess the encoding of what they read; the mark at its start leaves no doubt,
        # and none of them keeps it in the text.
        content = self._defuse(text).encode("utf-8-sig")
        form = {"file": (name, content, "text/markdown")}
        path = f"{self._prefix}/files"
        return str(self.api.insert(path, fields={"purpose": "assistants"}, files=form)["id"])

    def _defuse(self, text: str) -> str:
        """OGX refuses a text that spells a special token of its tokenizer: an invisible character
        makes it another one."""
        return text if self._prefix == OLD_PREFIX else _SPECIAL_TOKEN.sub("<|\u200b", text)

    def get_upload(self, file_id: str) -> str:
        """The text of an uploaded file."""
        path = f"{self._prefix}/files/{to_segment(file_id)}/content"
        return self.api.get_text(path).removeprefix("\ufeff")

    def attach(
        self,
        store: str,
        file_id: str,
        text: str,
        attributes: Mapping[str, Any],
        size: int,
        overlap: int,
    ) -> None:
        """Have the server cut (into `size` tokens), embed and store an uploaded file.

        Raises `InsertRejectedError` when it did not, also where it says so in a 200; errors do
        not quote `text`, the file's own.
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
            said = self.api.quote(str(reason), text)
            raise InsertRejectedError(f"the server did not store it: {said}")

    def remove(self, store: str, file_id: str) -> None:
        """Take a file out of the store, with its chunks, and delete the upload."""
        self._delete(f"{self._to_path(store)}/files/{to_segment(file_id)}")
        self.delete_upload(file_id)

    def delete_upload(self, file_id: str) -> None:
        """Delete an uploaded file; one that is gone already is no error."""
        self._delete(f"{self._prefix}/files/{to_segment(file_id)}")

    def search(
        self, store: str, query: str, limit: int, chunk_id: str = ""
    ) -> list[dict[str, Any]]:
        """The best hits, best first; of one chunk only, if asked so."""
        body: dict[str, Any] = {"query": query, "max_num_results": limit}
        if chunk_id:
            body["filters"] = {"type": "eq", "key": "conf_chunk_id", "value": chunk_id}
        answer = self.api.post(f"{self._to_path(store)}/search", body)
        return list(answer["data"])

    def get_provider(self, store: str) -> str:
        """What a store lies in, such as `inline::faiss`; "" where the server does not tell."""
        about = (self.get_store(store) or {}).get("metadata") or {}
        provider = str(about.get("provider_id", ""))
        try:
            rows = self.api.get("/v1/providers")["data"]
        except AnswerError as error:
            if error.status not in (403, 404):
                raise
            rows = []
        kinds = {row["provider_id"]: str(row["provider_type"]) for row in rows}
        return kinds.get(provider, provider)

    def is_dead(self, store: str) -> bool:
        """Whether the server fails at the store's vectors, although it can embed.

        With Llama Stack 0.2, sqlite-vec stores do not outlive a restart: searches find nothing,
        and only this query says why, with a 500.
        """
        if self._prefix != OLD_PREFIX:
            return False
        body = {"vector_db_id": store, "query": "?", "params": {"max_chunks": 1}}
        try:
            self.api.post_once("/v1/vector-io/query", body)
        except AnswerError as error:
            if error.status != 500:
                raise
        else:
            return False
        model = self._get_store_model(store)
        self.api.post_once(f"{self._prefix}/embeddings", {"model": model, "input": ["?"]})
        return True

    def _get_store_model(self, store: str) -> str:
        return str(self.api.get(f"/v1/vector-dbs/{to_segment(store)}")["embedding_model"])

    def _to_path(self, store: str) -> str:
        return f"{self._prefix}/vector_stores/{to_segment(store)}"

    def _list(self, path: str, page_size: int) -> Iterator[dict[str, Any]]:
        params: dict[str, str | int] = {"limit": page_size, "order": "asc"}
        seen: set[str] = set()
        while True:
            answer = self.api.get(path, params)
            rows = answer["data"]
            yield from (row for row in rows if row["id"] not in seen)
            if not answer.get("has_more") or not rows:
                return
            # `last_id` names the last of all, not of this page; an id that is gone meanwhile
            # makes the server begin anew.
            params["after"] = rows[-1]["id"]
            if rows[-1]["id"] in seen:
                raise VectorApiError(f"{self.api.base_url}{path}: the listing does not end")
            seen.update(row["id"] for row in rows)

    def _delete(self, path: str) -> None:
        try:
            self.api.delete(path)
        except AnswerError as error:
            if not is_not_found(error):
                raise


def is_not_found(error: AnswerError) -> bool:
    """These servers say 400 to an unknown store or file, and "not found" in words."""
    return error.status == 404 or (error.status == 400 and "not found" in str(error))


def to_prefix(paths: Mapping[str, Any]) -> str:
    """Where the vector stores are, by the paths of `/openapi.json`; "" where there are none."""
    for prefix in (NEW_PREFIX, OLD_PREFIX):
        if f"{prefix}/vector_stores/{{vector_store_id}}/files" in paths:
            return prefix
    return ""
