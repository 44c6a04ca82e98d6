"""The real Llama Stack 0.2.23 behaves as the sinks expect."""

from pathlib import Path
from typing import Any

import pytest
import requests

from demo.servers import LlamaStack
from tests.support.server_fixtures import real_server

pytestmark = pytest.mark.real_server

MODEL = "all-MiniLM-L6-v2"
TEXTS = {
    "oom": "Pods of the billing service are killed because they use more memory than allowed.",
    "login": "People who forgot their password ask for a new one on the account page.",
    "lunch": "The canteen serves soup on Tuesdays.",
}


def _post(server: LlamaStack, path: str, body: dict[str, Any]) -> Any:
    answer = requests.post(server.base_url + path, json=body, timeout=60)
    assert answer.ok, answer.text
    return answer.json()


def _embed(server: LlamaStack, *texts: str) -> list[list[float]]:
    answer = _post(server, "/v1/openai/v1/embeddings", {"model": MODEL, "input": list(texts)})
    return [item["embedding"] for item in answer["data"]]


def _similarity(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _filled_store(server: LlamaStack, provider: str | None) -> str:
    body = {"vector_db_id": "texts", "embedding_model": MODEL, "embedding_dimension": 384}
    if provider:
        body["provider_id"] = provider
    store = _post(server, "/v1/vector-dbs", body)
    assert store["provider_id"] == (provider or "faiss")
    chunks = [
        {
            "content": text,
            "chunk_id": name,
            "metadata": {"document_id": name},
            "chunk_metadata": {"chunk_id": name, "document_id": name},
        }
        for name, text in TEXTS.items()
    ]
    identifier = str(store["identifier"])
    _post(server, "/v1/vector-io/insert", {"vector_db_id": identifier, "chunks": chunks})
    return identifier


def _best(server: LlamaStack, store: str, query: str) -> str:
    found = _post(server, "/v1/vector-io/query", {"vector_db_id": store, "query": query})
    return str(found["chunks"][0]["metadata"]["document_id"])


def test_the_server_has_the_expected_version(llama_stack: LlamaStack) -> None:
    answer = requests.get(f"{llama_stack.base_url}/v1/version", timeout=10)
    assert answer.json() == {"version": "0.2.23"}


def test_the_server_publishes_its_routes(llama_stack: LlamaStack) -> None:
    paths = requests.get(f"{llama_stack.base_url}/openapi.json", timeout=10).json()["paths"]
    assert {"/v1/vector-dbs", "/v1/vector-io/insert", "/v1/openai/v1/vector_stores"} <= set(paths)


def test_texts_of_similar_meaning_have_similar_vectors(llama_stack: LlamaStack) -> None:
    killed, memory, soup = _embed(
        llama_stack, "The container was OOMKilled", TEXTS["oom"], TEXTS["lunch"]
    )
    assert len(killed) == 384
    assert _similarity(killed, killed) == pytest.approx(1, abs=1e-4)
    assert _similarity(killed, memory) > _similarity(killed, soup) + 0.2


def test_a_vector_does_not_depend_on_the_rest_of_the_batch(llama_stack: LlamaStack) -> None:
    single = _embed(llama_stack, TEXTS["lunch"])[0]
    batched = _embed(llama_stack, "short", TEXTS["lunch"], "long " * 300)[1]
    assert _similarity(single, batched) == pytest.approx(1, abs=1e-5)


def test_only_the_first_256_word_pieces_are_embedded(llama_stack: LlamaStack) -> None:
    start, oom = "word " * 300, TEXTS["oom"]
    start_only, with_end, with_start = _embed(llama_stack, start, start + oom, oom + start)
    assert _similarity(start_only, with_end) == pytest.approx(1, abs=1e-5)
    assert _similarity(start_only, with_start) < 0.99


@pytest.mark.parametrize("provider", ["faiss", "sqlite-vec"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("container ran out of memory", "oom"),
        ("reset my credentials", "login"),
        ("what is there to eat", "lunch"),
    ],
)
def test_an_inserted_text_is_the_best_hit(
    llama_stack: LlamaStack, provider: str, query: str, expected: str
) -> None:
    store = _filled_store(llama_stack, provider)
    assert _best(llama_stack, store, query) == expected


def test_a_store_without_provider_gets_the_default_of_the_server(
    llama_stack: LlamaStack, llama_stack_sqlite: LlamaStack
) -> None:
    body = {"vector_db_id": "any", "embedding_model": MODEL, "embedding_dimension": 384}
    providers = [
        _post(server, "/v1/vector-dbs", body)["provider_id"]
        for server in (llama_stack, llama_stack_sqlite)
    ]
    assert providers == ["faiss", "sqlite-vec"]


def test_a_faiss_store_survives_a_new_process_on_the_same_data(tmp_path: Path) -> None:
    with real_server(LlamaStack(tmp_path, "faiss")) as server:
        store = _filled_store(server, None)
        address = f"{server.base_url}/v1/health"
        assert requests.get(address, timeout=10).json() == {"status": "OK"}
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)
    with real_server(LlamaStack(tmp_path, "faiss")) as server:
        assert _best(server, store, "reset my credentials") == "login"
