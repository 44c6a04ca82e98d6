"""The two wire forms of the stand-in Vector API: their routes, and what is behind them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from tests.support.embedding_service import to_refusal
from tests.support.vector_api_wire import Answer, RefusedError, Request
from tests.support.word_index import Document, WordIndex

DeleteRoute = Literal["", "document", "collection", "post"]
# Method, path, kind of request, and the function that answers.
Route = tuple[str, str, str, Callable[[Request], Answer]]


class Collections:
    """What a server holds: identifier → texts."""

    def __init__(self) -> None:
        self.indexes: dict[str, WordIndex] = {}
        self.window: int | None = None  # tokens; longer texts are refused, as vLLM does
        self.lag_seconds = 0.0  # until what is inserted is found

    def check_lengths(self, texts: Sequence[str]) -> None:
        """Refuse texts that are over the model's window."""
        if self.window and (refusal := to_refusal(texts, self.window)):
            raise RefusedError(400, refusal)

    def get(self, collection: object, unknown: int) -> WordIndex:
        """Return a collection; `unknown`: the status of the refusal where it does not exist."""
        index = self.indexes.get(str(collection))
        if index is None:
            message = f"Invalid value: `{collection}` not served by any provider"
            raise RefusedError(unknown, message)
        return index

    def to_identifier(self, collection: str) -> str:
        """Return the identifier of a collection by name or identifier."""
        return collection

    def drop(self, identifier: str) -> None:
        """Delete a collection."""
        del self.indexes[identifier]

    def routes(self) -> Iterator[Route]:
        """Yield every route but that of the description."""
        raise NotImplementedError


class Underscore(Collections):
    """Collections whose documents are overwritten by id."""

    ROOT = "/v1/vector_io"

    def __init__(self, delete_route: DeleteRoute, create_status: int) -> None:
        super().__init__()
        self._delete_route, self._create_status = delete_route, create_status

    def routes(self) -> Iterator[Route]:
        root = self.ROOT
        yield "POST", f"{root}/collections", "create", self._make_collection
        yield "POST", f"{root}/documents", "insert", self._insert_documents
        yield "POST", f"{root}/query", "query", self._query_documents
        if self._delete_route == "post":
            yield "POST", f"{root}/documents/delete", "delete", self._delete_documents
        elif self._delete_route == "document":
            yield "DELETE", f"{root}/documents/{{document_id}}", "delete", self._delete_document
        elif self._delete_route == "collection":
            path = f"{root}/collections/{{collection_id}}/documents/{{document_id}}"
            yield "DELETE", path, "delete", self._delete_document

    def _make_collection(self, request: Request) -> Answer:
        identifier = str(request.need("collection_id"))
        request.need("embedding_model_id")
        if identifier in self.indexes:
            raise RefusedError(409, f"collection {identifier} exists")
        self.indexes[identifier] = WordIndex(overwrites=True)
        return Answer(self._create_status, {"collection_id": identifier})

    def _insert_documents(self, request: Request) -> Answer:
        index = self.get(request.need("collection_id"), 404)
        self.check_lengths(request.texts)
        for row in request.chunks:
            _check_flat(row["metadata"])
            index.put(Document(row["document_id"], row["text"], row["metadata"]))
        return Answer(200, {"inserted": len(request.chunks)})

    def _query_documents(self, request: Request) -> Answer:
        index = self.get(request.need("collection_id"), 404)
        self.check_lengths([str(request.need("query"))])
        top_k = int(request.body.get("top_k", 5))
        hits = index.search(str(request.need("query")), top_k, self.lag_seconds)
        rows = [
            {"document_id": hit.id, "text": hit.text, "score": score, "metadata": hit.metadata}
            for hit, score in hits
        ]
        return Answer(200, {"results": rows})

    def _delete_documents(self, request: Request) -> Answer:
        index = self.get(request.need("collection_id"), 404)
        gone = sum(index.remove(document_id) for document_id in request.need("document_ids"))
        return Answer(200, {"deleted": gone})

    def _delete_document(self, request: Request) -> Answer:
        collection = request.parts[0] if len(request.parts) == 2 else request.query["collection_id"]
        if not self.get(collection, 404).remove(request.parts[-1]):
            raise RefusedError(404, "no such document")
        return Answer(204, None)


class Dash(Collections):
    """Stores of Llama Stack 0.2, in which a chunk inserted twice is there twice."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}  # by identifier
        self.metadata: dict[str, dict[str, object]] = {}  # by identifier
        self.keeps_metadata = True
        self.lost: set[str] = set()  # identifiers of stores that the server cannot read any more
        self.provider = "sqlite-vec"
        self.model = "st/all-MiniLM-L6-v2"
        self.listed_of_model: dict[str, object] = {"embedding_dimension": 384}

    def to_identifier(self, collection: str) -> str:
        named = (i for i, name in self._names.items() if name == collection)
        return collection if collection in self.indexes else next(named, collection)

    def routes(self) -> Iterator[Route]:
        yield "GET", "/v1/models", "describe", self._list_models
        yield "GET", "/v1/vector-dbs", "describe", self._list_stores
        yield "POST", "/v1/vector-dbs", "create", self._make_store
        yield "DELETE", "/v1/vector-dbs/{vector_db_id}", "delete", self._delete_store
        yield "POST", "/v1/vector-io/insert", "insert", self._insert_chunks
        yield "POST", "/v1/vector-io/query", "query", self._query_chunks
        if self.keeps_metadata:
            path = "/v1/openai/v1/vector_stores/{vector_store_id}"
            yield "GET", path, "describe", self._get_vector_store
            yield "POST", path, "mark", self._update_vector_store
        if self.window:
            yield "POST", "/v1/openai/v1/embeddings", "embed", self._embed

    def _embed(self, request: Request) -> Answer:
        self.check_lengths(request.need("input"))
        return Answer(200, {"data": [{"embedding": [0.0]} for _ in request.need("input")]})

    def _list_models(self, _request: Request) -> Answer:
        about = {"model_type": "embedding", "metadata": self.listed_of_model}
        row = {"identifier": self.model} | about
        return Answer(200, {"data": [row]})

    def _list_stores(self, _request: Request) -> Answer:
        rows = [
            {"identifier": i, "vector_db_name": self._names[i], "provider_id": self.provider}
            for i in self.indexes
        ]
        return Answer(200, {"data": rows})

    def _make_store(self, request: Request) -> Answer:
        name = request.body.get("vector_db_name") or request.need("vector_db_id")
        identifier = request.body.get("provider_vector_db_id") or f"vs_{len(self._names)}"
        self._names.setdefault(identifier, name)
        if identifier not in self.indexes:
            self.lost.discard(identifier)
        self.indexes.setdefault(identifier, WordIndex(overwrites=False))
        return Answer(200, {"identifier": identifier, "vector_db_name": name})

    def _get_vector_store(self, request: Request) -> Answer:
        identifier = request.parts[0]
        self.get(identifier, 400)
        metadata = self.metadata.setdefault(identifier, {"provider_id": "faiss"})
        return Answer(200, {"id": identifier, "metadata": metadata})

    def _update_vector_store(self, request: Request) -> Answer:
        self.get(request.parts[0], 400)
        self.metadata[request.parts[0]] = request.need("metadata")
        return self._get_vector_store(request)

    def _delete_store(self, request: Request) -> Answer:
        if self.indexes.pop(request.parts[0], None) is None:
            raise RefusedError(404, "no such store")
        return Answer(204, None)

    def _get_store(self, request: Request) -> WordIndex:
        identifier = request.need("vector_db_id")
        if identifier in self.lost:
            raise RefusedError(500, "Internal server error: An unexpected error occurred.")
        return self.get(identifier, 400)

    def _insert_chunks(self, request: Request) -> Answer:
        index = self._get_store(request)
        self.check_lengths(request.texts)
        for row in request.chunks:
            _check_flat(row["metadata"])
            if "document_id" not in row["metadata"]:
                raise RefusedError(500, "Internal server error: An unexpected error occurred.")
            index.put(Document(row["chunk_id"], row["content"], row["metadata"]))
        return Answer(200, None)

    def _query_chunks(self, request: Request) -> Answer:
        index = self._get_store(request)
        question, params = request.need("query"), request.body.get("params") or {}
        self.check_lengths([question])
        hits = index.search(question, int(params.get("max_chunks", 3)), self.lag_seconds)
        if any(hit.text == question for hit, _ in hits):  # its distance is 0, and 1/0 no JSON
            raise RefusedError(
                400, "Invalid value: Out of range float values are not JSON compliant"
            )
        rows = [
            {"content": hit.text, "chunk_id": hit.id, "metadata": hit.metadata} for hit, _ in hits
        ]
        return Answer(200, {"chunks": rows, "scores": [score for _, score in hits]})


def _check_flat(metadata: dict[str, object]) -> None:
    if not all(isinstance(value, str | int | float) for value in metadata.values()):
        raise RefusedError(422, "metadata must be flat")
