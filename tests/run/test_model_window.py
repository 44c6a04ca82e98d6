"""The window that the server lists for its embedding model decides where chunks are cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import Fault, VectorApi

TEXT = " ".join(f"Node {number} was drained before the kernel was updated." for number in range(90))
FOR_128, FOR_512 = 11, 2  # chunks of it for windows of so many word pieces


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_page("Nodes", "KI", f"<p>{TEXT}</p>")
    return state


class Place:
    """A site with a long paragraph, beside a server that lists one model."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api = site, api
        self._environ = environment(site, api.base_url, folder) | {"CHUNK_OVERLAP": "0"}

    def sync(self, **more: str) -> Ended:
        more.setdefault("UPDATE_STRATEGY", "append")
        return sync_now(self._environ | more)

    @property
    def number(self) -> int:
        return len(self.api.stored("confluence"))


@pytest.fixture
def place(site: ConfluenceSite, tmp_path: Path) -> Iterator[Place]:
    with VectorApi("dash", window=100_000) as api:
        yield Place(site, api, tmp_path)


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ({"context_length": 128}, FOR_128),
        ({"context_length": 8192}, FOR_512),
        ({}, FOR_512),
        ({"embedding_dimension": 512, "context_length": 4096}, FOR_512),
    ],
)
def test_chunks_are_cut_for_the_listed_window(
    place: Place, listed: dict[str, object], number: int
) -> None:
    place.api.list_model("made-up", **listed)
    assert place.sync(EMBEDDING_MODEL_ID="made-up").code == 0
    assert place.number == number


def test_a_model_that_neither_server_nor_table_know_is_named_in_the_log(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    place.api.list_model("made-up")
    place.sync()
    line = "neither the server nor the table of embedding models has the window of made-up"
    assert sum(line in record.message for record in caplog.records) == 1


def test_the_servers_only_model_counts_where_none_is_named(place: Place) -> None:
    place.api.list_model("vllm/granite-embedding-125m-english")
    place.sync()
    assert place.number == FOR_512  # the default, all-MiniLM-L6-v2, has 256 word pieces


def test_a_window_is_kept_where_the_server_does_not_answer(place: Place, state: SiteState) -> None:
    place.api.list_model("made-up", context_length=128)
    place.sync(EMBEDDING_MODEL_ID="made-up")
    assert place.sync(EMBEDDING_MODEL_ID="made-up")["pages"]["unchanged"] == 1
    place.api.faults = [Fault(status=503, on="embed", times=None)]
    state.add_page("New", "KI", "<p>New.</p>")
    ended = place.sync(EMBEDDING_MODEL_ID="made-up")
    assert (ended["pages"]["unchanged"], ended["pages"]["new"]) == (1, 1)


def test_another_window_splits_every_page_anew(place: Place, state: SiteState) -> None:
    place.api.list_model("made-up", context_length=128)
    place.sync(EMBEDDING_MODEL_ID="made-up")
    place.api.list_model("made-up", context_length=512)
    state.add_page("New", "KI", "<p>New.</p>")
    ended = place.sync(EMBEDDING_MODEL_ID="made-up")
    assert (ended["pages"]["changed"], ended["chunks"]["inserted"]) == (1, FOR_512 + 1)
