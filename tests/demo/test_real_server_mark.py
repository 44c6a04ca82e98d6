"""A test that uses a real server without the mark `real_server` fails."""

import pytest

from demo.servers import venv

PLUGIN = ("-p", "tests.support.server_fixtures", "-p", "no:cacheprovider")
MARK = "@pytest.mark.real_server\n"
USES = {
    "fixture": "def test_it(llama_stack): pass",
    "dynamic fixture": "def test_it(request): request.getfixturevalue('ogx')",
    "context manager": """
def test_it():
    from demo.servers import LlamaStack
    from tests.support.server_fixtures import real_server
    with real_server(LlamaStack()): pass
""",
    "direct": "def test_it():\n    from demo.servers import LlamaStack\n    LlamaStack().install()",
}
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


@pytest.mark.parametrize("use", USES)
def test_an_installation_without_the_mark_fails(
    use: str, pytester: pytest.Pytester, installed: list[str]
) -> None:
    pytester.makepyfile(USES[use])
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.stdout.fnmatch_lines(["*uses a real server without the mark: add @pytest.mark.real_*"])
    assert installed == []


@pytest.mark.parametrize("use", USES)
def test_an_installation_with_the_mark_runs(
    use: str, pytester: pytest.Pytester, installed: list[str]
) -> None:
    pytester.makepyfile(f"import pytest\n{MARK}{USES[use].lstrip()}")
    pytester.runpytest_inprocess(*PLUGIN)
    assert len(installed) == 1


def test_a_server_that_another_test_started_needs_the_mark_too(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(STARTED)
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*test_unmarked uses a real server without the mark*"])
