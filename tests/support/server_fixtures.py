"""Pytest plugin: real servers for tests, one of each kind for the whole session.

They are installed from PyPI when first needed. Without a network the tests that need them are
skipped, and the end of the output says so in red; where `CI` is set they fail instead.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from demo.servers.llama_stack import LlamaStack
from demo.servers.local_server import LocalServer
from demo.servers.venv import RegistryUnreachableError
from tests.support.real_servers import LlamaStack07, Ogx

_NOT_THERE = "is not installed, and the package index does not answer"
_untested: dict[str, str] = {}  # server's name → the installer's last line


@contextmanager
def real_server[S: LocalServer](server: S) -> Iterator[S]:
    """Run the server for the block; skip the test where it cannot be installed for want of a net.

    Raises: RegistryUnreachableError where `CI` is set; InstallError, ServerError everywhere.
    """
    if server.name not in _untested:  # one long wait for a silent index is enough
        try:
            server.install()
        except RegistryUnreachableError as error:
            if os.environ.get("CI"):
                raise
            _untested[server.name] = str(error).splitlines()[-1].lstrip(" |")
    if server.name in _untested:
        pytest.skip(f"{server.name} {_NOT_THERE}: {_untested[server.name]}")
    with server:
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
def llama_stack_07() -> Iterator[LlamaStack07]:
    """Llama Stack 0.7.3: faiss for stores that name no provider, sqlite-vec for those that do."""
    with real_server(LlamaStack07(provider="faiss")) as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skipped real server must not look like a pass, whichever process skipped it."""
    skipped = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ())]
    if untested := sorted({reason for reason in skipped if _NOT_THERE in reason}):
        terminalreporter.section("NOT TESTED AGAINST REAL SERVERS", sep="!", red=True, bold=True)
        for reason in untested:
            terminalreporter.write_line(reason, red=True)
