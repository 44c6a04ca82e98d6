"""What a run tells: counts, lines, the JSON report; no secrets, no forged lines."""

import base64
import json
import logging
import re
import sys
from pathlib import Path

import pytest

from pipeline.fetch.errors import PageError
from pipeline.records import Outcome, StoredChunk
from pipeline.report import Report, TooManyFailuresError, show_stale
from pipeline.report import report as report_module
from pipeline.report.redact import to_short
from pipeline.report.report import LogLines, to_short_json
from pipeline.settings import SYNC, Settings, load_settings

TOKEN, VECTOR_TOKEN = "tok3n-of-the-bot", "tok3n-of-the-store"
BASIC = base64.b64encode(f"bot:{TOKEN}".encode()).decode()  # as the header has it


def settings_with(**more: str) -> Settings:
    enough = {
        "CONF_BASE_URL": "http://127.0.0.1:1",
        "CONF_USER": "bot",
        "CONF_API_TOKEN": TOKEN,
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
        "VECTOR_API_TOKEN": VECTOR_TOKEN,
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
    report.passed("9", "fetch")
    for number in range(10, 19):
        report.fail(failure(number))
    with pytest.raises(TooManyFailuresError, match="10 pages failed in a row") as caught:
        report.fail(failure(19))
    assert caught.value.stage == "fetch"


def test_a_row_is_one_stage_s_and_ends_with_a_page_that_comes_through_it() -> None:
    report = Report()
    for number in range(9):
        report.fail(failure(number, "upsert"))
    report.fail(failure(9))
    report.passed("10", "fetch")
    report.count_page("new")
    for number in range(11, 20):
        report.fail(failure(number, "upsert"))
    report.passed("20", "fetch")
    with pytest.raises(TooManyFailuresError, match="10 pages failed in a row") as caught:
        report.fail(failure(21, "upsert"))
    assert caught.value.stage == "upsert"


def test_fifteen_percent_of_a_hundred_pages_end_the_run() -> None:
    report = Report()
    fates = "+" * 83 + "-" * 8 + "+" + "-" * 7
    for number, fate in enumerate(fates):
        report.passed(str(number), "fetch") if fate == "+" else report.fail(failure(number))
    with pytest.raises(TooManyFailuresError, match="16 of 100 pages failed"):
        report.fail(failure(len(fates)))


def test_a_few_failures_among_many_do_not_end_the_run() -> None:
    report = Report()
    for number in range(1000):
        if number % 10 == 0:
            report.fail(failure(number))
        else:
            report.passed(str(number), "fetch")


@pytest.mark.parametrize("log_format", ["auto", "json"])
@pytest.mark.parametrize("secret", [TOKEN, VECTOR_TOKEN, BASIC])
def test_no_secret_gets_into_a_line(log_format: str, secret: str) -> None:
    line = line_of("refused: %s", f"Bearer {secret}", LOG_FORMAT=log_format)
    assert secret not in line
    assert "***" in line


def test_no_secret_gets_into_the_fields_of_a_line() -> None:
    record = logging.LogRecord("x", logging.INFO, "file.py", 1, "1.", (), None)
    record.fields = {"title": f"My token is {TOKEN}", "score": 0.5}
    line = LogLines(settings_with(LOG_FORMAT="json")).to_line(record)
    assert json.loads(line)["title"] == "My token is ***"


FORGING = "x\n2026-01-01T00:00:00Z INFO    all is well\r\x1b[2J\x00\u202e\x85y\u2028z\U000e0041"


@pytest.mark.parametrize("log_format", ["auto", "json"])
def test_a_title_cannot_forge_a_line(log_format: str) -> None:
    line = line_of("page %s", FORGING, LOG_FORMAT=log_format)
    assert line.isprintable()
    assert log_format == "auto" or json.loads(line)["message"] == f"page {FORGING}"


def traced(**more: str) -> str:
    """The line of an error that quotes a title and a secret, and came out of another one."""
    try:
        try:
            raise KeyError(FORGING)
        except KeyError as error:
            raise ValueError(f"{FORGING} {BASIC}") from error
    except ValueError:
        record = logging.LogRecord("x", 40, "file.py", 1, "page %s", ("1",), sys.exc_info())
    return LogLines(settings_with(**more)).to_line(record)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_an_error_cannot_forge_a_line(level: str) -> None:
    first, *others = traced(LOG_LEVEL=level).split("\n")
    assert re.fullmatch(r"\S+Z ERROR   page 1", first)
    assert len(others) > 5
    assert all(line.startswith("    ") and line.isprintable() for line in others)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_traceback_in_json_is_one_line(level: str) -> None:
    line = traced(LOG_FORMAT="json", LOG_LEVEL=level)
    assert line.isprintable()
    told = json.loads(line)
    assert told["message"] == "page 1"
    assert "in traced" in told["traceback"]


@pytest.mark.parametrize("log_format", ["auto", "json"])
def test_a_traceback_tells_what_came_out_of_what_and_quotes_at_debug_only(log_format: str) -> None:
    quiet = traced(LOG_FORMAT=log_format)
    assert quiet.index("KeyError") < quiet.index("which caused:") < quiet.index("ValueError")
    assert "all is well" not in quiet
    loud = traced(LOG_FORMAT=log_format, LOG_LEVEL="DEBUG")
    assert "all is well" in loud
    assert BASIC not in loud


def test_a_report_quotes_no_error_but_our_own() -> None:
    with pytest.raises(ValueError, match="text") as caught:
        raise ValueError("the page's text")
    assert re.fullmatch(r"ValueError at test_report\.py:\d+", to_short(caught.value))
    assert to_short(PageError("HTTP 500")) == "PageError: HTTP 500"


def test_json_lines_are_json() -> None:
    told = json.loads(line_of("page %s", "ü", LOG_FORMAT="json"))
    assert (told["level"], told["message"]) == ("INFO", "page ü")


def test_the_report_is_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "made" / "report.json"
    Report().save(path, str)
    assert json.loads(path.read_text())["exit_code"] == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["report.json"]


def test_a_report_that_cannot_be_written_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    message, path = tmp_path / "termination-log", tmp_path / "report.json"
    message.touch()
    path.mkdir()
    monkeypatch.setattr(report_module, "TERMINATION_LOG", message)
    Report().save(path, str)
    assert f"REPORT_FILE cannot be written: {path}: Is a directory" in caplog.text
    assert json.loads(message.read_text())["exit_code"] == 0


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
    monkeypatch.setattr(report_module, "TERMINATION_LOG", message)
    Report().save(None, str)
    assert json.loads(message.read_text())["exit_code"] == 0


def test_no_secret_gets_into_the_report_or_the_termination_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, path = tmp_path / "termination-log", tmp_path / "report.json"
    message.touch()
    monkeypatch.setattr(report_module, "TERMINATION_LOG", message)
    report = Report()
    report.failures.append(Outcome("1", f"Title {TOKEN}", "upsert", f"refused: {BASIC}"))
    report.warnings.append(f"odd: {VECTOR_TOKEN}")
    report.save(path, settings_with().mask)
    for text in (message.read_text(), path.read_text()):
        assert text.count("***") == 3
        assert not any(secret in text for secret in (TOKEN, VECTOR_TOKEN, BASIC))


def test_stale_chunks_are_counted() -> None:
    assert show_stale([StoredChunk("a", "1"), StoredChunk("b", "1"), StoredChunk("c", "2")]) == 3
