"""What is done to a store's files, in which order, on a server in memory."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pipeline.records import StoredChunk
from pipeline.upsert import InsertRejectedError, VectorApiError
from pipeline.upsert.files.entry import to_attributes
from pipeline.upsert.files.store_api import OLD_PREFIX, StoreApi
from pipeline.upsert.files.store_files import StoreFiles
from pipeline.upsert.server.api import AnswerError
from tests.support.chunks import chunks_of
from tests.support.sinks import to_settings
from tests.support.store_files import to_chunks
from tests.support.waiting import Recorded

STORE = "vs_1"
MOST_ATTRIBUTES = 16  # of a file, on OGX
CATS, DOGS, SHIPS = to_chunks("cats", "dogs", "ships")


class MemoryApi:
    """`StoreApi` with one store; `calls` has what changed it."""

    threads = 1
    changes_at_once = 1
    can_lose_files = False
    query_characters = None
    prefix = OLD_PREFIX

    def __init__(self, provider: str) -> None:
        self.api = self  # its requests too
        self.calls: list[str] = []
        self.refuses = False
        self._provider = provider
        self._numbers = itertools.count(1)
        self._uploads: dict[str, dict[str, Any]] = {}
        self._files: dict[str, dict[str, Any]] = {}

    def get(self, _path: str) -> dict[str, Any]:
        raise AnswerError("no list of providers", 404)

    def get_store(self, _store: str) -> dict[str, Any]:
        return {"metadata": {"provider_id": self._provider}}

    def list_files(self, _store: str) -> Iterator[dict[str, Any]]:
        return iter(list(self._files.values()))

    def list_uploads(self) -> Iterator[dict[str, Any]]:
        return iter(list(self._uploads.values()))

    def upload(self, name: str, text: str) -> str:
        file_id = f"file-{next(self._numbers)}"
        self._uploads[file_id] = {"id": file_id, "filename": name, "created_at": 0, "text": text}
        return file_id

    def get_upload(self, file_id: str) -> str:
        return str(self._uploads[file_id]["text"])

    def attach(
        self, _: str, file_id: str, _text: str, attributes: Mapping[str, Any], size: int, cut: int
    ) -> None:
        if self.refuses:
            raise InsertRejectedError("refused")
        self.calls.append(f"attach {file_id} {attributes['conf_chunk_id']}")
        static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": cut}
        self._files[file_id] = {
            "id": file_id,
            "status": "completed",
            "attributes": dict(attributes),
            "chunking_strategy": {"static": static},
        }

    def remove(self, store: str, file_id: str) -> None:
        self.detach(store, file_id)
        self.delete_upload(file_id)

    def detach(self, _store: str, file_id: str) -> bool:
        self._files.pop(file_id, None)
        self.calls.append(f"remove {file_id}")
        return True

    def delete_upload(self, file_id: str) -> None:
        self._uploads.pop(file_id, None)

    def texts(self) -> list[str]:
        return [self._uploads[file_id]["text"] for file_id in self._files]


def open_files(memory: MemoryApi) -> StoreFiles:
    api: StoreApi = memory  # type: ignore[assignment]
    return StoreFiles(api, STORE, memory.get_store(STORE), to_settings("http://127.0.0.1:1"))


def delete(files: StoreFiles, *chunk_ids: str) -> None:
    files.delete([chunk for chunk in files.list_stored() if chunk.id in chunk_ids])


@pytest.fixture
def faiss() -> MemoryApi:
    """A store with cats, dogs and ships as files 1, 2 and 3; the calls are those after that."""
    memory = MemoryApi("faiss")
    open_files(memory).put_all([CATS, DOGS, SHIPS])
    memory.calls.clear()
    return memory


def test_a_faiss_store_gets_a_new_last_file_before_a_deletion(
    faiss: MemoryApi,
) -> None:
    delete(open_files(faiss), CATS.id)
    assert faiss.calls == [f"attach file-4 {SHIPS.id}", "remove file-3", "remove file-1"]


def test_no_new_last_file_is_stored_where_the_last_is_known_to_stay(
    faiss: MemoryApi,
) -> None:
    files = open_files(faiss)
    delete(files, SHIPS.id)
    assert faiss.calls == [f"attach file-4 {DOGS.id}", "remove file-2", "remove file-3"]
    faiss.calls.clear()
    delete(files, CATS.id)
    assert faiss.calls == ["remove file-1"]


def test_an_emptied_faiss_store_keeps_a_filler_until_the_next_chunk(faiss: MemoryApi) -> None:
    files = open_files(faiss)
    delete(files, CATS.id, DOGS.id, SHIPS.id)
    assert faiss.texts() == ["This collection is empty."]
    assert list(files.list_stored()) == []
    files.put_all([DOGS])
    assert faiss.texts() == [DOGS.text]


def test_nothing_is_deleted_where_no_new_last_file_can_be_stored(faiss: MemoryApi) -> None:
    faiss.refuses = True
    with pytest.raises(VectorApiError, match="nothing was deleted: refused"):
        delete(open_files(faiss), CATS.id)
    assert len(faiss.texts()) == 3


def test_other_stores_need_no_new_last_file() -> None:
    memory = MemoryApi("sqlite-vec")
    files = open_files(memory)
    files.put_all([CATS, DOGS])
    memory.calls.clear()
    delete(files, DOGS.id)
    assert memory.calls == ["remove file-2"]


def test_equal_texts_are_kept_apart_by_invisible_characters() -> None:
    memory = MemoryApi("sqlite-vec")
    files = open_files(memory)
    files.put_all([CATS])
    files.put_all([CATS])
    files.put_all([CATS])
    assert [text.count("\u200b") for text in memory.texts()] == [0, 1, 2]
    assert {text.rstrip("\u200b") for text in memory.texts()} == {CATS.text}


def test_a_handle_that_is_gone_means_the_older_files_of_its_chunk() -> None:
    memory = MemoryApi("sqlite-vec")
    open_files(memory).put_all([CATS])
    files = open_files(memory)
    files.put_all([CATS])  # of this run
    files.delete([StoredChunk(CATS.id, CATS.page_id, "file-9")])
    assert [row["id"] for row in memory.list_files(STORE)] == ["file-2"]


def test_tidying_removes_older_files_of_a_chunk_and_uploads_that_no_store_holds() -> None:
    memory = MemoryApi("sqlite-vec")
    files = open_files(memory)
    files.put_all([CATS])
    files.put_all([CATS])
    memory.upload(f"{DOGS.id}.{STORE}.md", "left over")
    memory.upload(f"{DOGS.id}.vs_2.md", "another store's")
    files.tidy()
    names = [row["filename"] for row in memory.list_uploads()]
    assert [row["id"] for row in memory.list_files(STORE)] == ["file-2"]
    assert names == [f"{CATS.id}.{STORE}.md", f"{DOGS.id}.vs_2.md"]


def test_a_store_that_never_rests_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other shards write into it, while this one removes what its killed run has left."""
    memory, counts, pauses = MemoryApi("sqlite-vec"), itertools.count(), list[float]()
    monkeypatch.setattr(memory, "can_lose_files", True)
    monkeypatch.setattr(memory, "count_files", lambda _store: next(counts), raising=False)
    monkeypatch.setattr(memory, "has_chunks", lambda *_: False, raising=False)
    waiting = Recorded(pauses.append)
    monkeypatch.setattr(memory, "waiting", waiting, raising=False)
    memory.upload(f"conf-1-0123456789abcdef.{STORE}.md", "left")
    open_files(memory).tidy()
    assert list(memory.list_uploads()) == []
    assert len(pauses) < 60


def test_a_chunk_has_no_more_attributes_than_servers_accept() -> None:
    (chunk,) = chunks_of("A line.")
    assert len(to_attributes(chunk, "hash", 0)) <= MOST_ATTRIBUTES
