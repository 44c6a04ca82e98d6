"""The log's lines: no secret, no forged line, no text of a page."""

import json
import logging
import re
import sys

import pytest

from pipeline.report.log import LogLines
from tests.support.secret_settings import BASIC, TOKEN, VECTOR_TOKEN, settings_with


def line_of(message: str, *args: object, **more: str) -> str:
    record = logging.LogRecord("x", logging.INFO, "file.py", 1, message, args, None)
    return LogLines(settings_with(**more)).to_line(record)


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
    """The line of an error that quotes a title and a secret, and was caused by another one."""
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
    content = json.loads(line)
    assert content["message"] == "page 1"
    assert "in traced" in content["traceback"]


@pytest.mark.parametrize("log_format", ["auto", "json"])
def test_a_traceback_names_each_cause_and_quotes_messages_at_debug_only(log_format: str) -> None:
    quiet = traced(LOG_FORMAT=log_format)
    assert quiet.index("KeyError") < quiet.index("which caused:") < quiet.index("ValueError")
    assert "all is well" not in quiet
    loud = traced(LOG_FORMAT=log_format, LOG_LEVEL="DEBUG")
    assert "all is well" in loud
    assert BASIC not in loud


def test_json_lines_are_json() -> None:
    content = json.loads(line_of("page %s", "ü", LOG_FORMAT="json"))
    assert (content["level"], content["message"]) == ("INFO", "page ü")
