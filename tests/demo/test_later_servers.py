"""The real servers after 0.3 (Llama Stack 0.7.3, OGX 1.5.0) behave as the sinks expect."""

from typing import Any

import pytest
import requests

from tests.support.real_servers import LaterServer

pytestmark = pytest.mark.real_server

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
TEXT = "Pods of the billing service are killed because they use more memory than allowed."


def _post(server: LaterServer, path: str, body: dict[str, Any]) -> Any:
    answer = requests.post(server.base_url + path, json=body, timeout=60)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def _new_store(server: LaterServer, provider: str) -> str:
    body = {
        "name": "texts",
        "embedding_model": MODEL,
        "embedding_dimension": 384,
        "provider_id": provider,
    }
    return str(_post(server, "/v1/vector_stores", body)["id"])


def _attach(server: LaterServer, store: str, text: str) -> dict[str, Any]:
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


def _found(server: LaterServer, store: str) -> list[Any]:
    query = {"query": "container out of memory"}
    return list(_post(server, f"/v1/vector_stores/{store}/search", query)["data"])


@pytest.fixture(params=["ogx", "llama_stack_07"])
def server(request: pytest.FixtureRequest) -> LaterServer:
    """Each of the two servers."""
    started: LaterServer = request.getfixturevalue(request.param)
    return started


def test_the_server_has_the_expected_version(server: LaterServer) -> None:
    version = requests.get(f"{server.base_url}/v1/version", timeout=10).json()["version"]
    assert f" {version}" in server.name


@pytest.mark.parametrize("provider", ["faiss", "sqlite-vec"])
def test_an_attached_file_is_found_with_its_attributes_until_it_is_detached(
    server: LaterServer, provider: str
) -> None:
    store = _new_store(server, provider)
    attached = _attach(server, store, TEXT)
    assert (attached["status"], attached["last_error"]) == ("completed", None)
    (hit,) = _found(server, store)
    assert hit["attributes"]["page_id"] == "7"
    assert hit["content"][0]["text"] == TEXT
    address = f"{server.base_url}/v1/vector_stores/{store}/files/{attached['id']}"
    assert requests.delete(address, timeout=60).ok
    assert _found(server, store) == []


@pytest.mark.parametrize("provider", ["faiss", "sqlite-vec"])
def test_a_chunk_inserted_with_its_embedding_is_found(server: LaterServer, provider: str) -> None:
    store = _new_store(server, provider)
    embedding = _post(server, "/v1/embeddings", {"model": MODEL, "input": [TEXT]})["data"][0]
    chunk = {
        "content": TEXT,
        "chunk_id": "conf-7-0123456789abcdef",
        "metadata": {"document_id": "7"},
        "chunk_metadata": {},
        "embedding": embedding["embedding"],
        "embedding_model": MODEL,
        "embedding_dimension": 384,
    }
    _post(server, "/v1/vector-io/insert", {"vector_store_id": store, "chunks": [chunk]})
    found = _post(
        server,
        "/v1/vector-io/query",
        {"vector_store_id": store, "query": "container out of memory"},
    )
    assert [hit["chunk_id"] for hit in found["chunks"]] == ["conf-7-0123456789abcdef"]


def test_a_faiss_store_survives_a_restart(server: LaterServer) -> None:
    store = _new_store(server, "faiss")
    _attach(server, store, TEXT)
    server.restart()
    assert [hit["content"][0]["text"] for hit in _found(server, store)] == [TEXT]
