"""State that cannot be written: exit code 2, one clear line, and nothing lost."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, faults
from tests.support.program import DETAILS, ROOT, environment, run_program, sync_now
from tests.support.recovery import LISTING, PAGES, check_that_a_clean_run_repairs, pages_in
from tests.support.vector_api import VectorApi

NOBODY = 65534
LEDGER = "sync.sqlite3"


def edit_all(site: ConfluenceSite, text: str = "Edited.") -> None:
    for page in list(site.state.page_ids()):
        site.state.edit(page, text)


@contextlib.contextmanager
def connections(timeout: float = 5.0, pages: int = 0) -> Iterator[None]:
    """Give new SQLite connections another timeout, or a disk with room for that many pages."""
    connect = sqlite3.connect

    def limited(path: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(path, **options | {"timeout": timeout})
        if pages:
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", limited)
        yield


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Run as an unprivileged user: root, as in containers, ignores permissions."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_state_folder_that_is_a_file_is_exit_2(site: ConfluenceSite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the folder's place")
    with VectorApi("dash") as api:
        environ = environment(site, api.base_url, tmp_path) | {"STATE_DIR": str(tmp_path / "file")}
        assert sync_now(environ).code == 2
        assert api.count("insert") == 0
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("is_first_run", [True, False], ids=["first run", "later run"])
def test_a_state_folder_that_is_read_only_is_exit_2(
    is_first_run: bool, site: ConfluenceSite, caplog: pytest.LogCaptureFixture
) -> None:
    # Not tmp_path: other users cannot enter it.
    with (
        tempfile.TemporaryDirectory() as name,
        VectorApi("underscore", delete_route="document") as api,
    ):
        folder = Path(name)
        environ = environment(site, api.base_url, folder)
        if not is_first_run:
            assert sync_now(environ).code == 0
            edit_all(site)
        before, asked = api.documents("confluence"), len(api.log)
        folder.chmod(0o555)
        unreported = {name: value for name, value in environ.items() if name != "REPORT_FILE"}
        with as_nobody():  # who cannot read the report of the run before
            assert sync_now(unreported).code == 2
        folder.chmod(0o755)
        assert "STATE_DIR cannot be written" in caplog.text
        assert (api.documents("confluence"), len(api.log)) == (before, asked)
        check_that_a_clean_run_repairs(site, api, folder)


def test_a_ledger_that_another_run_uses_is_exit_2(site: ConfluenceSite, tmp_path: Path) -> None:
    site.fail(LISTING, faults.hang(60))
    with VectorApi("dash") as api:
        environ = environment(site, api.base_url, tmp_path)
        first = subprocess.Popen(
            [sys.executable, str(ROOT / "sync.py")],
            env=environ | {"PATH": os.environ["PATH"]},
            stderr=subprocess.DEVNULL,
        )
        while not site.count(LISTING):
            assert first.poll() is None
            time.sleep(0.01)
        asked = len(site.requests) + len(api.log)
        second = run_program("sync", environ)
        assert second.code == 2
        assert f"another run is using this STATE_DIR ({tmp_path}): wait" in second.log
        assert "Traceback" not in second.log
        assert len(site.requests) + len(api.log) == asked
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 143
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("is_first_run", [True, False], ids=["first run", "later run"])
def test_a_database_that_another_program_locks_is_exit_2(
    is_first_run: bool, site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path)
        if not is_first_run:
            assert sync_now(environ).code == 0
            edit_all(site)
        before = api.documents("confluence")
        with contextlib.closing(sqlite3.connect(tmp_path / LEDGER)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with connections(timeout=0.05):
                assert sync_now(environ).code == 2
        assert "the ledger cannot be written" in caplog.text
        assert "database is locked" in caplog.text
        assert api.documents("confluence") == before
        check_that_a_clean_run_repairs(site, api, tmp_path)


def test_a_database_that_is_locked_during_a_run_is_exit_2(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("dash") as api:
        others: list[sqlite3.Connection] = []

        def lock(request: faults.Request) -> bool:
            if "search" in request.path and not others:
                others.append(sqlite3.connect(tmp_path / LEDGER, check_same_thread=False))
                others[0].execute("BEGIN EXCLUSIVE")
            return False

        site.fail(lock, faults.reset())
        environ = environment(site, api.base_url, tmp_path, BATCH_SIZE="1")
        with connections(timeout=0.05):
            assert sync_now(environ).code == 2
        others[0].close()
        assert api.count("insert") == 0
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_disk_that_is_full_at_the_start_is_exit_2(
    pages: int, site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with VectorApi("dash") as api:
        with connections(pages=pages):
            assert sync_now(environment(site, api.base_url, tmp_path)).code == 2
        assert "the ledger cannot be written" in caplog.text
        assert api.count("insert") == 0
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("pages", [10, 11, 12])  # 10 hold the ledger before the run, 13 after it
@pytest.mark.slow
def test_a_disk_that_fills_up_during_a_run_is_exit_2(
    pages: int, site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path, BATCH_SIZE="10")
        assert sync_now(environ).code == 0
        edit_all(site, "".join(f"<h2>Part {n}</h2><p>{DETAILS}</p>" for n in range(10)))
        with connections(pages=pages):
            ended = sync_now(environ)
        assert (ended.code, ended["pages"]["failed"], len(pages_in(api))) == (2, 0, PAGES)
        assert f"the ledger cannot be written: {tmp_path / LEDGER}: database or disk is full" in (
            caplog.text
        )
        check_that_a_clean_run_repairs(site, api, tmp_path)


def test_a_report_that_cannot_be_written_does_not_change_the_exit_code(
    site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the folder's place")
    with VectorApi("dash") as api:
        report = str(tmp_path / "file" / "report.json")
        assert sync_now(environment(site, api.base_url, tmp_path, REPORT_FILE=report)).code == 0
        assert "REPORT_FILE cannot be written" in caplog.text
        assert len(pages_in(api)) == PAGES


def test_an_identifier_that_cannot_be_read_is_reported_in_a_line(
    site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "confluence.vdb").mkdir()  # in the file's place
    with VectorApi("dash") as api:
        assert sync_now(environment(site, api.base_url, tmp_path)).code == 2
        assert "confluence.vdb cannot be read" in caplog.text
        (tmp_path / "confluence.vdb").rmdir()
        check_that_a_clean_run_repairs(site, api, tmp_path)


def test_an_identifier_that_cannot_be_written_is_reported_in_a_line(
    site: ConfluenceSite,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with VectorApi("dash") as api:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_text", refuse)
            assert sync_now(environment(site, api.base_url, tmp_path)).code == 2
        assert "confluence.vdb cannot be written" in caplog.text
        check_that_a_clean_run_repairs(site, api, tmp_path)
