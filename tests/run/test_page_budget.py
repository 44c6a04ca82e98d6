"""What one page may cost: it fails with its name, and the run goes on."""

import threading
from functools import partial
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from pipeline.chunk import split
from pipeline.markdown import to_markdown
from pipeline.markdown.notes import Converted, Notes
from pipeline.records import Markdown, Page
from pipeline.run.convert import PageBudget, PageBudgetError
from pipeline.run.stop import Stop, StoppedError
from tests.support.convert import to_page
from tests.support.program import environment, sync_now
from tests.support.recovery import PAGES, pages_in
from tests.support.vector_api import VectorApi


class Clock:
    """CPU seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


def call_often(budget: PageBudget) -> None:
    for _ in range(100):
        budget.check()


def test_a_page_within_its_budget_goes_on_and_one_over_it_does_not() -> None:
    clock = Clock()
    budget = PageBudget(1_000_000, Stop(), clock)
    clock.seconds += 79
    call_often(budget)
    clock.seconds += 2
    with pytest.raises(PageBudgetError, match="more than 80 s of CPU time"):
        call_often(budget)
    with pytest.raises(PageBudgetError):  # at once from now on: no second attempt begins
        budget.check()


def test_only_the_time_of_its_calls_counts_whichever_thread_makes_them() -> None:
    clock = Clock()
    budget = PageBudget(0, Stop(), clock)

    def take(seconds: float) -> None:
        clock.seconds += seconds
        call_often(budget)

    for make, start, seconds in (
        (budget.convert, 1_000, 30),
        (budget.spend, 7, 25),
        (budget.convert, 2_000, 4),
    ):
        clock.seconds = start
        make(partial(take, seconds))
        clock.seconds += 500
    with pytest.raises(PageBudgetError):
        budget.spend(partial(take, 2))


def test_each_conversion_has_a_new_thread_that_ends_with_it() -> None:
    budget = PageBudget(0, Stop())
    first, second = (budget.convert(threading.current_thread) for _ in range(2))
    assert first is not second
    for thread in (first, second):
        thread.join(60)
        assert not thread.is_alive()


def test_a_run_converts_in_threads_that_are_not_used_again(
    site: ConfluenceSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    attributes = " ".join(f"a{number}" for number in range(1_200))
    site.state.add_page("Odd", "KI", f"<p {attributes}>{'word ' * 12_000}</p>")
    with VectorApi("underscore") as api:
        assert sync_now(environment(site, api.base_url, tmp_path)).code == 0
    threads = [row.threadName for row in caplog.records if "trying markdownify" in row.message]
    assert threads == ["apart"]


def test_a_stop_ends_a_conversion_at_once() -> None:
    stop = Stop()
    budget = PageBudget(0, stop)
    budget.check()
    stop.end("stopped by SIGTERM", 143)
    with pytest.raises(StoppedError):
        budget.check()


def over() -> PageBudget:
    """A budget that is used up."""
    clock = Clock()
    budget = PageBudget(0, Stop(), clock)
    clock.seconds += 1_000
    return budget


def test_a_conversion_over_its_budget_ends_without_a_second_converter() -> None:
    def unwanted(_page: Page, _notes: Notes) -> Converted:
        raise AssertionError("the second converter began")

    with pytest.raises(PageBudgetError):
        to_markdown(to_page("<p>a</p>" * 100), fallback=unwanted, check=over().check)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"## Heading {number}\n\ntext" for number in range(200)),
        "\n\n".join(f"Paragraph {number}." for number in range(500)),
        "word " * 50_000,
    ],
    ids=["sections", "blocks", "chunks"],
)
def test_a_split_over_its_budget_ends(text: str) -> None:
    markdown = Markdown("Title", text, ("",) * text.count("##"))
    with pytest.raises(PageBudgetError):
        split(to_page(""), markdown, check=over().check)


def test_a_page_that_costs_too_much_keeps_its_chunks_and_the_others_come_in(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    page_id = next(iter(site.state.page_ids()))
    attributes = " ".join(f"a{number}" for number in range(1_200))
    with VectorApi("underscore") as api:
        environ = environment(site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        before = {
            name: row.text
            for name, row in api.documents("confluence").items()
            if row.metadata["page_id"] == page_id
        }
        # Above a million characters there is no second converter.
        site.state.edit(page_id, f"<p {attributes}>{'word ' * 250_000}</p>")
        site.state.add_page("New", "KI", "<p>It comes in.</p>")
        ended = sync_now(environ)
        assert ended.code == 1
        assert ended["pages"]["new"] == 1
        [failure] = ended["failures"]
        assert (failure["page_id"], failure["title"]) == (page_id, "Page 0")
        assert "an element has more than 1,000 attributes" in failure["error"]
        assert len(pages_in(api)) == PAGES + 1
        rows = api.documents("confluence")
        assert before
        assert all(rows[name].text == text for name, text in before.items())
