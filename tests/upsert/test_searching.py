"""Word search and the neighbours of a hit, as docs/search.md describes them, on real servers."""

import re
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from pipeline.run.verify import answer
from pipeline.upsert.files.store_api import NEW_PREFIX, OLD_PREFIX
from tests.support.program import ROOT
from tests.support.store_files import WORDS, to_chunk
from tests.support.store_places import VectorStoresPlace

pytestmark = pytest.mark.real_server

DOCS = (ROOT / "docs/search.md").read_text("utf-8")
QUESTION = "What is about E4711 gardens?"
SERVERS = [
    ("llama_stack", OLD_PREFIX, "faiss", False),
    ("llama_stack", OLD_PREFIX, "sqlite-vec", False),
    ("ogx", NEW_PREFIX, "sqlite-vec", True),
    ("ogx_postgres", NEW_PREFIX, "pgvector", True),
]


@pytest.mark.parametrize(("server", "prefix", "provider", "has_words"), SERVERS)
def test_words_are_searched_where_the_server_can_and_neighbours_are_found(
    server: str,
    prefix: str,
    provider: str,
    has_words: bool,
    request: pytest.FixtureRequest,
    places: ExitStack,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    base_url = request.getfixturevalue(server).base_url
    place = VectorStoresPlace(base_url, provider, prefix, places)
    sink = place.open()
    texts = [f"About {word}\n\nPart {n} about {word}." for n, word in enumerate(WORDS)]
    texts[2] += " It ended with E4711."
    sink.insert([to_chunk(7, text, chunk_index=n) for n, text in enumerate(texts)])
    sink.insert([to_chunk(8, "Another page.", chunk_index=3)])
    best, *_ = answer(sink, QUESTION, 3)
    assert "E4711" in best.text
    assert ("by words and vectors" in caplog.text) is has_words
    api = base_url + prefix
    body = {"query": QUESTION, "max_num_results": 1}
    search = requests.post(
        f"{api}/vector_stores/{place.identifier}/search", json=body, timeout=60
    ).json()
    [recipe] = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(recipe, names)
    found = names["with_neighbours"](api, place.identifier, search["data"][0])
    assert [re.findall(r"about (\w+)\.", text)[0] for text in found] == list(WORDS[1:4])
