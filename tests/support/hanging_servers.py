"""Pytest plugin: a real server that hangs is started anew, and its test repeated, once.

Else each later test with that server waits for it for minutes. A warning has the log's end, with
the stacks of the server's threads.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from _pytest.runner import runtestprotocol

from demo.servers import LocalServer

_SECONDS = 60.0  # without an answer of a server that has nothing to do
_LOG_LINES = 200
_watched: list[LocalServer] = []


@contextmanager
def watch(server: LocalServer) -> Iterator[None]:
    """Restart the server during the block where a test fails and it does not answer."""
    _watched.append(server)
    try:
        yield
    finally:
        _watched.remove(server)


@pytest.hookimpl
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test with a real server as pytest does, and again where the server hangs."""
    if item.get_closest_marker("real_server") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports) and _restart_hanging(item):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _restart_hanging(item: pytest.Item) -> bool:
    hanging = [server for server in _watched if not server.answers(_SECONDS)]
    for server in hanging:
        server.restart()
        what = f"{server.name} hung in {item.nodeid}, which is repeated"
        item.warn(pytest.PytestWarning(f"{what}:\n{server.log_tail(_LOG_LINES)}"))
    return bool(hanging)
