"""`test_confluence.py`, the check by hand: what it prints, and how it explains each failure."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.forking import fork_hasty_program, fork_program
from tests.support.program import ROOT, Ended, environment


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", "Operations")
    for number in range(12):
        when = datetime(2026, 3, 1 + number, 9, 30, tzinfo=UTC)
        state.add_page(f"Issue {number}", "KI", "<p>Text.</p>", version=7, modified=when)
    return state


def check(site: ConfluenceSite, folder: Path, **more: str) -> Ended:
    environ = environment(site, "", folder, SPACE_NAME="Known Issues")
    return fork_program("test_confluence", environ | more)


def check_in_vain(site: ConfluenceSite, folder: Path, **more: str) -> Ended:
    environ = environment(site, "", folder, SPACE_NAME="Known Issues")
    return fork_hasty_program("test_confluence", environ | more)


def test_it_prints_the_key_the_count_and_the_first_pages(
    site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    ended = check(site, tmp_path)
    assert ended.code == 0, ended.log
    assert "Key: KI" in ended.log
    assert "Pages: 12" in ended.log
    lines = ended.log.splitlines()
    first = next(n for n, line in enumerate(lines) if "Issue 0" in line)
    page = next(state.page_ids("KI"))
    assert page in lines[first]
    assert "version 7" in lines[first]
    assert "2026-03-01" in lines[first]
    assert lines[first + 1].strip().startswith(site.base_url + "/wiki/")
    assert sum("version 7" in line for line in lines) == 10
    assert site.writes == []
    assert list(tmp_path.iterdir()) == []


def test_it_counts_every_type_in_scope(
    site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    state.add_page("News", "KI", "<p>Text.</p>", version=3, content_type="blogpost")
    ended = check(site, tmp_path, CONTENT_TYPES="pages,blogposts", TEST_LIMIT="20")
    assert "Pages: 12\nBlog posts: 1\n" in ended.log
    assert "/wiki/spaces/KI/blog/" in ended.log
    assert "Blog posts" not in check(site, tmp_path, CONTENT_TYPES="pages").log


def test_it_counts_what_is_on_the_pages(
    site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    page = next(iter(state.pages))
    state.files.add(page, "notes.md", b"Text.")
    state.comments.reply(state.comments.add(page, "<p>Why?</p>"), "<p>So.</p>")
    ended = check(site, tmp_path, CONTENT_TYPES="attachments,comments", TEST_LIMIT="20")
    assert "Pages: 12\nAttachments: 1\nComments: 2\n" in ended.log


def test_the_limit_is_a_setting(site: ConfluenceSite, tmp_path: Path) -> None:
    ended = check(site, tmp_path, TEST_LIMIT="2")
    assert ended.log.count("version 7") == 2
    assert "Pages: 12" in ended.log


@pytest.mark.parametrize("name", ["LABELS", "FILTER_FOLDER_ID"])
def test_the_filters_are_applied(
    name: str, site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    folder = state.add_folder("Folder", "KI")
    state.add_page("The only one", "KI", parent=folder, labels=["runbook"])
    value = folder if name == "FILTER_FOLDER_ID" else "runbook"
    ended = check(site, tmp_path, **{name: value})
    assert ended.code == 0, ended.log
    assert "Pages: 13\nWith LABELS and FILTER_FOLDER_ID: 1\n" in ended.log
    assert "The only one" in ended.log
    assert "Issue 0" not in ended.log


FAILURES = [
    ({"LABELS": "runbok"}, 3, "no page matches LABELS and FILTER_FOLDER_ID"),
    ({"FILTER_FOLDER_ID": "999"}, 3, "is neither a page nor a folder that this account can see"),
    ({"CONF_API_TOKEN": "old-token"}, 3, "expired"),
    ({"CONF_USER": "somebody@else.example"}, 3, "check CONF_USER"),
    ({"SPACE_NAME": "Known Isues"}, 3, "did you mean Known Issues (key KI)?"),
    ({"SPACE_NAME": "", "FILTER_SPACE_KEYS": "OPPS"}, 3, "did you mean Operations (key OPS)?"),
    ({"CONF_BASE_URL": "http://no-such-host.invalid"}, 4, "unknown host"),
    ({"CONF_API_TOKEN": "", "CONF_USER": ""}, 2, "CONF_API_TOKEN"),
    ({"TEST_LIMIT": "many"}, 2, "TEST_LIMIT"),
]


@pytest.mark.parametrize(("wrong", "code", "said"), FAILURES, ids=lambda value: str(value)[:40])
def test_each_failure_is_explained_in_a_line(
    wrong: dict[str, str], code: int, said: str, site: ConfluenceSite, tmp_path: Path
) -> None:
    ended = check_in_vain(site, tmp_path, **wrong)
    assert ended.code == code, ended.log
    assert said in ended.log
    assert "Traceback" not in ended.log
    assert site.token not in ended.log


def test_a_missing_scope_is_named(state: SiteState, tmp_path: Path) -> None:
    with ConfluenceSite(state, scopes=["read:confluence-user"]) as site:
        ended = check_in_vain(site, tmp_path)
    assert ended.code == 3, ended.log
    assert "lacks the scope read:space:confluence" in ended.log


def test_a_wrong_cloud_id_is_reported(site: ConfluenceSite, tmp_path: Path) -> None:
    wrong = f"{site.base_url}/ex/confluence/0b0c0d0e-1111-2222-3333-444455556666"
    ended = check_in_vain(site, tmp_path, CONF_BASE_URL=wrong)
    assert ended.code == 3, ended.log
    assert "check CONF_" in ended.log


def test_a_scoped_token_at_the_sites_own_address_is_refused_with_the_cure(
    state: SiteState, tmp_path: Path
) -> None:
    with ConfluenceSite(state, scoped_token=True) as site:
        ended = check_in_vain(site, tmp_path, CONF_BASE_URL=site.base_url)
    assert ended.code == 3, ended.log
    assert "CONF_CLOUD_ID" in ended.log


def test_a_space_that_lists_nothing_is_no_success(site: ConfluenceSite, tmp_path: Path) -> None:
    ended = check_in_vain(site, tmp_path, SPACE_NAME="Operations")
    assert ended.code == 3, ended.log
    assert "no page" in ended.log.lower()


@pytest.mark.slow
def test_pytest_does_not_collect_it_and_importing_it_runs_nothing() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--ignore-glob=*/test_[!c]*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    collected = {line.partition("::")[0] for line in listed.stdout.splitlines() if "::" in line}
    assert "tests/programs/test_check_confluence.py" in collected
    assert all(path.startswith("tests/") for path in collected)
    imported = subprocess.run(
        [sys.executable, "-c", "import test_confluence"],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert imported.stdout + imported.stderr == ""
