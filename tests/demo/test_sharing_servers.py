"""The tests with one real server are one group, whichever way they name it."""

import json
from pathlib import Path

import pytest

from tests.support.program import ROOT
from tests.support.sharing_servers import ByGroupOrFile, find_group

TESTS = """
import pytest

pytestmark = pytest.mark.real_server

@pytest.fixture
def llama_stack(): pass

@pytest.fixture
def proxy(llama_stack): pass

@pytest.fixture(params=[("ogx", "faiss"), "llama_stack_07 faiss"], ids=["one", "other"])
def place(request): pass

def test_by_fixture(llama_stack): pass

def test_by_a_fixture_of_a_fixture(proxy): pass

def test_by_the_parameter_of_a_fixture(place): pass

@pytest.mark.parametrize("server", ["ogx_tables"])
def test_by_a_parameter(server): pass

@pytest.mark.parametrize("text", ["ogx is written in a text"])
@pytest.mark.parametrize("server", ["llama_stack"])
def test_by_the_first(text, server): pass

def test_of_a_server_of_its_own(): pass
"""
GROUPS = {
    "test_by_fixture": "llama_stack",
    "test_by_a_fixture_of_a_fixture": "llama_stack",
    "test_by_the_parameter_of_a_fixture[one]": "ogx",
    "test_by_the_parameter_of_a_fixture[other]": "llama_stack_07",
    "test_by_a_parameter[ogx_tables]": "ogx_tables",
    "test_by_the_first[llama_stack-ogx is written in a text]": "llama_stack",
    "test_of_a_server_of_its_own": "",
}


@pytest.fixture(autouse=True)
def _marks(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers =\n    real_server\n    slow\n")


def test_a_test_belongs_to_the_server_that_it_names(pytester: pytest.Pytester) -> None:
    items = pytester.getitems(TESTS)
    assert {item.name: find_group(item) for item in items} == GROUPS


def test_a_test_that_may_start_no_server_belongs_to_none(pytester: pytest.Pytester) -> None:
    items = pytester.getitems(TESTS.replace("real_server", "slow"))
    assert {find_group(item) for item in items} == {""}


def test_a_mark_makes_a_group_of_its_own(pytester: pytest.Pytester) -> None:
    marked = "@pytest.mark.xdist_group('mine')\ndef test_of_a_server_of_its_own"
    items = pytester.getitems(TESTS.replace("def test_of_a_server_of_its_own", marked))
    assert find_group(items[-1]) == "mine"


def test_a_worker_gets_all_tests_of_a_group_or_of_a_file(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    groups = {f"tests/{file}.py::test_server": "ogx" for file in "ab"}
    (tmp_path / "groups.json").write_text(json.dumps(groups))
    config = pytester.parseconfig("--tx=2*popen")
    scheduler = ByGroupOrFile(config, None, tmp_path / "groups.json")
    assert {scheduler._split_scope(test) for test in groups} == {"ogx"}
    for test in ("tests/a.py::test_one", "tests/a.py::Tests::test_two[me::2]"):
        assert scheduler._split_scope(test) == "tests/a.py"


WHERE = """
import os
import pytest

pytestmark = pytest.mark.real_server

@pytest.fixture
def ogx(): pass

def test_with_server(ogx): write("ogx")

@pytest.mark.parametrize("number", range(4))
def test_without(number): write(__file__)

def write(group):
    with open(os.environ["SEEN"], "a") as seen:
        print(os.path.basename(group), os.environ["PYTEST_XDIST_WORKER"], file=seen)
"""


@pytest.mark.slow
def test_with_xdist_each_group_and_file_has_one_worker(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pytester.makepyfile(test_a=WHERE, test_b=WHERE, test_c=WHERE)
    options = ("-n2", "--dist=loadfile", "-p", "tests.support.sharing_servers")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=15)
    seen = (tmp_path / "seen").read_text().splitlines()
    workers = dict(line.split() for line in seen)
    assert len(seen) == 15
    assert {tuple(line.split()) for line in seen} == set(workers.items())
    assert set(workers.values()) == {"gw0", "gw1"}
    assert not list(tmp_path.glob("groups-*"))
