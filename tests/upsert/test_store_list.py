"""What a store holds, kept on disk, and taken from the ledger where the server agrees."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import InsertUnclearError, VectorApiError
from pipeline.upsert.files.entry import BLANK, to_entry, to_text_hash
from pipeline.upsert.files.listed.held import Held
from pipeline.upsert.files.listed.private_database import PrivateDatabase
from pipeline.upsert.vector_stores import VectorStores
from tests.support.memory import measure_peak
from tests.support.sinks import to_api, to_settings
from tests.support.store_files import to_chunk, to_chunks
from tests.support.vector_api import VectorApi

NAME = "confluence"
CATS, DOGS = to_chunks("cats", "dogs")
TWIN = to_chunk(9, CATS.text)


class Kept:
    """A store with two chunks, and what the ledger has of it."""

    def __init__(self, api: VectorApi, folder: Path) -> None:
        self._api, self._folder = api, folder
        sink = self.make()
        sink.open_collection()
        sink.insert([CATS, DOGS])
        self.chunks, self.mark = list(sink.list_stored()), sink.to_mark()

    def make(self) -> VectorStores:
        url = self._api.base_url
        return VectorStores(to_api(url), to_settings(url, STATE_DIR=str(self._folder)))

    def open(self, *chunks: StoredChunk, mark: str = "") -> VectorStores:
        """Open the store with another ledger, or with the one that was kept."""
        sink = self.make()
        sink.remember(lambda: chunks or self.chunks, mark or self.mark)
        sink.open_collection()
        return sink

    def texts(self) -> list[str]:
        return sorted(document.text for document in self._api.documents(NAME).values())


@pytest.fixture
def api() -> Iterator[VectorApi]:
    """A server that leaves texts as they are, so that equal ones need copies."""
    with VectorApi("files", version="0.7.3") as api:
        yield api


@pytest.fixture
def kept(api: VectorApi, tmp_path: Path) -> Kept:
    return Kept(api, tmp_path)


def test_an_equal_text_gets_a_place_of_its_own_although_the_list_was_not_read(kept: Kept) -> None:
    with closing(kept.open()) as sink:
        assert sink.is_as_remembered
        sink.insert([TWIN])
        assert kept.texts() == sorted([CATS.text, DOGS.text, CATS.text + BLANK])
        sink.delete([chunk for chunk in kept.chunks if chunk.id == CATS.id])
    with closing(kept.open()) as sink:
        assert not sink.is_as_remembered
        assert {chunk.id for chunk in sink.list_stored()} == {DOGS.id, TWIN.id}


def test_no_place_is_guessed_where_the_list_has_lost_the_other_file(
    kept: Kept, api: VectorApi
) -> None:
    with closing(kept.open()) as sink:
        api.stores.lose(NAME, next(one.handle for one in kept.chunks if one.id == CATS.id))
        with pytest.raises(InsertUnclearError, match="lost a file of the same text"):
            sink.insert([TWIN])
        assert [chunk.id for chunk in sink.recount()] == [CATS.id]


@pytest.mark.parametrize("change", ["shared", "sent", "fewer", "another handle", "twice", "mark"])
def test_a_ledger_that_does_not_agree_with_the_server_is_not_trusted(
    kept: Kept, change: str
) -> None:
    cats, dogs = kept.chunks
    chunks: dict[str, list[StoredChunk]] = {
        "shared": [replace(cats, id=f"{cats.id}-shared"), dogs],
        "sent": [replace(cats, handle=""), dogs],
        "fewer": [cats],
        "another handle": [replace(cats, handle="file-0"), dogs],
        "twice": [replace(cats, handle=dogs.handle), cats],
        "mark": [cats, dogs],
    }
    mark = f"{kept.mark}0" if change == "mark" else ""
    with closing(kept.open(*chunks[change], mark=mark)) as sink:
        assert not sink.is_as_remembered
        assert set(sink.list_stored()) == set(kept.chunks)


def test_a_file_without_its_upload_is_noticed(kept: Kept, api: VectorApi) -> None:
    """Later servers cannot list a store any more whose file does not exist."""
    del api.stores.uploads[kept.chunks[0].handle]
    with closing(kept.open()) as sink:
        assert not sink.is_as_remembered


@pytest.mark.parametrize(
    ("ids", "fits"),
    [
        ((CATS.id, DOGS.id, f"{DOGS.id}-2"), True),
        ((CATS.id, f"{DOGS.id}-altered"), False),
        ((CATS.id, "conf-empty"), False),
        ((CATS.id, DOGS.id, DOGS.id), False),
    ],
)
def test_only_chunks_with_a_file_each_and_ids_by_their_texts_are_adopted(
    ids: tuple[str, ...], fits: bool, tmp_path: Path
) -> None:
    stored = [StoredChunk(chunk_id, "1", f"file-{n}") for n, chunk_id in enumerate(ids)]
    assert Held(tmp_path).adopt(stored) is fits


def to_rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        text_hash = to_text_hash(str(number))
        attributes = {"conf_chunk_id": f"conf-1-{text_hash}", "page_id": "1"}
        attributes |= {"conf_text": text_hash, "conf_copy": "0"}
        yield {"id": f"file-{number}", "status": "completed", "attributes": attributes}


def measure(folder: Path, count: int) -> int:
    """Return the bytes that Python needs to read a list of that many files."""

    def read() -> None:
        held = Held(folder)
        held.load(to_rows(count))
        assert sum(1 for _ in held) == len(held) == count

    return measure_peak(read)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    few, many = measure(tmp_path, 2_000), measure(tmp_path, 12_000)
    assert many - few < 0.3 * 56 * 10_000  # bytes: an id alone has 56


def test_a_list_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    def break_off() -> Iterator[dict[str, Any]]:
        yield from to_rows(1)
        raise VectorApiError("gone")

    held = Held(tmp_path)
    held.load(to_rows(3))
    with pytest.raises(VectorApiError, match="gone"):
        held.load(break_off())
    assert len(held) == 3


def test_the_database_leaves_no_file_and_needs_no_folder_of_its_own(tmp_path: Path) -> None:
    assert PrivateDatabase(tmp_path, "CREATE TABLE a (b);").read("SELECT * FROM a") == []
    assert list(tmp_path.iterdir()) == []
    missing = PrivateDatabase(tmp_path / "none", "CREATE TABLE a (b);")
    assert missing.read("SELECT * FROM a") == []


def test_a_full_disk_is_one_line_that_names_the_folder(tmp_path: Path) -> None:
    database = PrivateDatabase(tmp_path, "PRAGMA max_page_count = 4; CREATE TABLE a (b);")
    with pytest.raises(VectorApiError, match=rf"{tmp_path}.*full; make room in STATE_DIR"):
        database.write_all("INSERT INTO a VALUES (?)", (("x" * 1000,) for _ in range(99)))


def test_text_hashes_are_those_of_chunk_ids() -> None:
    chunk: Chunk = to_chunk(1, "any text")
    assert chunk.id == f"conf-1-{to_text_hash(chunk.text)}"


@pytest.mark.parametrize(
    ("copy", "is_ours"),
    [(3, True), (3.0, True), ("3", True), ([1], False), ("x", False), (1.5, False)],
)
def test_a_file_whose_attributes_something_else_has_written_is_not_ours(
    copy: object, is_ours: bool
) -> None:
    attributes = {
        "conf_chunk_id": "conf-1-ab",
        "conf_text": "ab",
        "conf_copy": copy,
        "page_id": "1",
    }
    assert (to_entry({"id": "file", "attributes": attributes}) is not None) is is_ours
