"""`check_api_access_to_space.sh`, run with bash against the stand-in site."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState
from demo.confluence_site.faults import (
    Fault,
    error,
    login_page,
    rate_limited,
    redirect,
    repeated_cursor,
    server_error,
    text,
)
from tests.support.debian_tools import find_tool
from tests.support.program import ROOT

SCRIPT = ROOT / "check_api_access_to_space.sh"
UNSET = "\0"


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", 'Operations & "more"')
    state.add_space("OLD", "Old", status="archived")
    return state


def run(
    site: ConfluenceSite, path: str = "", script: Path = SCRIPT, **more: str
) -> tuple[int, str]:
    """The script's exit code and all it printed, with these settings and no others."""
    if not path:
        find_tool("curl", "curl")
        find_tool("jq", "jq")
    environ = {
        "PATH": path or os.environ["PATH"],
        "CONF_BASE_URL": site.gateway_url,
        "CONF_USER": site.user,
        "CONF_API_TOKEN": site.token,
        **more,
    }
    environ = {name: value for name, value in environ.items() if value != UNSET}
    done = subprocess.run(
        [shutil.which("bash") or "bash", str(script)],
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
    assert "OLD          Old (archived)" in log
    assert site.writes == []


def test_without_a_name_the_list_is_the_answer(site: ConfluenceSite) -> None:
    code, log = run(site)
    assert code == 0, log
    assert "Key of" not in log


def test_every_page_of_the_list_is_read(state: SiteState) -> None:
    for number in range(600):
        state.add_space(f"S{number}", f"{'A long name ' * 15}{number}", alias="x" * 200)
    with ConfluenceSite(state, paging=Paging(empty_pages=True)) as site:
        code, log = run(site, SPACE_NAME=f"{'A long name ' * 15}599")
        assert site.count("/wiki/api/v2/spaces") > 2
    assert code == 0, log
    assert "599': S599" in log


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


ZEROS = "00000000-0000-0000-0000-000000000000"
INJECTED = 'ATATT3xFf"\nurl = "http://127.0.0.1:9/evil'  # a line of curl's settings
WRONG = [
    ({"SPACE_NAME": "Known Isues"}, 3, "no space named 'Known Isues' is visible to this account"),
    ({"CONF_API_TOKEN": "expired"}, 3, "the sign-in was refused (403: Current user not permitted"),
    ({"CONF_BASE_URL": "acme.atlassian.net"}, 2, "CONF_BASE_URL must start with https:// or"),
    (
        {"CONF_BASE_URL": "https://me:ATATT3xFf@acme.atlassian.net"},
        2,
        "CONF_BASE_URL must be a URL without user and password",
    ),
    ({"CONF_AUTH": "digest"}, 2, "CONF_AUTH must be one of basic, bearer"),
    ({"CONF_USER": "'me'"}, 2, "CONF_USER is in quotes: remove them"),
    (
        {"CONF_USER": "", "CONF_API_TOKEN": ""},
        2,
        "check_api_access_to_space.sh: CONF_USER is not set; CONF_API_TOKEN is not set",
    ),
    ({"CONF_API_TOKEN": "", "CONF_API_TOKEN_FILE": "ATATT3xFf"}, 2, "TOKEN_FILE cannot be read"),
    ({"CONF_BASE_URL": "", "CONF_CLOUD_ID": "acme"}, 2, "CONF_CLOUD_ID must be the site's ID, as"),
    ({"CONF_BASE_URL": "", "CONF_CLOUD_ID": ZEROS}, 2, "CONF_CLOUD_ID must be the site's ID, as"),
    ({"CONF_API_TOKEN": "replace-me"}, 2, "CONF_API_TOKEN is still the example's"),
    ({"CONF_API_TOKEN": INJECTED}, 2, "CONF_API_TOKEN must be a single line"),
    ({"CONF_USER": INJECTED}, 2, "CONF_USER must be a single line"),
    ({"CONF_API_TOKEN": "", "CONF_API_TOKEN_FILE": "/"}, 2, "CONF_API_TOKEN_FILE cannot be read"),
    ({"CONF_API_TOKEN": "", "CONF_API_TOKEN_FILE": "/dev/zero"}, 2, "CONF_API_TOKEN is not set"),
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
    assert "ATATT3xFf" not in log


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


ANSWERS = [
    (text('{"type": "anonymous", "displayName": "Anonymous"}'), 3, "as an anonymous visitor"),
    (login_page(), 4, "sent no JSON to the sign-in: a login page or a proxy may have answered"),
    (redirect("https://id.atlassian.com/login"), 4, "redirects the sign-in: check CONF_BASE_URL"),
    (
        error(403, {"errorMessages": ["The IP address has been rejected."], "errors": {}}),
        3,
        "refused (403: The IP address has been rejected.)",
    ),
]


@pytest.mark.parametrize(("answer", "code", "said"), ANSWERS, ids=lambda value: str(value)[:30])
def test_an_answer_that_is_no_account_is_no_success(
    answer: Fault, code: int, said: str, site: ConfluenceSite
) -> None:
    site.fail("user/current", answer, times=None)
    ended, log = run(site)
    assert (ended, said in log) == (code, True), log
    assert "jq:" not in log


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (text('{"error": "restarting"}'), "sent no list of spaces"),
        (text('{"results": [{"key": 1, "name": null}]}'), "sent no list of spaces"),
        (repeated_cursor(), "the list of spaces of"),
        (rate_limited("86400"), "HTTP 429 to the list of spaces"),
    ],
    ids=["error", "odd row", "endless", "come back tomorrow"],
)
def test_a_list_that_is_none_or_does_not_end_is_a_failure(
    answer: Fault, said: str, state: SiteState
) -> None:
    with ConfluenceSite(state, paging=Paging(list_rows=1)) as site:
        site.fail("/wiki/api/v2/spaces", answer, times=None)
        code, log = run(site)
    assert (code, said in log) == (4, True), log
    assert "jq:" not in log


def test_names_cannot_steer_the_terminal(site: ConfluenceSite, state: SiteState) -> None:
    state.add_space("EV", "Evil \x1b]0;title\x07 name")
    code, log = run(site)
    assert (code, "Evil  ]0;title  name" in log) == (0, True), log


def test_an_answer_after_a_failure_is_read_alone(site: ConfluenceSite) -> None:
    site.fail("/wiki/api/v2/spaces", error(503, {"results": []}, Retry_After="1"))
    code, log = run(site, SPACE_NAME="Known Issues")
    assert code == 0, log


def test_blanks_around_a_value_of_the_environment_do_not_count(site: ConfluenceSite) -> None:
    code, log = run(site, CONF_USER=f" {site.user}\r", CONF_API_TOKEN=f"{site.token}\n")
    assert code == 0, log


def test_a_file_of_another_encoding_is_named(site: ConfluenceSite, tmp_path: Path) -> None:
    script = Path(shutil.copy(SCRIPT, tmp_path))
    (tmp_path / ".env").write_text(f"CONF_USER={site.user}\n", "utf-16")
    code, log = run(site, script=script)
    assert code == 2
    assert f"{tmp_path}/.env is not UTF-8 text: save it as UTF-8" in log


def test_the_settings_come_from_the_file_beside_it_too(
    site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    name = r'C:\temp \\server\n & "more"'
    state.add_space("BS", name)
    script = Path(shutil.copy(SCRIPT, tmp_path))
    (tmp_path / "token").write_text(f"\ufeff{site.token}\r\n", "utf-8")
    (tmp_path / ".env").write_text(
        f"\ufeffCONF_BASE_URL='{site.gateway_url}/wiki/spaces/OPS?a=1#b'\r\n"
        "# CONF_AUTH=bearer\nWORKERS=2\n"
        f"export CONF_USER = {site.user}  # the account\nSPACE_NAME=Nowhere\n"
        f'CONF_API_TOKEN_FILE="{tmp_path}/token"',
        "utf-8",
    )
    unset = dict.fromkeys(("CONF_BASE_URL", "CONF_USER", "CONF_API_TOKEN"), UNSET)
    code, log = run(site, script=script, SPACE_NAME=name, **unset)
    assert code == 0, log
    assert f"Key of '{name}': BS" in log
