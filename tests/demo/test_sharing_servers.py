"""The tests with one real server are one group, whichever way they name it."""

import pytest

from tests.support.sharing_servers import ByServerOrFile, find_server

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
    assert {item.name: find_server(item) for item in items} == GROUPS


def test_a_test_that_may_start_no_server_belongs_to_none(pytester: pytest.Pytester) -> None:
    items = pytester.getitems(TESTS.replace("real_server", "slow"))
    assert {find_server(item) for item in items} == {""}


def test_a_worker_gets_all_tests_of_a_server_or_of_a_file(pytester: pytest.Pytester) -> None:
    scopes = ByServerOrFile(pytester.parseconfig("--tx=2*popen"))
    for test in ("tests/a.py::test_one@ogx", "tests/b.py::test_two[ogx@faiss]@ogx"):
        assert scopes._split_scope(test) == "ogx"
    for test in ("tests/a.py::test_one", "tests/a.py::Tests::test_two[me@home::2]"):
        assert scopes._split_scope(test) == "tests/a.py"
