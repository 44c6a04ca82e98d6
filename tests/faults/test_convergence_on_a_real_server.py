"""The sequences of test_convergence.py, few of them, with a real Llama Stack."""

from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from demo.servers import LlamaStack
from tests.faults.test_convergence import THOROUGH, Site
from tests.support.store_files import Looker, new_name
from tests.support.vector_api import VectorApi


class RealSite(Site):
    """The same with a real Llama Stack and its vector stores."""

    server: ClassVar[LlamaStack]
    options: ClassVar[dict[str, str]] = {"VECTOR_API_VARIANT": "vector_stores", "VERIFY": "0"}

    def __init__(self) -> None:
        super().__init__()
        self.name = new_name()

    def writes(self) -> int:
        return len(self.site.requests)

    def environ(self, api: VectorApi, folder: Path) -> dict[str, str]:
        own = api is self.api
        return super().environ(api, folder) | {
            "VECTOR_API_BASE_URL": self.server.base_url,
            "COLLECTION_ID": self.name if own else f"{self.name}-fresh-{id(api)}",
        }

    def documents_in(self, api: VectorApi, folder: Path) -> dict[str, tuple[object, ...]]:
        identifier = next(folder.glob("*.vdb")).read_text().strip()
        look = Looker(self.server.base_url, identifier, "/v1/openai/v1")
        question = {look.key: look.store, "query": "What is said?", "params": {"max_chunks": 500}}
        rows = look.post("/v1/vector-io/query", question)["chunks"]
        found = {}
        for row in rows:
            metadata = row["metadata"]
            assert metadata["conf_chunk_id"] not in found, "duplicate chunk"
            text = row["content"].rstrip("\u200b")
            about = (metadata[name] for name in ("title", "space_key", "url"))
            found[metadata["conf_chunk_id"]] = (text, *about)
        assert look.uploads() == {row["id"] for row in look.files()}
        return found


@pytest.mark.real_server
def test_a_clean_run_repairs_everything_on_a_real_server(llama_stack: LlamaStack) -> None:
    RealSite.server = llama_stack
    few = settings(THOROUGH, max_examples=2, stateful_step_count=5, phases=[Phase.generate])
    run_state_machine_as_test(RealSite, settings=few)
