"""A test that uses a real server without the mark `real_server` fails."""

import pytest

from demo.servers import venv

PLUGIN = ("-p", "tests.support.server_fixtures", "-p", "no:cacheprovider")
UNMARKED = """
from demo.servers import LlamaStack
from tests.support.server_fixtures import real_server

def test_fixture(llama_stack): pass

def test_dynamic_fixture(request): request.getfixturevalue("ogx")

def test_context_manager():
    with real_server(LlamaStack()): pass

def test_direct_installation(): LlamaStack().install()
"""
MARKED = f"import pytest\npytestmark = pytest.mark.real_server\n{UNMARKED}"
STARTED = """
import pytest

@pytest.fixture(scope="session")
def llama_stack():
    return "started"

@pytest.mark.real_server
def test_marked(llama_stack): pass

def test_unmarked(request):
    request.getfixturevalue("llama_stack")
"""


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the environments that a test would have installed."""
    names: list[str] = []

    def install(name: str, *_: object) -> None:
        names.append(name)
        raise venv.InstallError("not in this test")

    monkeypatch.setattr(venv, "install_venv", install)
    return names


def test_every_installation_without_the_mark_fails(
    pytester: pytest.Pytester, installed: list[str]
) -> None:
    pytester.makepyfile(UNMARKED)
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(failed=3, errors=1)
    for name in ("fixture", "dynamic_fixture", "context_manager", "direct_installation"):
        result.stdout.fnmatch_lines([f"*::test_{name} uses a real server without the mark: add @*"])
    assert installed == []


def test_every_installation_with_the_mark_runs(
    pytester: pytest.Pytester, installed: list[str]
) -> None:
    pytester.makepyfile(MARKED)
    pytester.runpytest_inprocess(*PLUGIN)
    assert len(installed) == 4


def test_a_server_that_another_test_started_needs_the_mark_too(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(STARTED)
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*test_unmarked uses a real server without the mark*"])
