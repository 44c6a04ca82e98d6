"""How many files are attached at a time to a server that processes those that wait together."""

import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from pipeline.upsert.files.store_api import ATTACHMENTS_AT_ONCE, StoreApi
from tests.support.sinks import to_sink
from tests.support.store_files import to_chunk
from tests.support.vector_api import VectorApi


def test_files_are_attached_while_many_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    attach, all_wait = StoreApi.attach, threading.Barrier(ATTACHMENTS_AT_ONCE)

    def meet(
        api: StoreApi, store: str, file_id: str, text: str, attributes: Mapping[str, Any]
    ) -> None:
        all_wait.wait(20)  # breaks unless so many are on their way
        attach(api, store, file_id, text, attributes)

    monkeypatch.setattr(StoreApi, "attach", meet)
    chunks = [to_chunk(number, f"Page {number}") for number in range(2 * ATTACHMENTS_AT_ONCE)]
    with VectorApi("files") as server, closing(to_sink(server.base_url)) as sink:
        assert sink.insert(chunks).keys() == {chunk.id for chunk in chunks}
        held = [document.text for document in server.documents("confluence").values()]
    assert sorted(held) == sorted(chunk.text for chunk in chunks)
