"""The window that a server lists for its embedding model: taken where it can be right."""

from typing import Any

import pytest
import responses

from pipeline.upsert import VectorApiError
from pipeline.upsert.server.listed_window import to_listed_window
from pipeline.upsert.server.text_limit import EmbeddingRoute
from tests.support.sinks import to_api

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("dimension", "listed", "window"),
    [
        (384, 512, 512),  # Ollama's all-minilm on Llama Stack 0.2.23
        (768, 8192, 8192),
        (1024, 512, 512),
        (512, 8192, 8192),
        (None, 512, 512),
        (384.0, 512.0, 512),
        (768, "2048", 2048),
        (512, 1024, None),  # nv-embedqa-e5-v5 there: both the wrong way round
        (512, 4096, None),
        (256, 384, None),
        (384, None, None),
        (384, 0, None),  # watsonx where it knows nothing
        (384, -1, None),
        (384, 16, None),
        (384, 10**30, None),
        (384, True, None),
        (384, 512.5, None),
        (384, "many", None),
        (384, "9" * 5000, None),
        (384, [512], None),
    ],
)
def test_a_window_is_taken_where_it_can_be_right(
    dimension: object, listed: object, window: int | None
) -> None:
    about = {"embedding_dimension": dimension, "context_length": listed}
    assert to_listed_window(about) == window


ROWS = {
    "Llama Stack 0.2": {
        "identifier": "ollama/bge-m3",
        "model_type": "embedding",
        "metadata": {"embedding_dimension": 1024, "context_length": 512},
    },
    "OGX": {
        "id": "ollama/bge-m3",
        "custom_metadata": {"model_type": "embedding", "context_length": 512},
    },
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_window_of_the_model_in_use_is_read_from_the_list(row: dict[str, Any]) -> None:
    other = {
        "id": "other",
        "custom_metadata": {"model_type": "embedding", "context_length": 8192},
    }
    with responses.RequestsMock() as mock:
        mock.get(f"{URL}/v1/models", json={"data": [other, row]})
        assert EmbeddingRoute(to_api(URL), "/v1/embeddings", "ollama/bge-m3").list_window() == 512
        with pytest.raises(VectorApiError, match="does not list the model unlisted"):
            EmbeddingRoute(to_api(URL), "/v1/embeddings", "unlisted").list_window()


def test_a_model_under_two_names_has_the_window_of_either() -> None:
    about = {"model_type": "embedding", "provider_resource_id": "granite"}
    rows = [
        {"id": "vllm/granite", "custom_metadata": about},
        {"id": "granite", "custom_metadata": about | {"context_length": 512}},
    ]
    with responses.RequestsMock() as mock:
        mock.get(f"{URL}/v1/models", json={"data": rows})
        assert EmbeddingRoute(to_api(URL), "/v1/embeddings", "vllm/granite").list_window() == 512
