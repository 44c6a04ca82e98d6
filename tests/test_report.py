"""What a run tells: counts, lines, the JSON report; no secrets, no forged lines."""

import json
import logging
from pathlib import Path

import pytest

from pipeline.records import Outcome, StoredChunk
from pipeline.report import LogLines, Report, TooManyFailuresError, show_stale, to_short_json
from pipeline.settings import SYNC, Settings, load_settings

TOKEN = "tok3n-of-the-bot"


def settings_with(**more: str) -> Settings:
    enough = {
        "CONF_BASE_URL": "http://127.0.0.1:1",
        "CONF_USER": "bot",
        "CONF_API_TOKEN": TOKEN,
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
    }
    return load_settings(SYNC, enough | more)


def line_of(message: str, *args: object, **more: str) -> str:
    record = logging.LogRecord("x", logging.INFO, "file.py", 1, message, args, None)
    return LogLines(settings_with(**more)).to_line(record)


def failure(number: int, stage: str = "fetch") -> Outcome:
    return Outcome(str(number), f"Page {number}", stage, "HTTP 500")


def test_the_json_report_has_the_contracts_keys() -> None:
    report = Report()
    report.count_page("new")
    report.count_chunks("inserted", 3, 900)
    told = report.to_json()
    assert list(told["pages"]) == ["listed", "new", "changed", "unchanged", "deleted", "failed"]
    assert list(told["chunks"]) == ["inserted", "unchanged", "deleted", "stale"]
    assert list(told["requests"]) == ["confluence", "vector_api"]
    assert told["pages"]["new"] == 1
    assert (told["chunks"]["inserted"], told["tokens_inserted"]) == (3, 900)
    for name in ("exit_code", "seconds", "failures", "warnings"):
        assert name in told


def test_a_page_that_fails_twice_is_one_failed_page() -> None:
    report = Report()
    report.fail(failure(1))
    report.fail(failure(1, "verify"))
    told = report.to_json()
    assert (told["pages"]["failed"], len(told["failures"])) == (1, 2)
    assert told["failures"][0] == {
        "page_id": "1", "title": "Page 1", "stage": "fetch", "error": "HTTP 500",
    }  # fmt: skip


def test_ten_failures_in_a_row_end_the_run() -> None:
    report = Report()
    for number in range(9):
        report.fail(failure(number))
    report.count_page("new")
    for number in range(9, 18):
        report.fail(failure(number))
    with pytest.raises(TooManyFailuresError, match="10 pages failed in a row") as caught:
        report.fail(failure(18, "upsert"))
    assert caught.value.stage == "upsert"


def test_fifteen_percent_of_a_hundred_pages_end_the_run() -> None:
    report = Report()
    fates = "+" * 83 + "-" * 8 + "+" + "-" * 7
    for number, fate in enumerate(fates):
        report.count_page("new") if fate == "+" else report.fail(failure(number))
    with pytest.raises(TooManyFailuresError, match="16 of 100 pages failed"):
        report.fail(failure(len(fates)))


def test_a_few_failures_among_many_do_not_end_the_run() -> None:
    report = Report()
    for number in range(1000):
        report.count_page("new")
        if number % 10 == 0:
            report.fail(failure(number))


@pytest.mark.parametrize("log_format", ["auto", "json"])
def test_no_secret_gets_into_a_line(log_format: str) -> None:
    line = line_of("refused: %s", f"Bearer {TOKEN}", LOG_FORMAT=log_format)
    assert TOKEN not in line
    assert "***" in line


@pytest.mark.parametrize("log_format", ["auto", "json"])
def test_a_title_cannot_forge_a_line(log_format: str) -> None:
    line = line_of("page %s", "x\n2026 INFO all is well\r\x1b[2J\u202e", LOG_FORMAT=log_format)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert log_format == "json" or "\u202e" not in line


def test_json_lines_are_json() -> None:
    told = json.loads(line_of("page %s", "ü", LOG_FORMAT="json"))
    assert (told["level"], told["message"]) == ("INFO", "page ü")


def test_the_report_is_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "made" / "report.json"
    Report().save(path)
    assert json.loads(path.read_text())["exit_code"] == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["report.json"]


def test_the_termination_message_fits_and_stays_json() -> None:
    report = Report()
    for number in range(500):
        report.failures.append(failure(number))
        report.warnings.append(f"page {number}: ein längerer Hinweis, der Platz braucht")
    told = to_short_json(report.to_json())
    assert len(told) <= 4096
    short = json.loads(told)
    assert short["failures_left_out"] == 500 - len(short["failures"])


def test_the_termination_message_is_written_where_the_pod_has_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = tmp_path / "termination-log"
    message.touch()
    monkeypatch.setattr("pipeline.report.TERMINATION_LOG", message)
    Report().save(None)
    assert json.loads(message.read_text())["exit_code"] == 0


def test_stale_chunks_are_counted() -> None:
    assert show_stale([StoredChunk("a", "1"), StoredChunk("b", "1"), StoredChunk("c", "2")]) == 3
