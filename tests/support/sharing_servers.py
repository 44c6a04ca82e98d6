"""Pytest plugin: with xdist, the tests with one real server run on one worker, which starts it.

`--dist loadfile` alone lets each worker start each server that one of its files uses, which takes
ten to twenty seconds of the processor and half a gigabyte. Here the tests with a server are one
piece of work, wherever they are; so are those with a mark `xdist_group`, and the rest of each file.
"""

import json
import os
import re
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support.server_fixtures import SERVERS

# The workers collect the tests, and write here what the scheduler, which has but names, reads.
_GROUPS = pytest.StashKey[Path]()


class ByGroupOrFile(LoadFileScheduling):
    """Gives a worker all tests of a group or of a file."""

    def __init__(self, config: pytest.Config, log: Producer | None, groups: Path) -> None:
        """`groups`: JSON, name of a test → its group; it need not exist yet."""
        super().__init__(config, log)
        self._file = groups

    @cached_property
    def _groups(self) -> dict[str, str]:
        groups: dict[str, str] = json.loads(self._file.read_text("utf-8"))
        return groups

    def _split_scope(self, nodeid: str) -> str:
        return self._groups.get(nodeid) or super()._split_scope(nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the file with the groups."""
    if hasattr(config, "workerinput"):
        config.stash[_GROUPS] = Path(config.workerinput["groups"])
    elif config.getoption("dist", "no") == "loadfile":
        config.stash[_GROUPS] = Path(tempfile.mkdtemp(prefix="groups-"), "groups.json")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the file."""
    if _GROUPS in config.stash and not hasattr(config, "workerinput"):
        config.stash[_GROUPS].unlink(missing_ok=True)
        config.stash[_GROUPS].parent.rmdir()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the file is."""
    node.workerinput["groups"] = str(node.config.stash[_GROUPS])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroupOrFile | None:
    """Replace `loadfile`."""
    return ByGroupOrFile(config, log, config.stash[_GROUPS]) if _GROUPS in config.stash else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long: servers, then long tests that are groups, then their files.

    So none of these is left to one worker at the end.
    """
    groups = {item: find_group(item) for item in items}
    long = {item.path for item in items if item.get_closest_marker("slow")}
    order = {name: place for place, name in enumerate(SERVERS)}
    items.sort(
        key=lambda item: (
            order.get(groups[item], len(order)),
            not groups[item],
            item.path not in long,
        )
    )
    if hasattr(config, "workerinput"):
        named = {item.nodeid: group for item, group in groups.items() if group}
        part = config.stash[_GROUPS].with_name(config.workerinput["workerid"])
        part.write_text(json.dumps(named), "utf-8")
        os.replace(part, config.stash[_GROUPS])  # each worker writes the same


def find_group(item: pytest.Item) -> str:
    """Return the first of `SERVERS` that a test names, else the group of its mark, else ""."""
    if item.get_closest_marker("real_server") and isinstance(item, pytest.Function):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        named = {*item.fixturenames, *re.findall(r"\w+", str(parameters))}
        if found := [server for server in SERVERS if server in named]:
            return found[0]
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""
