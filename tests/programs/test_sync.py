"""`sync.py` end to end: the stand-in site into a stand-in Vector API, over real sockets."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site.faults import login_page
from pipeline.run.steps import Run
from tests.support.forking import fork_hasty_program, fork_program
from tests.support.program import ROOT, environment, load_report, run_program, sync_now
from tests.support.vector_api import VectorApi

DAY = timedelta(days=1)


def body(*paragraphs: str) -> str:
    return "".join(f"<h2>Part {n}</h2><p>{text}</p>" for n, text in enumerate(paragraphs, 1))


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("OPS", "Operations")
    home = state.add_page("Home", "KI", body("Start here."))
    state.set_home("KI", home)
    for number in range(4):
        state.add_page(
            f"Issue {number}",
            "KI",
            body(f"Symptom {number} seen.", f"Cure {number} found."),
            parent=home,
            labels=["even" if number % 2 == 0 else "odd"],
        )
    state.add_page("Other team", "OPS", body("Nothing to see."))
    return state


@pytest.fixture(params=["dash", "underscore"])
def api(request: pytest.FixtureRequest) -> Iterator[VectorApi]:
    with VectorApi(request.param, delete_route="document") as api:
        yield api


@pytest.fixture
def environ(site: ConfluenceSite, api: VectorApi, tmp_path: Path) -> dict[str, str]:
    return environment(site, api.base_url, tmp_path, SPACE_NAME="Known Issues")


one_form = pytest.mark.parametrize("api", ["underscore"], indirect=True)  # for what is on screen


def titles(api: VectorApi) -> set[str]:
    return {str(document.metadata["title"]) for document in api.documents("confluence").values()}


def test_a_first_run_ingests_every_page_and_a_second_sends_nothing(
    environ: dict[str, str], api: VectorApi, site: ConfluenceSite
) -> None:
    first = run_program("sync", environ)
    assert first.code == 0, first.log
    assert titles(api) == {"Home", "Issue 0", "Issue 1", "Issue 2", "Issue 3"}
    assert first["pages"]["new"] == 5
    assert first["chunks"]["inserted"] == len(api.documents("confluence"))
    assert first["tokens_inserted"] > 0
    before = api.count("insert")
    second = fork_program("sync", environ)
    assert second.code == 0, second.log
    assert second["pages"] == {
        "listed": 5, "new": 0, "changed": 0, "unchanged": 5, "deleted": 0, "failed": 0,
    }  # fmt: skip
    assert api.count("insert") == before
    assert not api.duplicates("confluence")
    assert site.writes == []


@one_form
def test_the_log_ends_with_the_summary(environ: dict[str, str], api: VectorApi) -> None:
    ended = fork_program("sync", environ)
    assert "exit 0: pages: 5 listed, 5 new" in ended.log.splitlines()[-1]
    assert f"requests: {ended['requests']['confluence']} Confluence" in ended.log.splitlines()[-1]


@one_form
def test_the_log_is_the_programs_own(environ: dict[str, str], api: VectorApi) -> None:
    ended = fork_program("sync", environ | {"LOG_LEVEL": "DEBUG"})
    assert "connectionpool" not in ended.log
    assert "HTTP/1.1" not in ended.log


@one_form
def test_a_terminal_shows_a_bar_and_a_pipe_does_not(
    environ: dict[str, str], api: VectorApi
) -> None:
    assert "page/s" not in fork_program("sync", environ | {"COLLECTION_ID": "piped"}).log
    shown = run_on_a_terminal(environ | {"STATE_DIR": environ["STATE_DIR"] + "/other"})
    assert "5/5" in shown, repr(shown)
    assert "exit 0: pages: 5 listed" in shown.splitlines()[-1]


def run_on_a_terminal(environ: dict[str, str]) -> str:
    """What a person sees: sync.py with its standard error on a pseudo-terminal."""
    controller, terminal = pty.openpty()
    with open(controller, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "sync.py")], env=environ, stderr=terminal
        )
        os.close(terminal)
        seen = b""
        with contextlib.suppress(OSError):  # the terminal's other end has closed
            while part := screen.read(4096):
                seen += part
        process.wait(60)
    return seen.decode()


@one_form
def test_json_lines_are_json_to_the_last_one(environ: dict[str, str], api: VectorApi) -> None:
    ended = fork_program("sync", environ | {"LOG_FORMAT": "json", "VERIFY_QUERY": "Cure 2 found"})
    lines = [json.loads(line) for line in ended.log.splitlines()]
    assert any(line.get("title") == "Issue 2" and line.get("url") for line in lines)
    assert lines[-1]["message"].startswith("exit 0")


def test_a_chunk_carries_what_an_answer_needs(environ: dict[str, str], api: VectorApi) -> None:
    assert sync_now(environ).code == 0
    document = next(
        stored for stored in api.documents("confluence").values() if "Cure 2" in stored.text
    )
    assert document.metadata["title"] == "Issue 2"
    assert document.metadata["space_key"] == "KI"
    assert document.metadata["source"] == "confluence"
    assert str(document.metadata["url"]).startswith("http")
    assert "/ex/confluence/" not in str(document.metadata["url"])
    assert document.id == f"conf-{document.metadata['page_id']}-{document.id.split('-')[2]}"


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    environ: dict[str, str], api: VectorApi, tmp_path: Path
) -> None:
    ended = fork_program("sync", environ | {"DRY_RUN": "1"})
    assert ended.code == 0, ended.log
    assert (ended["pages"]["new"], ended["chunks"]["inserted"] > 0) == (5, True)
    assert ended["tokens_inserted"] > 0
    assert "Issue 3" in ended.log
    assert {request.kind for request in api.log} <= {"describe", "unknown", "query"}
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_labels_and_folders_limit_the_scope(
    environ: dict[str, str], api: VectorApi, state: SiteState
) -> None:
    assert sync_now(environ | {"LABELS": "even"}).code == 0
    assert titles(api) == {"Issue 0", "Issue 2"}
    home = next(page_id for page_id in state.page_ids() if state.page(page_id).title == "Home")
    assert sync_now(environ | {"FILTER_FOLDER_ID": home, "MAX_DELETE_PERCENT": "100"}).code == 0
    assert titles(api) >= {"Issue 0", "Issue 1", "Issue 2", "Issue 3"}


def test_space_keys_choose_spaces(environ: dict[str, str], api: VectorApi) -> None:
    environ = environ | {"SPACE_NAME": "", "FILTER_SPACE_KEYS": "OPS,KI"}
    assert sync_now(environ).code == 0
    assert "Other team" in titles(api)


def test_without_a_filter_every_visible_space_is_taken(
    environ: dict[str, str], api: VectorApi
) -> None:
    assert sync_now(environ | {"SPACE_NAME": ""}).code == 0
    assert "Other team" in titles(api)


def test_the_window_limits_new_pages_and_reports_the_others(
    environ: dict[str, str], api: VectorApi, state: SiteState
) -> None:
    old = datetime.now(UTC) - 3 * DAY
    outside = state.add_page("Old one", "KI", body("From long ago."), modified=old)
    windowed = environ | {"SINCE_HOURS": "24"}
    first = sync_now(windowed)
    assert "Old one" not in titles(api)
    assert any("1 pages older than SINCE_HOURS=24" in warning for warning in first["warnings"])
    assert sync_now(environ).code == 0
    assert "Old one" in titles(api)
    state.edit(outside, body("Changed, though dated long ago."), modified=old)
    assert sync_now(windowed)["pages"]["changed"] == 1


def test_pages_of_missed_nights_are_ingested_later(
    environ: dict[str, str], api: VectorApi, state: SiteState
) -> None:
    windowed = environ | {"SINCE_HOURS": "24"}
    state.add_page("Too old", "KI", body("Older."), modified=datetime.now(UTC) - 5 * DAY)
    assert sync_now(windowed).code == 0
    state.add_page("Missed", "KI", body("Late."), modified=datetime.now(UTC) - 2 * DAY)
    assert sync_now(windowed)["pages"]["new"] == 1
    assert "Missed" in titles(api)
    assert "Too old" not in titles(api)


def test_a_page_that_failed_is_ingested_later_whatever_its_age(
    environ: dict[str, str],
    api: VectorApi,
    site: ConfluenceSite,
    state: SiteState,
) -> None:
    windowed = environ | {"SINCE_HOURS": "24"}
    with monkey_failing(site, state, "Issue 1"):
        assert sync_now(windowed).code == 1
    assert "Issue 1" not in titles(api)
    page = next(i for i in state.page_ids() if state.page(i).title == "Issue 1")
    state.edit(page, modified=datetime.now(UTC) - 30 * DAY)
    assert sync_now(windowed).code == 0
    assert "Issue 1" in titles(api)


class monkey_failing:  # noqa: N801 - reads as a verb in a with statement
    """While it lasts, one page's body cannot be had by any route."""

    def __init__(self, site: ConfluenceSite, state: SiteState, title: str) -> None:
        self.site = site
        self.page = next(i for i in state.page_ids() if state.page(i).title == title)

    def __enter__(self) -> None:
        from demo.confluence_site.faults import server_error

        def is_its_body(request: object) -> bool:
            path, query = request.path, request.query  # type: ignore[attr-defined]
            single = path.endswith(f"/pages/{self.page}")
            return single or (path.endswith("/content/search") and self.page in query["cql"])

        self.site.fail(is_its_body, server_error(500), times=None)

    def __exit__(self, *_: object) -> None:
        self.site.clear_faults()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_cleanly_and_the_next_resumes(
    signum: int, site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    for number in range(60):
        state.add_page(f"More {number}", "KI", body(*(f"text {number} {n}" for n in range(4))))
    with VectorApi("dash", seconds_a_request=0.1) as api:
        environ = environment(
            site, api.base_url, tmp_path, SPACE_NAME="Known Issues", BATCH_SIZE="5"
        )
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "sync.py")], env=environ, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 60
        while api.count("insert") < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signum)
        log = process.communicate(timeout=60)[1]
        assert process.returncode == 128 + signum, log
        assert "the next run resumes" in log
        report = load_report(environ)
        assert report["exit_code"] == 128 + signum
        assert report["chunks"]["inserted"] == len(api.documents("confluence"))
        api.seconds_a_request = 0
        assert sync_now(environ).code == 0
        assert len(titles(api)) == 65
        assert not api.duplicates("confluence")


def test_a_deadline_ends_the_run_cleanly_with_code_1(
    site: ConfluenceSite, state: SiteState, tmp_path: Path
) -> None:
    with VectorApi("underscore", seconds_a_request=1.0) as api:
        environ = environment(
            site, api.base_url, tmp_path, BATCH_SIZE="1", RUN_DEADLINE_SECONDS="1", VERIFY="0"
        )
        ended = fork_program("sync", environ)
        assert ended.code == 1
        assert "RUN_DEADLINE_SECONDS=1 reached" in ended.log
        api.seconds_a_request = 0
        assert sync_now(environ | {"RUN_DEADLINE_SECONDS": ""}).code == 0


def test_shards_share_the_pages_and_leave_each_others_alone(
    environ: dict[str, str], api: VectorApi, state: SiteState
) -> None:
    shards = [environ | {"SHARD_COUNT": "3", "SHARD_INDEX": str(index)} for index in range(3)]
    listed = [sync_now(shard)["pages"]["listed"] for shard in shards]
    assert sum(listed) == 5
    assert titles(api) == {"Home", "Issue 0", "Issue 1", "Issue 2", "Issue 3"}
    state.trash(next(i for i in state.page_ids() if state.page(i).title == "Issue 1"))
    ended = [sync_now(shard) for shard in shards]
    assert [run.code for run in ended] == [7 if run["stale"] else 0 for run in ended]
    assert sum(run["pages"]["deleted"] + run["chunks"]["stale"] for run in ended) == 1
    assert [run["warnings"] for run in ended if not run["stale"]] == [[]] * sum(
        not run["stale"] for run in ended
    )


def test_outdated_text_that_cannot_be_deleted_is_not_a_success(
    environ: dict[str, str], api: VectorApi, state: SiteState
) -> None:
    page = next(i for i in state.page_ids() if state.page(i).title == "Issue 1")
    assert sync_now(environ).code == 0
    state.edit(page, body("Symptom 1 looks different now."))
    assert sync_now(environ | {"DRY_RUN": "1"}).code == 0  # nothing was written
    if api.form == "underscore":  # it deletes
        assert sync_now(environ).code == 0
        return
    ended = fork_program("sync", environ)
    assert (ended.code, ended["exit_code"]) == (7, 7)
    assert ended["chunks"]["stale"] > 0
    assert "UPDATE_STRATEGY=rotate" in ended.log
    assert sync_now(environ).code == 7  # also in a run with nothing to do
    assert sync_now(environ | {"UPDATE_STRATEGY": "append"}).code == 0
    ended = sync_now(environ | {"UPDATE_STRATEGY": "rotate"})
    assert (ended.code, ended["chunks"]["stale"]) == (0, 0)


# Wrong input: one clear line, the contract's code, nothing written.

BAD = [
    ({"VECTOR_API_BASE_URL": ""}, 2, "VECTOR_API_BASE_URL is not set"),
    ({"CONF_BASE_URL": ""}, 2, "CONF_CLOUD_ID (or CONF_BASE_URL) is not set"),
    ({"CONF_API_TOKEN": "expired"}, 3, "token"),
    ({"SPACE_NAME": "Known Isues"}, 3, "Known Issues"),
    ({"SPACE_NAME": "", "FILTER_SPACE_KEYS": "NOPE"}, 3, "NOPE"),
    ({"CONF_BASE_URL": "http://127.0.0.1:9"}, 4, "127.0.0.1:9"),
    ({"CONF_BASE_URL": "http://no-such-host.invalid"}, 4, "no-such-host.invalid"),
    ({"VECTOR_API_BASE_URL": "http://127.0.0.1:9"}, 5, "127.0.0.1:9"),
    ({"VECTOR_API_BASE_URL": "http://no-such-host.invalid"}, 5, "no-such-host.invalid"),
    ({"LABELS": "no-such-label"}, 3, "LABELS"),
]


@pytest.mark.parametrize(("wrong", "code", "said"), BAD, ids=lambda value: str(value)[:50])
def test_wrong_input_is_reported_in_a_line(
    wrong: dict[str, str], code: int, said: str, site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("dash") as api:
        environ = environment(site, api.base_url, tmp_path, SPACE_NAME="Known Issues") | wrong
        ended = fork_hasty_program("sync", environ)
        assert ended.code == code, ended.log
        assert said in ended.log
        assert "Traceback" not in ended.log
        assert api.count("insert") == 0


def test_a_server_without_the_routes_is_named_with_what_it_has(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    environ = environment(site, site.base_url, tmp_path)
    ended = fork_hasty_program("sync", environ)
    assert ended.code == 5
    assert "openapi.json" in ended.log
    assert "Traceback" not in ended.log


def test_html_where_json_is_expected_is_reported(site: ConfluenceSite, tmp_path: Path) -> None:
    site.fail("", login_page(), times=None)
    with VectorApi("dash") as api:
        ended = fork_hasty_program("sync", environment(site, api.base_url, tmp_path))
    assert ended.code in (3, 4)
    assert "expected JSON, got text/html" in ended.log
    assert "Traceback" not in ended.log


def test_a_space_without_pages_is_an_error_not_an_empty_collection(
    environ: dict[str, str], api: VectorApi, state: SiteState
) -> None:
    assert sync_now(environ).code == 0
    for page_id in list(state.page_ids("KI")):
        state.hide(page_id)
    ended = sync_now(environ)
    assert ended.code == 3
    assert len(titles(api)) == 5


def test_another_collection_with_the_same_state_is_noticed(
    environ: dict[str, str], api: VectorApi
) -> None:
    assert sync_now(environ).code == 0
    ended = fork_program("sync", environ | {"COLLECTION_ID": "another"})
    assert ended.code == 2
    assert "belongs to collection 'confluence'" in ended.log


def test_an_unexpected_error_keeps_its_traceback(
    environ: dict[str, str], api: VectorApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "prune", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sync_now(environ)
    assert load_report(environ)["exit_code"] == 1
