"""For every test: no connection leaves this machine, and nothing waits for the disk.

Fixtures of a site, used in many folders.
"""

import ipaddress
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import hypothesis
import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.recovery import new_state

pytest_plugins = [
    "pytester",
    "tests.support.hanging_servers",
    "tests.support.server_fixtures",
    "tests.support.sharing_servers",
]


# Without limits of time: a busy machine takes a second for what takes a millisecond. In CI the
# cases are the same in each run, as in Hypothesis's own profile for it; elsewhere they are new.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail connections to other machines, and the resolution of their names."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def is_loopback(host: object) -> bool:
        if host in ("localhost", "", None):
            return True
        try:
            return ipaddress.ip_address(str(host)).is_loopback
        except ValueError:
            return False

    def guarded_connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not is_loopback(address[0]):  # type: ignore[index]
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    def guarded_resolve(host: object, *args: object, **kwargs: object) -> object:
        if not is_loopback(host):
            raise socket.gaierror(socket.EAI_NONAME, f"a test tried to resolve {host}")
        return resolve(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Let SQLite not wait until the disk has written: tests end processes, never the machine."""
    connect = sqlite3.connect

    def connect_unsynchronized(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        with suppress(sqlite3.Error):  # a damaged file, found by whoever reads it
            connection.execute("PRAGMA synchronous = OFF")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect_unsynchronized)
        yield


@pytest.fixture
def state() -> SiteState:
    """A site's content: space KI with twelve pages. Override it in a module for another one."""
    return new_state()


@pytest.fixture
def site(state: SiteState) -> Iterator[ConfluenceSite]:
    """The stand-in Confluence site with `state`, listening on loopback."""
    with ConfluenceSite(state) as site:
        yield site
