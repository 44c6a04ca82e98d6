"""The test servers that are configured as platforms run them are what their names promise."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from tests.support.embedding_service import DIMENSION, WINDOW, count_tokens
from tests.support.ogx_on_postgres import MODEL, PROVIDER, OgxOnPostgres
from tests.support.real_servers import OgxWithTables

pytestmark = pytest.mark.real_server

TEXT = "Foxes live in the wood.\n\n```yaml\nfox:\n    eats: mice\n```"


@pytest.fixture
def store(ogx_postgres: OgxOnPostgres) -> Iterator[str]:
    body = {"name": "s", "embedding_model": MODEL, "embedding_dimension": DIMENSION}
    answer = requests.post(f"{ogx_postgres.base_url}/v1/vector_stores", json=body, timeout=60)
    url = f"{ogx_postgres.base_url}/v1/vector_stores/{answer.json()['id']}"
    yield url
    requests.delete(url, timeout=60)


def embed(server: OgxOnPostgres, text: str) -> requests.Response:
    body = {"model": MODEL, "input": [text]}
    return requests.post(f"{server.base_url}/v1/embeddings", json=body, timeout=60)


def attach(server: OgxOnPostgres, store: str, text: str) -> dict[str, object]:
    upload = requests.post(
        f"{server.base_url}/v1/files",
        data={"purpose": "assistants"},
        files={"file": ("fox.md", text.encode(), "text/markdown")},
        timeout=60,
    )
    answer = requests.post(f"{store}/files", json={"file_id": upload.json()["id"]}, timeout=60)
    return dict(answer.json())


def search(store: str, question: str) -> list[dict[str, object]]:
    answer = requests.post(f"{store}/search", json={"query": question}, timeout=60)
    return list(answer.json()["data"])


def get_type_of(server: OgxOnPostgres | OgxWithTables, provider: str) -> str:
    rows = requests.get(f"{server.base_url}/v1/providers", timeout=60).json()["data"]
    return next(str(row["provider_type"]) for row in rows if row["provider_id"] == provider)


def test_ogx_on_postgres_has_the_version_and_providers_of_the_platform(
    ogx_postgres: OgxOnPostgres, store: str
) -> None:
    version = requests.get(f"{ogx_postgres.base_url}/v1/version", timeout=60).json()["version"]
    assert version == "1.2.2"
    assert requests.get(store, timeout=60).json()["metadata"]["provider_id"] == PROVIDER
    assert get_type_of(ogx_postgres, PROVIDER) == "remote::pgvector"


def test_a_discovered_model_has_no_dimension(ogx_postgres: OgxOnPostgres) -> None:
    models = requests.get(f"{ogx_postgres.base_url}/v1/models", timeout=60).json()["data"]
    assert [model["id"] for model in models] == [MODEL]
    assert "embedding_dimension" not in models[0]["custom_metadata"]
    assert len(embed(ogx_postgres, "fox").json()["data"][0]["embedding"]) == DIMENSION


def test_a_text_over_the_window_is_refused_and_not_cut(
    ogx_postgres: OgxOnPostgres, store: str
) -> None:
    most = "fox " * (WINDOW - 2)
    assert count_tokens(most) == WINDOW
    assert embed(ogx_postgres, most).status_code == 200
    refused = embed(ogx_postgres, most + "fox")
    assert refused.status_code == 400
    assert f"maximum context length is {WINDOW} tokens" in refused.text
    assert attach(ogx_postgres, store, most + "fox")["status"] == "failed"


def test_a_store_on_postgres_outlives_a_restart_and_a_slow_database(
    ogx_postgres: OgxOnPostgres, store: str
) -> None:
    ogx_postgres.database.seconds = 0.01
    try:
        assert attach(ogx_postgres, store, TEXT)["status"] == "completed"
    finally:
        ogx_postgres.database.seconds = 0.0
    assert attach(ogx_postgres, store, "Cats sleep all day.")["status"] == "completed"
    ogx_postgres.restart()
    assert "Foxes" in str(search(store, "foxes eat mice in the wood")[0]["content"])


@pytest.mark.parametrize("refusal", [401, 503])
def test_searches_fail_while_the_embedding_service_refuses(
    ogx_postgres: OgxOnPostgres, store: str, refusal: int
) -> None:
    ogx_postgres.embeddings.refusal = refusal
    try:
        answer = requests.post(f"{store}/search", json={"query": "fox"}, timeout=60)
    finally:
        ogx_postgres.embeddings.refusal = None
    assert answer.status_code >= 400
    assert search(store, "fox") == []


def test_ogx_with_tables_keeps_its_lists_of_files_there(ogx_tables: OgxWithTables) -> None:
    url = ogx_tables.base_url
    assert requests.get(f"{url}/v1/version", timeout=60).json()["version"] == "1.5.0"
    body = {"name": "s", "provider_id": "sqlite-vec"}
    made = requests.post(f"{url}/v1/vector_stores", json=body, timeout=60).json()
    with closing(sqlite3.connect(ogx_tables.data_dir / "sql.db")) as tables:
        rows = tables.execute("SELECT id FROM vector_stores").fetchall()
    assert (made["id"],) in rows
    requests.delete(f"{url}/v1/vector_stores/{made['id']}", timeout=60)
