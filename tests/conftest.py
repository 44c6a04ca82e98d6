"""Held for every test: no request leaves this machine. And what many tests ask for: a site."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support import recovery as healing

pytest_plugins = ["pytester", "tests.support.server_fixtures"]


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection to another machine fails, and so does looking up its name."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def is_here(host: object) -> bool:
        if host in ("localhost", "", None):
            return True
        try:
            return ipaddress.ip_address(str(host)).is_loopback
        except ValueError:
            return False

    def guarded_connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not is_here(address[0]):  # type: ignore[index]
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    def guarded_look_up(host: object, *args: object, **kwargs: object) -> object:
        if not is_here(host):
            raise socket.gaierror(socket.EAI_NONAME, f"a test looked up {host}")
        return look_up(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture
def state() -> SiteState:
    """Twelve pages; a module that wants others has a `state` of its own."""
    return healing.to_state()


@pytest.fixture
def site(state: SiteState) -> Iterator[ConfluenceSite]:
    """The stand-in site, served."""
    with ConfluenceSite(state) as site:
        yield site


@pytest.fixture
def hurried() -> Iterator[None]:
    """Programs do not wait, and list few rows at a time."""
    with healing.hurried():
        yield
