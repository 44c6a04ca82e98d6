"""Stores on real servers, for the tests of the sinks whose chunks are files."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from demo.servers.llama_stack import LlamaStack
from pipeline.upsert.files.store_api import NEW_PREFIX, OLD_PREFIX
from tests.support.proxy import Proxy, proxy_to
from tests.support.store_files import PROVIDERS
from tests.support.store_places import RagToolPlace, VectorStoresPlace


@pytest.fixture
def places() -> Iterator[ExitStack]:
    """Closes the sinks of a test's places."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=[("llama_stack", OLD_PREFIX), ("ogx", NEW_PREFIX)], ids=["0.2", "ogx"])
def server(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Base URL, and where its files are."""
    fixture, prefix = request.param
    return request.getfixturevalue(fixture).base_url, prefix


@pytest.fixture(params=PROVIDERS)
def place(
    server: tuple[str, str], request: pytest.FixtureRequest, places: ExitStack
) -> VectorStoresPlace:
    base_url, prefix = server
    return VectorStoresPlace(base_url, request.param, prefix, places)


@pytest.fixture
def faiss(llama_stack: LlamaStack, places: ExitStack) -> VectorStoresPlace:
    """One kind, for what does not depend on the server."""
    return VectorStoresPlace(llama_stack.base_url, "faiss", OLD_PREFIX, places)


@pytest.fixture(params=PROVIDERS)
def rag_place(
    llama_stack: LlamaStack, request: pytest.FixtureRequest, places: ExitStack
) -> RagToolPlace:
    return RagToolPlace(llama_stack.base_url, request.param, places)


@pytest.fixture
def rag_faiss(llama_stack: LlamaStack, places: ExitStack) -> RagToolPlace:
    """One kind, for what does not depend on the server."""
    return RagToolPlace(llama_stack.base_url, "faiss", places)


@pytest.fixture
def proxy(llama_stack: LlamaStack) -> Iterator[Proxy]:
    with proxy_to(llama_stack.base_url) as proxy:
        yield proxy
