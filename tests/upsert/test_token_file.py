"""A token from a file, such as a service account's, which changes while a run goes on."""

from pathlib import Path

import pytest

from pipeline.settings import Secret, load_settings
from pipeline.upsert import VectorApiError
from pipeline.upsert.rag_client import RagClient
from pipeline.upsert.server.api import Api
from tests.support.fast_retries import FAST
from tests.support.vector_api import VectorApi


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("first-token\n")
    return path


def to_token(path: Path) -> Secret:
    environ = {
        "CONF_BASE_URL": "http://127.0.0.1:1",
        "CONF_USER": "me",
        "CONF_API_TOKEN": "t",
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
        "VECTOR_API_TOKEN_FILE": str(path),
    }
    return load_settings("sync", environ).vector_api_token


def test_a_rejected_token_is_read_from_its_file_again(token_file: Path) -> None:
    with VectorApi("dash", token="first-token") as server:
        api = Api(server.base_url, to_token(token_file), FAST)
        assert api.get("/v1/vector-dbs") == {"data": []}
        server.token = "second-token"
        token_file.write_text("second-token\n")
        assert api.get("/v1/vector-dbs") == {"data": []}
        assert [request.status for request in server.log] == [200, 401, 200]
        assert api.mask("first-token second-token") == "*** ***"
        api.close()


def test_the_rag_tools_client_reads_the_token_again_too(token_file: Path) -> None:
    with VectorApi("dash", token="first-token") as server:
        token = to_token(token_file)
        api = Api(server.base_url, token, FAST)
        client = RagClient(api, token)
        server.token = "second-token"
        token_file.write_text("second-token\n")
        assert client.list_stores() == []
        client.close()


@pytest.mark.parametrize("content", ["first-token\n", "", "two\nlines", None])
def test_a_file_without_another_token_leaves_the_rejection_as_the_error(
    token_file: Path, content: str | None
) -> None:
    with VectorApi("dash", token="another") as server:
        api = Api(server.base_url, to_token(token_file), FAST)
        if content is None:
            token_file.unlink()
        else:
            token_file.write_text(content)
        with pytest.raises(VectorApiError, match=r"HTTP 401: token rejected \(VECTOR_API_TOKEN\)"):
            api.get("/v1/vector-dbs")
        assert len(server.log) == 1
        api.close()


def test_a_token_from_the_environment_is_not_asked_for_twice() -> None:
    with VectorApi("dash", token="another") as server:
        api = Api(server.base_url, Secret("first-token"), FAST)
        with pytest.raises(VectorApiError, match="token rejected"):
            api.get("/v1/vector-dbs")
        assert len(server.log) == 1
        api.close()
