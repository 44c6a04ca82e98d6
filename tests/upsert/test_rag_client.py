"""The official client as we open it: no redirects, our CAs, no text and no token in errors."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pipeline.settings import Secret, load_settings
from pipeline.upsert import InsertRejectedError, InsertUnclearError, VectorApiError
from pipeline.upsert.discovery import open_rag_tool
from pipeline.upsert.rag_client import RagClient
from tests.support.sinks import to_api
from tests.support.vector_api import Fault, VectorApi

TEXT = "The zebra ate the quarterly backup tapes."
DOCUMENTS = [{"document_id": "conf-1", "content": TEXT, "metadata": {}}]
TOKEN = "store-s3cr3t"


@pytest.fixture
def server() -> Iterator[VectorApi]:
    """It has the stores' routes; the rag-tool's is one that it does not know."""
    with VectorApi("dash") as server:
        yield server


def call(server: VectorApi, what: str) -> Any:
    with closing(RagClient(to_api(server.base_url, TOKEN), Secret(TOKEN))) as client:
        return client.list_stores() if what == "list" else client.insert(DOCUMENTS, "vs", 512)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("what", ["list", "insert"])
def test_a_redirect_is_not_followed(what: str, status: int, server: VectorApi) -> None:
    with VectorApi("dash") as other:
        server.faults = [Fault(status, on="any", times=None, location=other.base_url)]
        with pytest.raises(VectorApiError, match=f"redirects to {other.base_url}"):
            call(server, what)
        assert other.log == []
    assert [request.authorization for request in server.log] == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_an_error_repeats_neither_the_text_nor_the_token(status: int, server: VectorApi) -> None:
    server.faults = [Fault(status, on="any", answer="echo")]
    kinds = (VectorApiError, InsertRejectedError, InsertUnclearError)
    with pytest.raises(
        kinds, match=rf"HTTP {status}: (token rejected \(VECTOR_API_TOKEN\): )?made to fail"
    ) as caught:
        call(server, "insert")
    assert "zebra" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "warns"), [("http://llama.invalid", True), ("https://llama.invalid", False)]
)
def test_a_token_over_plain_http_is_warned_about(
    url: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    environ = {
        "CONF_BASE_URL": "https://conf.invalid",
        "CONF_USER": "bot",
        "CONF_API_TOKEN": "t",
        "SPACE_NAME": "Known Issues",
        "LLAMA_BASE_URL": url,
        "VECTOR_API_TOKEN": TOKEN,
    }
    open_rag_tool(load_settings("ingest_conf", environ)).close()
    assert ("LLAMA_BASE_URL is plain http: the token is sent unencrypted" in caplog.text) == warns
