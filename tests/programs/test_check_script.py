"""`check_api_access_to_space.sh`, run with bash against the stand-in site."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState
from demo.confluence_site.faults import server_error
from tests.support.program import ROOT

SCRIPT = ROOT / "check_api_access_to_space.sh"


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", 'Operations & "more"')
    return state


def run(site: ConfluenceSite, path: str = "", **more: str) -> tuple[int, str]:
    """The script's exit code and all it printed, with these settings and no others."""
    if not shutil.which("jq") and not path:
        pytest.skip("NOT TESTED: jq is not installed (nor would the script run without it)")
    environ = {
        "PATH": path or os.environ["PATH"],
        "CONF_BASE_URL": site.gateway_url,
        "CONF_USER": site.user,
        "CONF_API_TOKEN": site.token,
        **more,
    }
    done = subprocess.run(
        [shutil.which("bash") or "bash", str(SCRIPT)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_it_prints_the_visible_spaces_and_the_key_of_the_one_asked_for(
    site: ConfluenceSite,
) -> None:
    code, log = run(site, SPACE_NAME="Known Issues")
    assert code == 0, log
    assert "Key of 'Known Issues': KI" in log
    assert 'Operations & "more"' in log
    assert site.writes == []


def test_without_a_name_the_list_is_the_answer(site: ConfluenceSite) -> None:
    code, log = run(site)
    assert code == 0, log
    assert "Key of" not in log


def test_every_page_of_the_list_is_read(state: SiteState) -> None:
    for number in range(600):
        state.add_space(f"S{number}", f"Space {number}")
    with ConfluenceSite(state, paging=Paging(empty_pages=True)) as site:
        code, log = run(site, SPACE_NAME="Space 599")
        assert site.count("/wiki/api/v2/spaces") > 2
    assert code == 0, log
    assert "Key of 'Space 599': S599" in log


@pytest.mark.parametrize("token", ['quo"te', r"back\slash\\", "$HOME`id`", "plain 'n' blank", "%s"])
@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_any_token_arrives_as_it_is(state: SiteState, token: str, auth: str) -> None:
    with ConfluenceSite(state, token=token, auth=auth) as site:  # type: ignore[arg-type]
        code, log = run(site, CONF_AUTH=auth)
    assert code == 0, log
    assert token not in log


def test_the_credentials_are_in_no_argument_of_a_process() -> None:
    text = SCRIPT.read_text("utf-8")
    assert "--config -" in text
    assert "--user" not in text


WRONG = [
    ({"SPACE_NAME": "Known Isues"}, 3, "no space named 'Known Isues' is visible to this account"),
    ({"CONF_API_TOKEN": "expired"}, 3, "credentials rejected"),
    ({"CONF_API_TOKEN": ""}, 2, "CONF_API_TOKEN is not set"),
    ({"CONF_USER": ""}, 2, "CONF_USER is not set"),
    ({"CONF_BASE_URL": ""}, 2, "CONF_CLOUD_ID (or CONF_BASE_URL) is not set"),
    ({"CONF_BASE_URL": "http://127.0.0.1:9"}, 4, "cannot reach"),
]


@pytest.mark.parametrize(("wrong", "code", "said"), WRONG, ids=lambda value: str(value)[:40])
def test_each_failure_has_its_code(
    wrong: dict[str, str], code: int, said: str, site: ConfluenceSite
) -> None:
    ended, log = run(site, **wrong)
    assert (ended, said in log) == (code, True), log


def test_a_missing_scope_is_a_refusal(state: SiteState) -> None:
    with ConfluenceSite(state, scopes=["read:confluence-user"]) as site:
        code, log = run(site)
    assert code == 3, log
    assert "scope" in log


def test_a_failing_server_is_not_called_a_refusal(site: ConfluenceSite) -> None:
    site.fail("/wiki/api/v2/spaces", server_error(501), times=None)
    code, log = run(site)
    assert code == 4, log


def test_an_account_that_sees_no_space_is_reported() -> None:
    with ConfluenceSite(SiteState()) as site:
        code, log = run(site)
    assert code == 3, log
    assert "no space is visible" in log


def test_a_missing_tool_is_named(site: ConfluenceSite, tmp_path: Path) -> None:
    code, log = run(site, path=str(tmp_path))
    assert code == 2, log
    assert "curl is not installed" in log


def test_shellcheck_reports_nothing() -> None:
    checker = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([checker, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
