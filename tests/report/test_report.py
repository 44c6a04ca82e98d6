"""What a run counts, and how much of it is kept."""

import json
import logging
import re
import threading

import pytest

from pipeline.fetch.errors import PageError
from pipeline.records import Hit, PageFailure, StoredChunk
from pipeline.report import (
    ExitCode,
    Report,
    show_hits,
    show_stale,
    to_short,
)
from pipeline.report.first_rows import MOST_ROWS
from pipeline.report.save import to_short_json
from tests.support.program import ROOT


def failure(number: int, stage: str = "fetch") -> PageFailure:
    return PageFailure(str(number), f"Page {number}", stage, "HTTP 500")


def test_the_json_report_has_the_contracts_keys() -> None:
    report = Report()
    report.count_page("new")
    report.count_chunks("inserted", 3, 900)
    content = report.to_json()
    assert list(content["pages"]) == ["listed", "new", "changed", "unchanged", "deleted", "failed"]
    assert list(content["chunks"]) == ["inserted", "unchanged", "deleted", "stale"]
    assert list(content["requests"]) == ["confluence", "vector_api"]
    assert content["pages"]["new"] == 1
    assert (content["chunks"]["inserted"], content["tokens_inserted"]) == (3, 900)
    for name in ("exit_code", "seconds", "failures", "warnings"):
        assert name in content


def test_a_page_that_fails_twice_is_one_failed_page() -> None:
    report = Report()
    report.fail(failure(1))
    report.fail(failure(1, "verify"))
    content = report.to_json()
    assert (content["pages"]["failed"], len(content["failures"])) == (1, 2)
    assert content["failures"][0] == {
        "page_id": "1", "title": "Page 1", "stage": "fetch", "error": "HTTP 500",
    }  # fmt: skip


def test_very_many_failures_and_warnings_are_counted_exactly_and_named_up_to_a_bound(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report, many = Report(), MOST_ROWS + 2_500
    for number in range(many):
        report.fail(failure(number))
        report.warn(f"odd: {number}")
    content = report.to_json()
    assert content["pages"]["failed"] == many
    for name, last in (("failures", "11000"), ("warnings", "11000")):
        assert (len(content[name]), content[f"{name}_left_out"]) == (MOST_ROWS, 2_500)
        counted = [line for line in caplog.messages if line.endswith("counted only")]
        assert any(line.startswith(f"{last} {name}") for line in counted)
    assert len(caplog.messages) == 2 * MOST_ROWS + 4
    short = json.loads(to_short_json(content))
    assert short["failures_left_out"] == many - len(short["failures"])


def test_very_many_stale_chunks_are_counted_exactly_and_named_up_to_a_bound(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    report, pages = Report(), MOST_ROWS // 2 + 500
    report.set_stale(StoredChunk(name, str(page)) for page in range(pages) for name in "ab")
    content = report.to_json()
    assert (content["chunks"]["stale"], report.count_stale()) == (2 * pages, (2 * pages, pages))
    assert (len(content["stale"]), content["stale_left_out"]) == (MOST_ROWS, 1_000)
    show_stale(report.stale, *report.count_stale())
    assert len(caplog.messages) == 1_001
    assert caplog.messages[-1] == f"{2 * pages} stale chunks of {pages} pages remain in the store"


def test_a_report_with_few_failures_leaves_none_out() -> None:
    report = Report()
    report.fail(failure(1))
    assert not any(name.endswith("left_out") for name in report.to_json())


def test_a_report_holds_everything_that_was_counted() -> None:
    report = Report()
    report.count_listed(7)
    report.count_unchanged(2)
    report.count_page("unchanged")
    report.count_requests("confluence", 5)
    report.count_requests("confluence", 6)
    report.set_collection("store-1")
    report.set_stale([StoredChunk("a", "1"), StoredChunk("b", "2")])
    report.warn("odd")
    report.end(ExitCode.DELETE_GUARD)
    content = report.to_json()
    assert (content["pages"]["listed"], content["pages"]["unchanged"]) == (7, 3)
    assert content["requests"] == {"confluence": 6, "vector_api": 0}
    assert (content["collection"], content["exit_code"]) == ("store-1", 6)
    assert content["chunks"]["stale"] == 2
    assert content["stale"][0] == {"page_id": "1", "chunk_id": "a"}
    assert content["warnings"] == ["odd"]
    assert report.summary().startswith("exit 6: pages: 7 listed, 0 new")


def test_counts_of_several_threads_add_up() -> None:
    report = Report()

    def count() -> None:
        for _ in range(2000):
            report.count_unchanged(1)
            report.count_chunks("inserted", 1, 10)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = report.to_json()
    assert content["pages"]["unchanged"] == content["chunks"]["inserted"] == 16_000
    assert content["tokens_inserted"] == 160_000


def test_the_readme_lists_every_exit_code() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.partition("## Exit codes")[2].partition("\n## ")[0]
    codes = re.findall(r"^\| (\d+) \| ", table, flags=re.MULTILINE)
    assert codes == [str(int(code)) for code in ExitCode]


def test_stale_chunks_are_logged_by_page(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    show_stale([StoredChunk("a", "1"), StoredChunk("b", "1"), StoredChunk("c", "2")], 3, 2)
    assert caplog.messages == [
        "page 1: 2 stale chunks remain in the store",
        "page 2: 1 stale chunks remain in the store",
    ]


def test_query_results_are_logged_with_their_links(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    metadata = {"title": "Disk full", "section": "Cure", "url": "http://c/1"}
    show_hits("What now?", [Hit("conf-1-a", "Free some space.", 0.5, metadata)])
    show_hits("And now?", [])
    assert caplog.messages == [
        "query: What now?",
        "1. Disk full > Cure  http://c/1",
        "query: And now?",
        "no results",
    ]


def test_a_report_quotes_no_error_but_our_own() -> None:
    with pytest.raises(ValueError, match="text") as caught:
        raise ValueError("the page's text")
    assert re.fullmatch(r"ValueError at test_report\.py:\d+", to_short(caught.value))
    assert to_short(PageError("HTTP 500")) == "PageError: HTTP 500"
