"""The folder of files is gone with its run, and with a later run where the run was killed."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from pipeline.run.on_pages.folder import FilesFolder
from tests.support.forking import fork
from tests.support.program import environment, sync_now
from tests.support.vector_api import VectorApi


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def open_and_wait(written: int) -> None:
    """Open a folder with a file, write its path to a pipe, and live until the end."""
    files = FilesFolder()
    folder = files.open()
    (folder / "att1-x.pdf").write_bytes(b"%PDF")
    os.write(written, str(folder).encode())
    signal.pause()


def start_run() -> tuple[int, Path]:
    """Return the process of a run, and its folder."""
    read, written = os.pipe()
    process = fork(lambda: open_and_wait(written))
    os.close(written)
    return process, Path(os.read(read, 10_000).decode())


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def test_a_folder_is_gone_once_it_is_closed(temporary: Path) -> None:
    files = FilesFolder()
    assert list(temporary.iterdir()) == []
    folder = files.open()
    assert (files.open(), folder.parent) == (folder, temporary)
    (folder / "att1-x.pdf").write_bytes(b"%PDF")
    files.close()
    files.close()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_that_of_a_living_one_is_not() -> None:
    killed, left = start_run()
    living, kept = start_run()
    kill(killed)
    assert (left / "att1-x.pdf").exists()
    files = FilesFolder()
    own = files.open()
    assert not left.exists()
    assert (kept / "att1-x.pdf").exists()
    assert own.exists()
    files.close()
    kill(living)


def test_what_no_run_has_made_is_not_removed(temporary: Path, tmp_path: Path) -> None:
    killed, left = start_run()
    kill(killed)
    other = temporary / "confluence-sync-files-of-somebody"
    other.mkdir()
    (other / "unlocked").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lock").touch()
    (temporary / "confluence-sync-files-link").symlink_to(tmp_path / "elsewhere")
    (temporary / "confluence-sync-files-name").touch()
    files = FilesFolder()
    files.open()
    assert not left.exists()
    assert other.exists()
    assert (tmp_path / "elsewhere" / "lock").exists()


def test_a_file_system_without_locks_has_folders_that_no_run_removes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = FilesFolder()
    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", refuse)
        folder = files.open()
    other = FilesFolder()
    other.open()
    assert folder.exists()
    files.close()
    assert not folder.exists()


def refuse(*_: object) -> None:
    raise OSError("no locks available")


def test_without_a_folder_a_file_fails_by_its_name_and_pages_do_not(
    site: ConfluenceSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = next(iter(site.state.page_ids("KI")))
    site.state.files.add(page, "notes.txt", b"Text.")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with VectorApi(delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path, CONTENT_TYPES="pages,attachments")
        ended = sync_now(environ)
    assert (ended.code, ended["content"]["page"]["failed"]) == (1, 0)
    [failure] = ended["failures"]
    assert failure["title"] == "Page 0 > notes.txt"
    assert failure["error"] == (
        "no folder for temporary files can be made: No such file or directory"
    )
