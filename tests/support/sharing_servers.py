"""Pytest plugin: the tests with one real server run on one worker of xdist, which starts it once.

With `--dist loadfile` each worker starts each server that one of its files uses, which takes ten to
twenty seconds of the processor and half a gigabyte. With `--dist loadgroup` the tests with a server
are a group, wherever they are, and the others are grouped by their files, but for those with a mark
`xdist_group` of their own.
"""

import re

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from tests.support.server_fixtures import SERVERS


class ByServerOrFile(LoadGroupScheduling):
    """Gives a worker all tests of a group or of a file."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group's name or the file's."""
        return super()._split_scope(nodeid).partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServerOrFile | None:
    """Replace `loadgroup`, which takes each test without a group alone."""
    return ByServerOrFile(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: servers, then long tests that are groups, then their files.

    So none of these is left to one worker at the end.
    """
    servers = {item: find_server(item) for item in items}
    alone = {item for item in items if item.get_closest_marker("xdist_group")}
    long = {item.path for item in items if item.get_closest_marker("slow")}
    order = [*SERVERS, ""]
    for item in filter(servers.get, items):
        item.add_marker(pytest.mark.xdist_group(servers[item]))
    items.sort(
        key=lambda item: (order.index(servers[item]), item not in alone, item.path not in long)
    )


def find_server(item: pytest.Item) -> str:
    """Return the first of `SERVERS` that a test names as a fixture or in a parameter, else ""."""
    if item.get_closest_marker("real_server") is None or not isinstance(item, pytest.Function):
        return ""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    named = {*item.fixturenames, *re.findall(r"\w+", str(parameters))}
    return next((server for server in SERVERS if server in named), "")
