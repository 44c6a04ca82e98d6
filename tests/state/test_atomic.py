"""Files replaced in one step."""

from pathlib import Path

import pytest

from pipeline.state import write_atomically


def test_an_interrupted_write_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_owner_can_read_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "confluence.vdb"
    path.write_text("of an earlier release")
    path.chmod(0o664)
    write_atomically(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)


def test_a_link_in_the_place_of_the_file_is_replaced_not_followed(tmp_path: Path) -> None:
    elsewhere, path = tmp_path / "elsewhere", tmp_path / "report.json"
    elsewhere.write_text("mine")
    path.symlink_to(elsewhere)
    write_atomically(path, "new")
    assert (elsewhere.read_text(), path.is_symlink()) == ("mine", False)


def test_no_directory_is_created(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "file", "text")
    assert list(tmp_path.iterdir()) == []
