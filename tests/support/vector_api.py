"""A stand-in Vector API on loopback: the underscore wire form, or dash as Llama Stack 0.2 has it.

    with VectorApi(delete_route="document") as api:
        api.faults.append(Fault(status=500, stored="half"))
        ...  # sync to api.base_url
        api.documents("confluence")

Every knob may be turned while it runs. By hand: `python -m tests.support.vector_api`.
"""

import argparse
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import unquote

from tests.support.vector_api_wire import Answer, RefusedError, Request, Server, to_description
from tests.support.word_index import Document, WordIndex

Form = Literal["underscore", "dash"]
DeleteRoute = Literal["", "document", "collection", "post"]


@dataclass
class Fault:
    """Something that goes wrong, `times` times (None: for ever), with requests it applies to."""

    status: int = 500
    on: str = "insert"  # insert, query, delete, create, describe, any
    times: int | None = 1
    stored: Literal["nothing", "half", "all"] = "nothing"  # although it goes wrong
    answer: Literal["status", "reset", "hang", "html", "cut", "echo", "stop"] = "status"
    retry_after: str = ""
    location: str = ""  # where a redirect leads: another server's base URL
    chunk: str = ""  # only where this chunk is among the inserted ones
    saying: str = ""  # only where an inserted chunk says this
    over_bytes: int = -1  # only where the body is longer
    text: str = "made to fail"

    def applies(self, request: Request, kind: str, ids: list[str]) -> bool:
        """Whether it strikes this request."""
        return (
            self.times != 0
            and self.on in (kind, "any")
            and (not self.chunk or self.chunk in ids)
            and (not self.saying or any(self.saying in text for text in request.texts))
            and request.size > self.over_bytes
        )


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as it was answered; status 0: by hanging up."""

    method: str
    path: str
    kind: str
    status: int
    chunks: int
    authorization: str


class VectorApi:
    """The server; see the module."""

    def __init__(
        self,
        form: Form = "underscore",
        delete_route: DeleteRoute = "",
        token: str = "",
        seconds_a_request: float = 0.0,
        seconds_a_chunk: float = 0.0,
    ) -> None:
        """The latencies are those of inserts; queries take `seconds_a_request`."""
        self.form, self.delete_route, self.token = form, delete_route, token
        self.seconds_a_request, self.seconds_a_chunk = seconds_a_request, seconds_a_chunk
        self.hang_seconds = 30.0  # then it hangs up
        self.create_status = 201  # of a new collection; 200 is seen too
        self.faults: list[Fault] = []
        self.log: list[Logged] = []
        self._collections: dict[str, WordIndex] = {}
        self._names: dict[str, str] = {}  # dash: identifier → name
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._port = 0
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    # what tests ask

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def documents(self, collection: str) -> dict[str, Document]:
        """What a collection holds (dash: the one of that name or identifier): id → document."""
        return {document.id: document for document in self._rows(collection)}

    def duplicates(self, collection: str) -> list[str]:
        """Ids that are stored more than once: only dash lets that happen."""
        counted = Counter(document.id for document in self._rows(collection))
        return [document_id for document_id, times in counted.items() if times > 1]

    def drop(self, collection: str) -> None:
        """Somebody deletes the collection."""
        with self._lock:
            del self._collections[self._to_identifier(collection)]

    def count(self, kind: str) -> int:
        """How many requests of a kind came in."""
        return sum(one.kind == kind for one in self.log)

    def _rows(self, collection: str) -> list[Document]:
        with self._lock:
            index = self._collections.get(self._to_identifier(collection))
            return index.list_documents() if index else []

    def _to_identifier(self, collection: str) -> str:
        named = (i for i, name in self._names.items() if name == collection)
        return collection if collection in self._collections else next(named, collection)

    # start and stop

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Serve, if it does not; after a `stop`, on the same port and with what was stored."""
        with self._lock:
            if self._server:
                return self
            self._closing.clear()
            self._server = Server(self._port, self._serve)
            self._port = self._server.server_port
            serve = self._server.serve_forever
            self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
            self._thread.start()
            return self

    def stop(self) -> None:
        """Refuse connections from now on and break the open ones."""
        self._closing.set()
        with self._lock:
            if self._server and self._thread:
                self._server.shutdown()
                self._thread.join()
                self._server.server_close()
            self._server = self._thread = None

    # one request

    def _serve(self, request: Request) -> Answer:
        kind, route = self._find_route(request)
        ids = [str(one.get("document_id") or one.get("chunk_id")) for one in request.chunks]
        try:
            answer = self._answer(request, kind, route, ids)
        except RefusedError as refusal:
            answer = Answer(refusal.status, {"detail": refusal.text})
        status = 0 if answer.way in ("reset", "hang", "cut", "stop") else answer.status
        authorization = request.headers.get("Authorization", "")
        with self._lock:
            self.log.append(
                Logged(request.method, request.path, kind, status, len(ids), authorization)
            )
        if answer.way == "hang":
            self._closing.wait(self.hang_seconds)
        if answer.way == "stop":  # the server goes down; `start` brings it back
            self.stop()
        return answer

    def _answer(
        self, request: Request, kind: str, route: Callable[[Request], Answer], ids: list[str]
    ) -> Answer:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            raise RefusedError(401, "Invalid bearer token")
        wait = self.seconds_a_request * (kind in ("insert", "query", "delete"))
        time.sleep(wait + self.seconds_a_chunk * len(ids) * (kind == "insert"))
        with self._lock:
            fault = next((f for f in self.faults if f.applies(request, kind, ids)), None)
            if fault is None:
                return route(request)
            if fault.times:
                fault.times -= 1
            if fault.stored != "nothing":
                keep = len(ids) if fault.stored == "all" else len(ids) // 2
                request.keep_chunks(keep)
                route(request)
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        if fault.location:
            headers["Location"] = fault.location + request.path
        status = 200 if fault.answer in ("html", "cut") else fault.status
        echo = f"{fault.text}: {request.headers.get('Authorization')} {request.body}"
        told = {"detail": echo if fault.answer == "echo" else fault.text}
        return Answer(status, told, headers, fault.answer)

    def _find_route(self, request: Request) -> tuple[str, Callable[[Request], Answer]]:
        for method, path, kind, route in self._routes():
            pattern = re.sub(r"\{\w+\}", "([^/]+)", path)
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                request.parts = tuple(map(unquote, match.groups()))
                return kind, route
        return "unknown", _refuse_unknown

    def _routes(self) -> Iterable[tuple[str, str, str, Callable[[Request], Answer]]]:
        yield "GET", "/openapi.json", "describe", self._describe
        if self.form == "dash":
            yield "GET", "/v1/models", "describe", self._list_models
            yield "GET", "/v1/vector-dbs", "describe", self._list_stores
            yield "POST", "/v1/vector-dbs", "create", self._make_store
            yield "DELETE", "/v1/vector-dbs/{vector_db_id}", "delete", self._delete_store
            yield "POST", "/v1/vector-io/insert", "insert", self._insert_chunks
            yield "POST", "/v1/vector-io/query", "query", self._query_chunks
            return
        root = "/v1/vector_io"
        yield "POST", f"{root}/collections", "create", self._make_collection
        yield "POST", f"{root}/documents", "insert", self._insert_documents
        yield "POST", f"{root}/query", "query", self._query_documents
        if self.delete_route == "post":
            yield "POST", f"{root}/documents/delete", "delete", self._delete_documents
        elif self.delete_route == "document":
            yield "DELETE", f"{root}/documents/{{document_id}}", "delete", self._delete_document
        elif self.delete_route == "collection":
            path = f"{root}/collections/{{collection_id}}/documents/{{document_id}}"
            yield "DELETE", path, "delete", self._delete_document

    def _describe(self, _request: Request) -> Answer:
        return Answer(200, to_description((method, path) for method, path, _, _ in self._routes()))

    # the underscore form

    def _make_collection(self, request: Request) -> Answer:
        identifier = str(request.need("collection_id"))
        request.need("embedding_model_id")
        if identifier in self._collections:
            raise RefusedError(409, f"collection {identifier} exists")
        self._collections[identifier] = WordIndex(overwrites=True)
        return Answer(self.create_status, {"collection_id": identifier})

    def _insert_documents(self, request: Request) -> Answer:
        index = self._get(request.need("collection_id"), 404)
        for one in request.chunks:
            _check_flat(one["metadata"])
            index.put(Document(one["document_id"], one["text"], one["metadata"]))
        return Answer(200, {"inserted": len(request.chunks)})

    def _query_documents(self, request: Request) -> Answer:
        index = self._get(request.need("collection_id"), 404)
        hits = index.search(str(request.need("query")), int(request.body.get("top_k", 5)))
        rows = [
            {"document_id": hit.id, "text": hit.text, "score": score, "metadata": hit.metadata}
            for hit, score in hits
        ]
        return Answer(200, {"results": rows})

    def _delete_documents(self, request: Request) -> Answer:
        index = self._get(request.need("collection_id"), 404)
        gone = sum(index.remove(one) for one in request.need("document_ids"))
        return Answer(200, {"deleted": gone})

    def _delete_document(self, request: Request) -> Answer:
        collection = request.parts[0] if len(request.parts) == 2 else request.query["collection_id"]
        if not self._get(collection, 404).remove(request.parts[-1]):
            raise RefusedError(404, "no such document")
        return Answer(204, None)

    # the dash form of Llama Stack 0.2

    def _list_models(self, _request: Request) -> Answer:
        about = {"embedding_dimension": 384}
        row = {"identifier": "st/all-MiniLM-L6-v2", "model_type": "embedding", "metadata": about}
        return Answer(200, {"data": [row]})

    def _list_stores(self, _request: Request) -> Answer:
        rows = [{"identifier": i, "vector_db_name": self._names[i]} for i in self._collections]
        return Answer(200, {"data": rows})

    def _make_store(self, request: Request) -> Answer:
        name = request.body.get("vector_db_name") or request.need("vector_db_id")
        identifier = request.body.get("provider_vector_db_id") or f"vs_{len(self._names)}"
        self._names.setdefault(identifier, name)
        self._collections.setdefault(identifier, WordIndex(overwrites=False))
        return Answer(200, {"identifier": identifier, "vector_db_name": name})

    def _delete_store(self, request: Request) -> Answer:
        if self._collections.pop(request.parts[0], None) is None:
            raise RefusedError(404, "no such store")
        return Answer(204, None)

    def _insert_chunks(self, request: Request) -> Answer:
        index = self._get(request.need("vector_db_id"), 400)
        for one in request.chunks:
            _check_flat(one["metadata"])
            if "document_id" not in one["metadata"]:
                raise RefusedError(500, "Internal server error: An unexpected error occurred.")
            index.put(Document(one["chunk_id"], one["content"], one["metadata"]))
        return Answer(200, None)

    def _query_chunks(self, request: Request) -> Answer:
        index = self._get(request.need("vector_db_id"), 400)
        question, params = request.need("query"), request.body.get("params") or {}
        hits = index.search(question, int(params.get("max_chunks", 3)))
        if any(hit.text == question for hit, _ in hits):  # its distance is 0, and 1/0 no JSON
            raise RefusedError(
                400, "Invalid value: Out of range float values are not JSON compliant"
            )
        rows = [
            {"content": hit.text, "chunk_id": hit.id, "metadata": hit.metadata} for hit, _ in hits
        ]
        return Answer(200, {"chunks": rows, "scores": [score for _, score in hits]})

    def _get(self, collection: object, unknown: int) -> WordIndex:
        index = self._collections.get(str(collection))
        if index is None:
            raise RefusedError(unknown, f"Invalid value: `{collection}` not served by any provider")
        return index


def _refuse_unknown(_request: Request) -> Answer:
    raise RefusedError(404, "Not Found")


def _check_flat(metadata: dict[str, object]) -> None:
    if not all(isinstance(value, str | int | float) for value in metadata.values()):
        raise RefusedError(422, "metadata must be flat")


def main() -> None:
    """Serve until Ctrl-C; the first line on stdout is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.vector_api")
    parser.add_argument("--form", choices=["underscore", "dash"], default="underscore")
    parser.add_argument(
        "--delete-route", default="", choices=["", "document", "collection", "post"]
    )
    parser.add_argument("--seconds-a-request", type=float, default=0.0)
    parser.add_argument("--seconds-a-chunk", type=float, default=0.0)
    with VectorApi(**vars(parser.parse_args())) as api:
        print(api.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
