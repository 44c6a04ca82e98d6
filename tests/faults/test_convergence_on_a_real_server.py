"""The histories of test_convergence.py, few of them, with a real Llama Stack."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
import requests
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from demo.servers import LlamaStack
from tests.faults.model.machine import History
from tests.faults.model.nights import Nights
from tests.faults.model.stores import Kind, Row
from tests.faults.test_convergence import SEED, THOROUGH
from tests.support.store_files import Looker, new_name
from tests.support.vector_api import VectorApi

PREFIX = "/v1/openai/v1"


class RealNights(Nights):
    """Runs that write to a real server; the stand-in beside it is not used."""

    server: ClassVar[LlamaStack]

    def __init__(self, kind: Kind, scope: dict[str, str]) -> None:
        self.name = new_name()
        super().__init__(kind, scope)

    def _to_environ(self, api: VectorApi, folder: Path) -> dict[str, str]:
        name = self.name if folder == self.folder.path else f"{self.name}-{folder.name}"
        own = {"VECTOR_API_BASE_URL": self.server.base_url, "COLLECTION_ID": name, "VERIFY": "0"}
        return {"VECTOR_API_VARIANT": "vector_stores"} | super()._to_environ(api, folder) | own

    def count_writes(self) -> int:
        return len(self.site.server.requests)

    @property
    def store(self) -> str:
        return next((path.read_text().strip() for path in self.folder.path.glob("*.vdb")), "")

    def delete_store(self) -> None:
        requests.delete(f"{self.server.base_url}/v1/vector-dbs/{self.store}", timeout=30)

    def read(self, api: VectorApi, folder: Path, names: Sequence[str]) -> dict[str, Row]:
        look = Looker(self.server.base_url, next(folder.glob("*.vdb")).read_text().strip(), PREFIX)
        question = {look.key: look.store, "query": "What is said?", "params": {"max_chunks": 500}}
        rows: dict[str, Row] = {}
        for row in look.post("/v1/vector-io/query", question)["chunks"]:
            about = row["metadata"]
            assert about["conf_chunk_id"] not in rows, "duplicate chunk"
            text = row["content"].rstrip("\u200b")
            metadata = tuple(about.get(name) for name in names)
            rows[about["conf_chunk_id"]] = Row(about["conf_chunk_id"], text, metadata)
        assert look.uploads() == {row["id"] for row in look.files()}
        return rows


class OnLlamaStack(History):
    """A real server with vector stores and dash: another variant on the same STATE_DIR is refused.

    Its stores cannot be emptied, and their lists lose nothing.
    """

    kind = Kind("files", is_real=True)
    opens = RealNights


@pytest.mark.real_server
def test_one_clean_run_repairs_everything_on_a_real_server(llama_stack: LlamaStack) -> None:
    RealNights.server = llama_stack
    print(f"MODEL_SEED={SEED}")
    few = settings(THOROUGH, max_examples=3, stateful_step_count=8, phases=[Phase.generate])
    run_state_machine_as_test(seed(SEED)(OnLlamaStack), settings=few)
