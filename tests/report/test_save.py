"""The saved report and the termination message: whole, short enough, without secrets."""

import json
from pathlib import Path

import pytest

from pipeline.records import PageFailure
from pipeline.report import Report, save_report
from pipeline.report.save import to_short_json
from pipeline.state import write_atomically
from tests.support.secret_settings import BASIC, TOKEN, VECTOR_TOKEN, settings_with


@pytest.fixture
def termination_log(tmp_path: Path) -> Path:
    """The file that a pod has."""
    path = tmp_path / "termination-log"
    path.touch()
    return path


def test_the_report_is_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "made" / "report.json"
    save_report(Report(), path, str, write_atomically)
    assert json.loads(path.read_text())["exit_code"] == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["report.json"]


def test_a_report_that_cannot_be_written_is_logged(
    tmp_path: Path, termination_log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "report.json"
    path.mkdir()
    save_report(Report(), path, str, write_atomically, termination_log)
    assert f"REPORT_FILE cannot be written: {path}: Is a directory" in caplog.text
    assert json.loads(termination_log.read_text())["exit_code"] == 0


def test_the_termination_message_fits_and_stays_json() -> None:
    report = Report()
    for number in range(500):
        report.fail(PageFailure(str(number), f"Page {number}", "fetch", "HTTP 500"))
        report.warn(f"page {number}: ein längerer Hinweis, der Platz braucht")
    message = to_short_json(report.to_json())
    assert len(message) <= 4096
    short = json.loads(message)
    assert short["failures_left_out"] == 500 - len(short["failures"])


def test_the_termination_message_is_written_where_the_pod_has_its_file(
    termination_log: Path,
) -> None:
    save_report(Report(), None, str, write_atomically, termination_log)
    assert json.loads(termination_log.read_text())["exit_code"] == 0


def test_no_termination_message_is_written_outside_a_pod(tmp_path: Path) -> None:
    save_report(Report(), None, str, write_atomically, tmp_path / "termination-log")
    assert list(tmp_path.iterdir()) == []


def test_no_secret_gets_into_the_report_or_the_termination_message(
    tmp_path: Path, termination_log: Path
) -> None:
    path = tmp_path / "report.json"
    report = Report()
    report.fail(PageFailure("1", f"Title {TOKEN}", "upsert", f"refused: {BASIC}"))
    report.warn(f"odd: {VECTOR_TOKEN}")
    save_report(report, path, settings_with().mask, write_atomically, termination_log)
    for text in (termination_log.read_text(), path.read_text()):
        assert text.count("***") == 3
        assert not any(secret in text for secret in (TOKEN, VECTOR_TOKEN, BASIC))
