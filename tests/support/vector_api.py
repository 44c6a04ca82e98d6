"""A stand-in Vector API on loopback.

It has the underscore wire form, dash as Llama Stack 0.2 has it, or vector stores with files as OGX.

    with VectorApi(delete_route="document") as api:
        api.faults.append(Fault(status=500, stored="half"))
        ...  # sync to api.base_url
        api.documents("confluence")

Faults and latencies may be changed while it runs. By hand: `python -m tests.support.vector_api`.
"""

import argparse
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal, Self
from urllib.parse import unquote

from tests.support.vector_api_faults import Fault, Logged
from tests.support.vector_api_files import Files
from tests.support.vector_api_forms import Collections, Dash, DeleteRoute, Route, Underscore
from tests.support.vector_api_wire import Answer, RefusedError, Request, Server, to_description
from tests.support.word_index import Document

__all__ = ["DeleteRoute", "Fault", "Form", "VectorApi"]

Form = Literal["underscore", "dash", "files"]
HANG_SECONDS = 30.0  # then a hanging connection is closed


class VectorApi:
    """The server; see the module."""

    def __init__(
        self,
        form: Form = "underscore",
        delete_route: DeleteRoute = "",
        token: str = "",
        seconds_a_request: float = 0.0,
        seconds_a_chunk: float = 0.0,
        create_status: int = 201,
        window: int | None = None,
        version: str = "1.5.0",
    ) -> None:
        """The latencies are those of inserts; queries take `seconds_a_request`.

        `delete_route`: what the underscore form describes; "": none. `create_status`: its answer
        to a new collection; real servers send 200 or 201. `window`: tokens, see `window`.
        `version`: of the form with files, see `Files`.
        """
        self.form, self.token = form, token
        self.seconds_a_request, self.seconds_a_chunk = seconds_a_request, seconds_a_chunk
        self.faults: list[Fault] = []
        self.log: list[Logged] = []
        self.stores = Files(version)  # what the form with files holds
        self._held: Collections = Underscore(delete_route, create_status)
        if form != "underscore":
            self._held = Dash() if form == "dash" else self.stores
        self._held.window = window
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._port = 0
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    # what tests ask

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def window(self) -> int | None:
        """The tokens of a text over which the server refuses it, as vLLM does; None: never."""
        return self._held.window

    @window.setter
    def window(self, tokens: int | None) -> None:
        self._held.window = tokens

    @property
    def lag_seconds(self) -> float:
        """How long after its insert a chunk is not found yet."""
        return self._held.lag_seconds

    @lag_seconds.setter
    def lag_seconds(self, seconds: float) -> None:
        self._held.lag_seconds = seconds

    def documents(self, collection: str) -> dict[str, Document]:
        """Return what a collection (dash: of that name or identifier) holds: id → document."""
        return {document.id: document for document in self._list_documents(collection)}

    def stored(self, collection: str) -> list[Document]:
        """Return all documents of a collection, oldest first: ids may repeat."""
        return self._list_documents(collection)

    def settle(self) -> None:
        """Let every stored chunk be found, however long the index lags."""
        with self._lock:
            for index in self._held.indexes.values():
                index.settle()

    def duplicates(self, collection: str) -> list[str]:
        """Return the ids that are stored more than once: only dash lets that happen."""
        counted = Counter(document.id for document in self._list_documents(collection))
        return [document_id for document_id, times in counted.items() if times > 1]

    def drop(self, collection: str) -> None:
        """Delete a collection, as another client would."""
        with self._lock:
            self._held.drop(self._held.to_identifier(collection))

    def identifiers(self) -> list[str]:
        """Return the identifiers of all collections, oldest first."""
        with self._lock:
            return list(self._held.indexes)

    def take_out(self, collection: str, document_id: str) -> None:
        """Lose a document."""
        with self._lock:
            assert self._held.indexes[self._held.to_identifier(collection)].remove(document_id)

    def keep_no_metadata(self) -> None:
        """Have no route for the metadata of a store from now on, as early 0.2 servers."""
        assert isinstance(self._held, Dash)
        self._held.keeps_metadata = False

    def list_model(self, name: str, **about: object) -> None:
        """List this embedding model from now on, with this metadata."""
        assert isinstance(self._held, Dash)
        self._held.model, self._held.listed_of_model = name, about

    def empty(self, collection: str, *but: str) -> None:
        """Delete what a collection holds but these documents, as another client would."""
        with self._lock:
            index = self._held.indexes[self._held.to_identifier(collection)]
            for document in index.list_documents():
                if document.id not in but:
                    index.remove(document.id)

    def lose_vectors(self, collection: str, provider: str = "sqlite-vec") -> None:
        """Let every query and insert to a dash store fail, as a restart does with sqlite-vec."""
        assert isinstance(self._held, Dash)
        self._held.provider = provider
        self._held.lost.add(self._held.to_identifier(collection))

    def count(self, kind: str) -> int:
        """Return how many requests of a kind arrived."""
        return sum(request.kind == kind for request in self.log)

    def _list_documents(self, collection: str) -> list[Document]:
        with self._lock:
            index = self._held.indexes.get(self._held.to_identifier(collection))
            return index.list_documents() if index else []

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
        ids = [str(row.get("document_id") or row.get("chunk_id")) for row in request.chunks]
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
            self._closing.wait(HANG_SECONDS)
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
                request.keep_chunks(len(ids) if fault.stored == "all" else len(ids) // 2)
                route(request)
        return fault.to_answer(request)

    def _find_route(self, request: Request) -> tuple[str, Callable[[Request], Answer]]:
        for method, path, kind, route in self._routes():
            pattern = re.sub(r"\{\w+\}", "([^/]+)", path)
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                request.parts = tuple(map(unquote, match.groups()))
                return kind, route
        return "unknown", _refuse_unknown

    def _routes(self) -> Iterator[Route]:
        yield "GET", "/openapi.json", "describe", self._describe
        yield from self._held.routes()

    def _describe(self, _request: Request) -> Answer:
        return Answer(200, to_description((method, path) for method, path, _, _ in self._routes()))


def _refuse_unknown(_request: Request) -> Answer:
    raise RefusedError(404, "Not Found")


def main() -> None:
    """Serve until Ctrl-C; the first line on stdout is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.vector_api")
    parser.add_argument("--form", choices=["underscore", "dash", "files"], default="underscore")
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
