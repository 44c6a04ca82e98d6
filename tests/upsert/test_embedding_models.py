"""The embedding model: the one that is named, or the server's only one where none is named."""

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from pipeline.upsert import UnusableSettingError
from pipeline.upsert.server.embedding_models import (
    EmbeddingModel,
    find_embedding_model,
    find_model_of_store,
    measure_dimension,
    refuse_other_model,
)
from tests.support.sinks import to_api, to_settings

URL = "http://127.0.0.1:9"
MINILM = "all-MiniLM-L6-v2"
GRANITE = "granite-embedding-125m-english"


def listed(name: str, dimension: int | None = None, resource: str = "") -> dict[str, Any]:
    """A row of /v1/models, as OGX has it."""
    about = {"model_type": "embedding", "provider_resource_id": resource}
    about |= {"embedding_dimension": dimension} if dimension else {}
    return {"id": name, "custom_metadata": about}


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def find(mock: responses.RequestsMock, *rows: dict[str, Any], **environ: str) -> EmbeddingModel:
    mock.get(f"{URL}/v1/models", json={"data": [*rows, {"id": "llama", "model_type": "llm"}]})
    return find_embedding_model(to_api(URL), to_settings(URL, **environ))


@pytest.mark.parametrize("name", [MINILM, f"sentence-transformers/{MINILM}"])
def test_a_model_is_found_by_its_full_name_or_without_its_provider(
    mock: responses.RequestsMock, name: str
) -> None:
    assert find(mock, listed("other", 3), listed(name, 384)).name == name


def test_the_only_model_is_used_where_none_is_named_and_the_default_is_missing(
    mock: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    model = find(mock, listed(f"vllm/{GRANITE}"))
    assert (model.name, model.dimension) == (f"vllm/{GRANITE}", None)
    assert f"the server has no {MINILM}: using its embedding model, vllm/{GRANITE}" in caplog.text


def test_the_default_of_a_server_with_several_models_is_used_where_none_is_named(
    mock: responses.RequestsMock,
) -> None:
    made = {"id": "vs_1", "metadata": {"embedding_model": "two"}}
    mock.post(f"{URL}/v1/vector_stores", json=made)
    mock.delete(f"{URL}/v1/vector_stores/vs_1", json={})
    assert find(mock, listed("one", 3), listed("two", 3)).name == "two"


def test_the_default_is_read_from_a_refusal_where_its_dimension_is_not_known(
    mock: responses.RequestsMock,
) -> None:
    reason = "Embedding model 'two' has no embedding_dimension in metadata"
    mock.post(f"{URL}/v1/vector_stores", status=400, json={"error": {"message": reason}})
    assert find(mock, listed("one", 3), listed("two")).name == "two"


def test_one_model_under_two_names_is_one_and_its_dimension_is_known(
    mock: responses.RequestsMock,
) -> None:
    rows = [listed(f"vllm/{GRANITE}", resource=GRANITE), listed(GRANITE, 768, resource=GRANITE)]
    assert find(mock, *rows) == EmbeddingModel(GRANITE, 768, GRANITE)


def test_a_model_named_by_the_name_without_a_dimension_is_used_with_it(
    mock: responses.RequestsMock,
) -> None:
    rows = [listed(f"vllm/{GRANITE}", resource=GRANITE), listed("granite", 768, resource=GRANITE)]
    model = find(mock, *rows, EMBEDDING_MODEL_ID=f"vllm/{GRANITE}")
    assert model.dimension == 768


@pytest.mark.parametrize(
    ("rows", "environ"),
    [
        ([listed("one", 3), listed("two", 3)], {}),
        ([listed("one", 3)], {"EMBEDDING_MODEL_ID": "missing"}),
        ([listed("one", 3)], {"EMBEDDING_MODEL_ID": MINILM}),
        ([], {}),
    ],
    ids=["several", "a wrong name", "the default by name", "none"],
)
def test_a_missing_model_is_an_error_that_names_those_of_the_server(
    mock: responses.RequestsMock, rows: list[dict[str, Any]], environ: dict[str, str]
) -> None:
    if len(rows) > 1:
        mock.post(f"{URL}/v1/vector_stores", status=400, json={"detail": "Model 'None' not found."})
    with pytest.raises(UnusableSettingError) as raised:
        find(mock, *rows, **environ)
    expected = ", ".join(row["id"] for row in rows) or "it has none"
    assert expected in str(raised.value)
    assert "EMBEDDING_MODEL_ID" in str(raised.value)


def test_a_server_that_lists_no_models_is_given_the_name_as_it_is(
    mock: responses.RequestsMock,
) -> None:
    mock.get(f"{URL}/v1/models", json={"data": []})
    assert find_embedding_model(to_api(URL), to_settings(URL)) == EmbeddingModel(MINILM, None)


def test_a_dimension_that_is_not_listed_is_measured_by_one_embedding(
    mock: responses.RequestsMock,
) -> None:
    mock.post(f"{URL}/v1/embeddings", json={"data": [{"embedding": [0.0] * 768}]})
    model = EmbeddingModel("m", None)
    assert measure_dimension(to_api(URL), "/v1/embeddings", model) == 768
    assert measure_dimension(to_api(URL), "/v1/embeddings", EmbeddingModel("m", 384)) == 384


def refuse(made_with: str, *rows: dict[str, Any], **environ: str) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{URL}/v1/models", json={"data": [*rows]})
        refuse_other_model(to_settings(URL, **environ), made_with, "rotate", to_api(URL))


@pytest.mark.parametrize(
    ("made_with", "wanted"),
    [
        (GRANITE, {}),  # none is named: the store keeps its own
        ("", {"EMBEDDING_MODEL_ID": GRANITE}),
        (f"vllm/{GRANITE}", {"EMBEDDING_MODEL_ID": GRANITE}),
        (GRANITE, {"EMBEDDING_MODEL_ID": f"vllm/{GRANITE}"}),
        ("two", {"EMBEDDING_MODEL_ID": "one"}),  # another name of the same model
    ],
)
def test_the_model_of_a_store_may_be_named_in_any_way(
    made_with: str, wanted: dict[str, str]
) -> None:
    refuse(made_with, listed("one", 3, "same"), listed("two", None, "same"), **wanted)


def test_another_model_than_that_of_the_store_is_refused_with_the_ways_out() -> None:
    rows = listed(f"vllm/{GRANITE}", 3, GRANITE), listed(f"st/{MINILM}", 3, MINILM)
    with pytest.raises(UnusableSettingError) as raised:
        refuse(f"st/{MINILM}", *rows, EMBEDDING_MODEL_ID=GRANITE)
    assert str(raised.value) == (
        f"EMBEDDING_MODEL_ID={GRANITE}, but the store was made with st/{MINILM}: set "
        f"EMBEDDING_MODEL_ID=st/{MINILM}, or rotate"
    )


def test_vectors_are_made_with_the_model_of_the_store_whatever_the_default_is(
    mock: responses.RequestsMock,
) -> None:
    mock.get(f"{URL}/v1/models", json={"data": [listed(MINILM, 384), listed(GRANITE, 768)]})
    model = find_model_of_store(to_api(URL), to_settings(URL), GRANITE)
    assert (model.name, model.dimension) == (GRANITE, 768)


def test_a_store_whose_model_the_server_has_lost_is_an_error(mock: responses.RequestsMock) -> None:
    mock.get(f"{URL}/v1/models", json={"data": [listed(MINILM, 384)]})
    with pytest.raises(UnusableSettingError, match=f"made with {GRANITE}.*it has {MINILM}"):
        find_model_of_store(to_api(URL), to_settings(URL), GRANITE)
