"""The vector stores with files of Llama Stack 0.4 to 0.7 and OGX: a file becomes one chunk."""

import itertools
from collections.abc import Iterator
from typing import Any

from tests.support.vector_api_forms import Collections, Route
from tests.support.vector_api_wire import Answer, RefusedError, Request
from tests.support.word_index import Document, WordIndex

STORES, FILES = "/v1/vector_stores", "/v1/files"
VECTOR = [1.0, 0.0]


class Files(Collections):
    """Stores whose list of files can lose one while its chunk stays, see `lose`."""

    def __init__(self, version: str) -> None:
        """`version`: from 1.0 on, the server alters the text of files."""
        super().__init__()
        self.version = version
        self._numbers = itertools.count(1)
        self._stores: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, dict[str, Any]] = {}  # oldest first
        self._lists: dict[str, dict[str, dict[str, Any]]] = {}  # store → file → row

    def to_identifier(self, collection: str) -> str:
        named = (i for i, store in self._stores.items() if store["name"] == collection)
        return collection if collection in self._stores else next(named, collection)

    def drop(self, identifier: str) -> None:
        for held in (self._stores, self._lists, self.indexes):
            held.pop(identifier)

    def files(self, collection: str) -> list[str]:
        """Return the ids of a store's files."""
        return list(self._lists[self.to_identifier(collection)])

    def lose(self, collection: str, file_id: str, *, has_upload: bool = True) -> None:
        """Take a file out of a store's list: its chunk stays, and its upload if it `has_upload`."""
        del self._lists[self.to_identifier(collection)][file_id]
        if not has_upload:
            self.indexes[self.to_identifier(collection)].remove(f"chunk-{file_id}")
            del self.uploads[file_id]

    def add(self, collection: str, name: str = "of-somebody.md") -> str:
        """Put another file into a store, as another client would; return its id."""
        file_id = self._add_upload(name, "text")
        store = self.to_identifier(collection)
        self._lists[store][file_id] = _to_row(file_id, {})
        self.indexes[store].put(Document(f"chunk-{file_id}", "text", {}))
        return file_id

    def routes(self) -> Iterator[Route]:
        one_store, one_upload = f"{STORES}/{{vector_store_id}}", f"{FILES}/{{file_id}}"
        one_file = f"{one_store}/files/{{file_id}}"
        about = Answer(200, {"version": self.version})
        yield "GET", "/v1/version", "describe", lambda _: about
        yield "GET", "/v1/models", "describe", self._list_models
        yield "POST", "/v1/embeddings", "embed", self._embed
        yield "GET", STORES, "describe", self._list_stores
        yield "POST", STORES, "create", self._make_store
        yield "GET", one_store, "describe", self._get_store
        yield "DELETE", one_store, "delete", self._delete_store
        yield "POST", f"{one_store}/search", "query", self._search
        yield "GET", f"{one_store}/files", "list", self._list_files
        yield "POST", f"{one_store}/files", "insert", self._attach
        yield "GET", one_file, "list", self._get_file
        yield "POST", one_file, "insert", self._set_attributes
        yield "DELETE", one_file, "delete", self._detach
        yield "GET", f"{one_file}/content", "list", self._read_chunks
        yield "GET", FILES, "list", self._list_uploads
        yield "POST", FILES, "insert", self._upload
        yield "DELETE", one_upload, "delete", self._delete_upload
        yield "GET", f"{one_upload}/content", "list", self._read_upload
        yield "POST", "/v1/vector-io/insert", "insert", self._insert_chunks

    # models and stores

    def _list_models(self, _request: Request) -> Answer:
        about = {"embedding_dimension": len(VECTOR)}
        row = {"identifier": "st/all-MiniLM-L6-v2", "model_type": "embedding", "metadata": about}
        return Answer(200, {"data": [row]})

    def _embed(self, request: Request) -> Answer:
        return Answer(200, {"data": [{"embedding": VECTOR} for _ in request.need("input")]})

    def _list_stores(self, _request: Request) -> Answer:
        return Answer(200, {"data": [self._describe(store) for store in self._stores]})

    def _make_store(self, request: Request) -> Answer:
        store = f"vs_{next(self._numbers)}"
        metadata = request.body["metadata"] | {"embedding_model": request.need("embedding_model")}
        self._stores[store] = {"id": store, "name": request.need("name"), "metadata": metadata}
        self._lists[store], self.indexes[store] = {}, WordIndex(overwrites=True)
        return Answer(200, self._stores[store])

    def _get_store(self, request: Request) -> Answer:
        return Answer(200, self._describe(self._need(self._stores, request.parts[0])["id"]))

    def _describe(self, store: str) -> dict[str, Any]:
        count = len(self._lists[store])
        return self._stores[store] | {"file_counts": {"total": count, "completed": count}}

    def _delete_store(self, request: Request) -> Answer:
        for held in (self._stores, self._lists, self.indexes):
            held.pop(request.parts[0], None)
        return Answer(200, {"deleted": True})

    # files of a store

    def _list_files(self, request: Request) -> Answer:
        return _to_page(list(self._need(self._lists, request.parts[0]).values()), request)

    def _attach(self, request: Request) -> Answer:
        store, file_id = request.parts[0], str(request.need("file_id"))
        text = self._need(self.uploads, file_id)["text"]
        row = _to_row(file_id, request.body["attributes"])
        self._need(self._lists, store)[file_id] = row
        chunk = Document(f"chunk-{file_id}", text, row["attributes"])
        self.indexes[store].put(chunk)
        return Answer(200, row)

    def _get_file(self, request: Request) -> Answer:
        store, file_id = request.parts
        return Answer(200, self._need(self._need(self._lists, store), file_id))

    def _set_attributes(self, request: Request) -> Answer:
        store, file_id = request.parts
        self._need(self._lists[store], file_id)["attributes"] = request.need("attributes")
        return Answer(200, self._lists[store][file_id])

    def _detach(self, request: Request) -> Answer:
        store, file_id = request.parts
        self._need(self._lists[store], file_id)
        del self._lists[store][file_id]
        self.indexes[store].remove(f"chunk-{file_id}")
        return Answer(200, {"deleted": True})

    def _read_chunks(self, request: Request) -> Answer:
        store, file_id = request.parts
        about = {"chunk_id": f"chunk-{file_id}", "document_id": file_id}
        rows = [
            {"text": one.text, "embedding": VECTOR, "metadata": {}, "chunk_metadata": about}
            for one in self.indexes[store].list_documents()
            if one.id == about["chunk_id"]
        ]
        return Answer(200, {"data": rows})

    def _insert_chunks(self, request: Request) -> Answer:
        index = self.get(request.need("vector_store_id"), 404)
        for row in request.chunks:
            index.put(Document(row["chunk_id"], row["content"], row["metadata"]))
        return Answer(204, None)

    def _search(self, request: Request) -> Answer:
        index, wanted = self.get(request.parts[0], 404), request.body.get("filters")
        rows = [
            {
                "attributes": hit.metadata | {"file_id": hit.id.removeprefix("chunk-")},
                "content": [{"text": hit.text}],
                "score": score,
            }
            for hit, score in index.search(request.need("query"), request.need("max_num_results"))
            if not wanted or hit.metadata.get(wanted["key"]) == wanted["value"]
        ]
        return Answer(200, {"data": rows})

    # uploads

    def _list_uploads(self, request: Request) -> Answer:
        return _to_page(list(self.uploads.values()), request)

    def _upload(self, request: Request) -> Answer:
        file_id = self._add_upload(request.need("filename"), request.need("content"))
        return Answer(200, {"id": file_id})

    def _add_upload(self, name: str, text: str) -> str:
        file_id = f"file-{next(self._numbers)}"
        self.uploads[file_id] = {"id": file_id, "filename": name, "created_at": 0, "text": text}
        return file_id

    def _delete_upload(self, request: Request) -> Answer:
        self._need(self.uploads, request.parts[0])
        del self.uploads[request.parts[0]]
        return Answer(200, {"deleted": True})

    def _read_upload(self, request: Request) -> Answer:
        return Answer(200, self._need(self.uploads, request.parts[0])["text"], way="text")

    def _need[T](self, rows: dict[str, T], name: str) -> T:
        if name not in rows:
            raise RefusedError(404, f"{name} not found")
        return rows[name]


def _to_row(file_id: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"id": file_id, "status": "completed", "created_at": 0, "attributes": attributes}


def _to_page(rows: list[dict[str, Any]], request: Request) -> Answer:
    limit, after = int(request.query["limit"]), request.query.get("after")
    start = 1 + next((n for n, row in enumerate(rows) if row["id"] == after), -1)
    page = rows[start : start + limit]
    return Answer(200, {"data": page, "has_more": start + limit < len(rows)})
