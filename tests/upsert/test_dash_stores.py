"""Stores that dash makes: answers of a server that do not fit together."""

import pytest
import responses

from pipeline.upsert import VectorApiError
from pipeline.upsert.dash_stores import ClientEmbeds
from tests.support.sinks import to_api, to_settings

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "listed", [[], [{"id": "vs_1", "name": "confluence"}]], ids=["not listed", "without metadata"]
)
def test_a_new_store_that_the_server_does_not_list_as_made_is_an_error(
    listed: list[dict[str, str]],
) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        about = {"model_type": "embedding", "embedding_dimension": 3}
        mock.get(f"{URL}/v1/models", json={"data": [{"id": "model", "custom_metadata": about}]})
        mock.post(f"{URL}/v1/vector_stores", json={"id": "vs_1"})
        mock.get(f"{URL}/v1/vector_stores", json={"data": listed, "has_more": False})
        mock.get(f"{URL}/v1/vector_stores/vs_1/files", json={"data": [], "has_more": False})
        stores = ClientEmbeds(to_api(URL), to_settings(URL))
        with pytest.raises(VectorApiError, match="has made the vector store vs_1 and does not"):
            stores.make("confluence", fresh=False)
