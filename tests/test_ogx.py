"""The real OGX 1.5.0, as Llama Stack is called today: that it is what the sinks meet there."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.real_servers import Ogx
from tests.server_fixtures import real_server

pytest_plugins = ["tests.server_fixtures"]

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
TEXT = "Pods of the billing service are killed because they use more memory than allowed."


def _post(server: Ogx, path: str, body: dict[str, Any]) -> Any:
    answer = requests.post(server.base_url + path, json=body, timeout=60)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def _new_store(server: Ogx, provider: str) -> str:
    body = {
        "name": "texts",
        "embedding_model": MODEL,
        "embedding_dimension": 384,
        "provider_id": provider,
    }
    return str(_post(server, "/v1/vector_stores", body)["id"])


def _attach(server: Ogx, store: str, text: str) -> dict[str, Any]:
    upload = requests.post(
        f"{server.base_url}/v1/files",
        files={"file": ("chunk.txt", text.encode(), "text/plain")},
        data={"purpose": "assistants"},
        timeout=60,
    ).json()
    answer: dict[str, Any] = _post(
        server,
        f"/v1/vector_stores/{store}/files",
        {"file_id": upload["id"], "attributes": {"page_id": "7"}},
    )
    return answer


def _found(server: Ogx, store: str) -> list[Any]:
    query = {"query": "container out of memory"}
    return list(_post(server, f"/v1/vector_stores/{store}/search", query)["data"])


def test_the_server_is_the_version_that_it_should_be(ogx: Ogx) -> None:
    assert requests.get(f"{ogx.base_url}/v1/version", timeout=10).json() == {"version": "1.5.0"}


@pytest.mark.parametrize("provider", ["faiss", "sqlite-vec"])
def test_an_attached_file_is_found_with_its_attributes_until_it_is_detached(
    ogx: Ogx, provider: str
) -> None:
    store = _new_store(ogx, provider)
    attached = _attach(ogx, store, TEXT)
    assert (attached["status"], attached["last_error"]) == ("completed", None)
    (hit,) = _found(ogx, store)
    assert hit["attributes"]["page_id"] == "7"
    assert hit["content"][0]["text"] == TEXT
    address = f"{ogx.base_url}/v1/vector_stores/{store}/files/{attached['id']}"
    assert requests.delete(address, timeout=60).ok
    assert _found(ogx, store) == []


@pytest.mark.parametrize("provider", ["faiss", "sqlite-vec"])
def test_a_chunk_inserted_with_its_embedding_is_found(ogx: Ogx, provider: str) -> None:
    store = _new_store(ogx, provider)
    embedding = _post(ogx, "/v1/embeddings", {"model": MODEL, "input": [TEXT]})["data"][0]
    chunk = {
        "content": TEXT,
        "chunk_id": "conf-7-0123456789abcdef",
        "metadata": {"document_id": "7"},
        "chunk_metadata": {},
        "embedding": embedding["embedding"],
        "embedding_model": MODEL,
        "embedding_dimension": 384,
    }
    _post(ogx, "/v1/vector-io/insert", {"vector_store_id": store, "chunks": [chunk]})
    found = _post(
        ogx, "/v1/vector-io/query", {"vector_store_id": store, "query": "container out of memory"}
    )
    assert [hit["chunk_id"] for hit in found["chunks"]] == ["conf-7-0123456789abcdef"]


def test_a_faiss_store_survives_a_restart(tmp_path: Path) -> None:
    with real_server(Ogx(tmp_path)) as server:
        store = _new_store(server, "faiss")
        _attach(server, store, TEXT)
        server.restart()
        assert [hit["content"][0]["text"] for hit in _found(server, store)] == [TEXT]
