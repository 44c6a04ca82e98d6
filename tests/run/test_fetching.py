"""Fetching whatever fails: what goes last, what is asked for again, and when a site is given up."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pytest

from pipeline.fetch import ConfluenceError
from pipeline.records import ATTACHMENT, COMMENT, PAGE, Page, PageFailure, PageRef
from pipeline.report import Report
from pipeline.run.read.fetching import Fetching, choose_examples, put_last
from pipeline.run.stop import Stop
from tests.support.fast_retries import FAST


def to_refs(numbers: Collection[int]) -> list[PageRef]:
    return [PageRef(str(number), 1, f"Page {number}", "KI") for number in numbers]


ALL = to_refs(range(120))


class Fetched:
    """One run's fetching from a site on which `fails` decides by page and attempt, from 1."""

    def __init__(
        self,
        fails: Callable[[int, int], bool],
        refs: Sequence[PageRef] = ALL,
        failed_before: Mapping[str, int] | None = None,
    ) -> None:
        self.report, self.asked = Report(), Counter[str]()
        self.done, self.read = 0, list[int]()
        self.error = ""

        def fetch(batch: Sequence[PageRef]) -> list[Page | PageFailure]:
            return [ask(ref) for ref in batch]

        def ask(ref: PageRef) -> Page | PageFailure:
            self.asked[ref.id] += 1
            if fails(int(ref.id), self.asked[ref.id]):
                return PageFailure(ref.id, ref.title, "fetch", "HTTP 500")
            return Page(ref, "", "")

        def count() -> None:
            self.done += 1

        fetching = Fetching(fetch, self.report, Stop(), 1, FAST)
        choose = partial(choose_examples, ALL, lambda _: False)
        try:
            for page in fetching.pages(refs, failed_before or {}, choose, count):
                self.read.append(int(page.ref.id))
        except ConfluenceError as error:
            self.error = str(error)
            fetching.report_failed()

    @property
    def failed(self) -> set[int]:
        return {int(page) for page in self.report.failed_ids}


UNREADABLE = {
    "twelve side by side": range(40, 52),
    "thirty at the start": range(30),
    "thirty at the end": range(90, 120),
    "every second page": range(0, 120, 2),
    "one in six": range(0, 120, 6),
    "three in four": [number for number in range(120) if number % 4],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_pages_end_no_run_while_others_can_be_read(name: str) -> None:
    unreadable = set(UNREADABLE[name])
    fetched = Fetched(lambda page, _: page in unreadable)
    assert not fetched.error
    assert (fetched.failed, set(fetched.read)) == (unreadable, set(range(120)) - unreadable)
    assert fetched.done == 120


def test_a_site_on_which_no_page_can_be_read_is_given_up_after_a_few() -> None:
    fetched = Fetched(lambda *_: True)
    assert "10 pages in a row cannot be read, nor can others: HTTP 500" in fetched.error
    assert len(fetched.failed) == 10
    assert fetched.asked.total() < 80


def test_a_site_that_stops_working_is_given_up_soon_and_the_pages_before_are_read() -> None:
    fetched = Fetched(lambda page, attempt: page >= 60 or attempt > 1)
    assert fetched.error
    assert fetched.read == list(range(60))
    assert fetched.failed == set(range(60, 70))


def test_a_site_that_recovers_within_the_waits_is_not_given_up() -> None:
    fetched = Fetched(lambda page, attempt: page >= 60 and attempt <= 2)
    assert not fetched.error


def test_a_page_that_fails_once_is_read_after_all_others() -> None:
    fetched = Fetched(lambda page, attempt: page == 3 and attempt == 1)
    assert (fetched.failed, fetched.read[-1], len(fetched.read)) == (set(), 3, 120)


def test_pages_that_failed_in_earlier_runs_go_last_and_are_asked_for_once() -> None:
    fetched = Fetched(lambda page, _: page < 13, failed_before={"5": 3, "7": 1, "100": 2})
    assert fetched.read[-1] == 100
    assert fetched.asked["5"] == fetched.asked["7"] == 1
    assert fetched.asked["6"] == 2
    order = [ref.id for ref in put_last(ALL, {"5": 3, "7": 1, "100": 2})]
    assert order[-3:] == ["7", "100", "5"]
    assert len(order) == len(ALL)


def test_the_second_round_ends_when_its_pages_still_fail() -> None:
    fetched = Fetched(lambda page, _: page % 4 > 0)
    assert sum(number > 1 for number in fetched.asked.values()) <= 50, "two batches"
    assert (len(fetched.failed), fetched.done) == (90, 120)


def test_examples_are_pages_that_the_collection_holds() -> None:
    chosen = choose_examples(ALL, lambda ref: int(ref.id) >= 118)
    assert [ref.id for ref in chosen] == ["118", "119"]
    assert [ref.id for ref in choose_examples(ALL, lambda _: False)] == ["0", "30", "60", "90"]
    assert choose_examples([], lambda _: True) == []


def test_at_most_five_files_wait_on_disk_however_many_workers_there_are() -> None:
    saved: list[str] = []

    def fetch(batch: Sequence[PageRef]) -> list[Page | PageFailure]:
        saved.extend(ref.id for ref in batch)
        return [Page(ref, "", "") for ref in batch]

    refs = [replace(ref, content_type=ATTACHMENT) for ref in ALL]
    fetching = Fetching(fetch, Report(), Stop(), 16, FAST)
    for read, _ in enumerate(fetching.pages(refs, {}, lambda: (), lambda: None)):
        assert len(saved) - read <= 5  # the one that is converted now, too


def test_comments_are_fetched_together_up_to_a_number_of_them_and_files_one_by_one() -> None:
    sizes: dict[str, list[int]] = {COMMENT: [], ATTACHMENT: [], PAGE: []}

    def fetch(batch: Sequence[PageRef]) -> list[Page | PageFailure]:
        sizes[batch[0].content_type].append(sum(len(ref.details) for ref in batch))
        return [Page(ref, "", "") for ref in batch]

    refs = [
        replace(ref, content_type=content_type, details="x" * 100_000)
        for content_type in sizes
        for ref in ALL
    ]
    found = Fetching(fetch, Report(), Stop(), 1, FAST).pages(refs, {}, lambda: (), lambda: None)
    assert [page.ref for page in found] == refs
    assert max(sizes[COMMENT]) == 500_000
    assert len(sizes[COMMENT]) == len(ALL) // 5
    assert (len(sizes[ATTACHMENT]), len(sizes[PAGE])) == (len(ALL), -(-len(ALL) // 25))
