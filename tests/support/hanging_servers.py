"""Pytest plugin: a real server that hangs or ends is started anew, and its test repeated, once.

Else each later test with that server waits for it for minutes. A warning has the log's end, with
the stacks of the server's threads.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from _pytest.runner import runtestprotocol

from demo.servers import LocalServer, ServerError

_SECONDS = 60.0  # without an answer of a server that has nothing to do
_LOG_LINES = 200
_watched: set[LocalServer] = set()
_WAS_RESTARTED = pytest.StashKey[bool]()  # a server, in this test


@contextmanager
def watch(server: LocalServer) -> Iterator[None]:
    """Restart the server during the block where a test fails and it does not answer."""
    _watched.add(server)
    try:
        yield
    finally:
        _watched.discard(server)


@pytest.hookimpl
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test with a real server as pytest does, and again where a server was restarted."""
    if item.get_closest_marker("real_server") is None or _WAS_RESTARTED in item.stash:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if _WAS_RESTARTED in item.stash:  # all of the hook again: it also limits the time
        item.ihook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        return True
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Restart what does not answer after a failure, before the test's fixtures wait for it too.

    The test's time limit, which would end this as well, is over: see the hook in pytest-timeout.
    """
    if isinstance(node, pytest.Item) and node.get_closest_marker("real_server"):
        for server in [one for one in _watched if not one.answers(_SECONDS)]:
            _restart(server, node)


def _restart(server: LocalServer, item: pytest.Item) -> None:
    server.stop()
    log = server.log_tail(_LOG_LINES)
    what = f"{server.name} stopped answering in {item.nodeid}"
    try:
        server.restart()
    except ServerError as error:
        _watched.discard(server)  # the next tests need not wait for it again
        what = f"{what}, and does not start again: {error}"
    else:
        item.stash[_WAS_RESTARTED] = True
        what = f"{what}, which is repeated once"
    item.warn(pytest.PytestWarning(f"{what}:\n{log}"))
