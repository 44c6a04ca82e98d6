"""Which pages a run fetches again because of what they show of others: the decision alone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.records import Dependencies, IncludedPage, Page, PageRef
from pipeline.run.plan import DependentPages
from pipeline.run.stop import StoppedError
from pipeline.state import Dependents, Ledger, open_memory_ledger
from tests.support.site_pages import to_listing

MONDAY = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DYNAMIC = Dependencies(is_dynamic=True)


class Nights:
    """Runs over pages that are named by a letter, in space KI; `including` is what they show."""

    def __init__(self, refresh_hours: float = 168) -> None:
        self.refresh_hours = refresh_hours
        self.ledger: Ledger = open_memory_ledger()
        self.listed = {name: self.ref(name) for name in "ABCD"}
        self.including: dict[str, Dependencies] = {}
        self.unlisted: list[str] = []  # spaces whose listing fails
        self.skipped: list[str] = []  # pages that are restricted

    def ref(self, name: str, version: int = 1, **fields: str) -> PageRef:
        more = {"title": f"Page {name}", "space": "KI", "modified": "2026-01-05T08:00:00.000Z"}
        return PageRef(name, version, **(more | fields))

    def include(self, name: str, *pages: str, is_dynamic: bool = False) -> None:
        included = tuple(IncludedPage(f"Page {page}") for page in pages)
        self.including[name] = Dependencies(included, is_dynamic)

    def run(
        self, began: datetime = MONDAY, fails: Iterable[str] = (), early: Iterable[str] = ()
    ) -> set[str]:
        """One run; returns the pages that it fetches, of those the failing ones in vain."""
        dependents = DependentPages(self.refresh_hours)
        refs = list(self.listed.values())
        digests = {ref.id: f"{ref.version} {ref.title}" for ref in refs}
        changed = [ref for ref in refs if self._is_changed(ref, digests)]
        listing = to_listing(refs, self.unlisted)
        listing.skip(self.skipped)
        dependents.make_pending(self.ledger, listing, changed, began)
        held = self.ledger.pages()
        fetched = {ref.id for ref in refs if ref.id not in held or self._is_changed(ref, digests)}
        for ref in refs:
            if ref.id in fetched and ref.id not in fails:
                found = self.including.get(ref.id, Dependencies())
                dependents.note(Page(ref, "", ""), found, ref.id in early)
                self.ledger.record_page(ref.id, ref.title, digests[ref.id], "")
                if dependent := dependents.take(ref.id):
                    Dependents(self.ledger).record(dependent)
        for page_id in () if self.unlisted else set(held) - self.listed.keys():
            self.ledger.forget_page(page_id)
        return fetched

    def _is_changed(self, ref: PageRef, digests: dict[str, str]) -> bool:
        held = self.ledger.page(ref.id)
        return held is not None and held.digest != digests[ref.id]


@pytest.fixture
def nights() -> Nights:
    """A includes B, which includes C; D depends on nothing. The first run is over."""
    nights = Nights()
    nights.include("A", "B")
    nights.include("B", "C")
    assert nights.run() == set("ABCD")
    return nights


def test_a_night_without_changes_fetches_nothing(nights: Nights) -> None:
    for number in range(30):
        assert nights.run(MONDAY + number * DAY) == set()


def test_an_edit_is_carried_through_all_that_include_it_once(nights: Nights) -> None:
    nights.listed["C"] = nights.ref("C", 2)
    assert nights.run() == set("ABC")
    assert nights.run() == set()


def test_a_page_that_fails_in_that_night_is_fetched_in_the_next(nights: Nights) -> None:
    nights.listed["C"] = nights.ref("C", 2)
    assert nights.run(fails="A") == set("ABC")
    assert nights.run(fails="A") == {"A"}
    assert nights.run() == {"A"}
    assert nights.run() == set()


def test_a_page_that_failed_carries_what_it_includes_by_now_once_it_is_fetched(
    nights: Nights,
) -> None:
    nights.listed["B"] = nights.ref("B", 2)
    nights.include("B", "C", "D")  # new in this version, and not known before the next night
    assert nights.run(fails="B") == set("AB")
    nights.listed["D"] = nights.ref("D", 2)
    assert nights.run() == set("ABD")
    assert nights.run() == set()


def test_an_edit_that_keeps_the_version_number_is_noticed(nights: Nights) -> None:
    nights.listed["B"] = nights.ref("B", modified="2026-06-14T08:00:00.000Z")
    assert nights.run() == {"A"}


def test_a_deleted_page_leaves_the_pages_that_included_it(nights: Nights) -> None:
    del nights.listed["C"]
    assert nights.run() == set("AB")
    assert nights.run() == set()


def test_a_page_that_appears_under_the_title_is_noticed_whatever_its_date(nights: Nights) -> None:
    nights.listed["D"] = nights.ref("D", title="Page E")
    nights.include("A", "E")
    nights.listed["A"] = nights.ref("A", 2)
    nights.run()
    nights.listed["D"] = nights.ref("D", title="Page D")
    assert nights.run() == {"A", "D"}
    nights.listed["E"] = nights.ref("E", modified="2020-01-01T00:00:00.000Z")
    assert nights.run() == {"A", "E"}


def test_a_page_that_is_replaced_by_another_of_its_title_is_noticed(nights: Nights) -> None:
    del nights.listed["C"]
    nights.listed["X"] = nights.ref("X", title="Page C")
    assert nights.run() == set("ABX")
    assert nights.run() == set()


def test_a_renamed_page_is_fetched_with_those_that_include_it(nights: Nights) -> None:
    nights.listed["C"] = nights.ref("C", 2, title="Other")
    nights.including["B"] = Dependencies((IncludedPage("Other"),))  # Confluence follows the name
    assert nights.run() == set("ABC")
    assert nights.run() == set()


def test_cycles_and_pages_that_include_themselves_end(nights: Nights) -> None:
    nights.include("C", "A", "C")
    nights.listed["C"] = nights.ref("C", 2)
    assert nights.run() == set("ABC")
    assert nights.run() == set()
    nights.listed["B"] = nights.ref("B", 2)
    assert nights.run() == set("ABC")
    assert nights.run() == set()


@pytest.mark.parametrize(
    "included",
    [
        IncludedPage("page d"),
        IncludedPage(" Page  D", "ki"),
        IncludedPage(id="D"),
        IncludedPage("Page D", "KI"),
    ],
)
def test_a_page_is_found_by_title_space_or_id(nights: Nights, included: IncludedPage) -> None:
    nights.including["A"] = Dependencies((included,))
    nights.listed["A"] = nights.ref("A", 2)
    nights.run()
    nights.listed["D"] = nights.ref("D", 2)
    assert nights.run() == {"A", "D"}


def test_a_space_that_cannot_be_listed_changes_no_page_that_includes_from_it(
    nights: Nights,
) -> None:
    nights.including["A"] = Dependencies((IncludedPage("Notes", "HB"), IncludedPage(id="X")))
    nights.listed["A"] = nights.ref("A", 2)
    notes = nights.listed["X"] = nights.ref("X", title="Notes", space="HB")
    assert nights.run() == {"A", "X"}
    del nights.listed["X"]
    nights.unlisted = ["HB"]
    assert nights.run() == set()
    nights.unlisted = []
    nights.listed["X"] = notes
    assert nights.run() == set()


def test_a_page_that_is_skipped_leaves_those_that_include_it(nights: Nights) -> None:
    nights.skipped = ["C"]
    assert nights.run() == set("AB")
    assert nights.run() == set()
    nights.skipped = []
    assert nights.run() == set("AB")


def test_the_same_title_in_another_space_is_another_page(nights: Nights) -> None:
    nights.listed["X"] = nights.ref("X", title="Page B", space="HB")
    assert nights.run() == {"X"}
    nights.listed["X"] = nights.ref("X", 2, title="Page B", space="HB")
    assert nights.run() == {"X"}


def test_an_include_that_was_removed_counts_no_more(nights: Nights) -> None:
    del nights.including["A"]
    nights.listed["A"] = nights.ref("A", 2)
    assert nights.run() == {"A"}
    nights.listed["B"] = nights.ref("B", 2)
    assert nights.run() == {"B"}


def test_a_page_that_was_fetched_while_the_listing_continued_is_compared_anew() -> None:
    nights = Nights()
    nights.include("A", "B", "Z")  # an edit of B may be in the listing, and not in A's text
    nights.run(early="ACD")
    assert nights.run() == {"A"}
    assert nights.run() == set()


def test_dynamic_text_is_fetched_again_in_time_with_all_that_include_it() -> None:
    nights = Nights()
    nights.include("A", "B")
    nights.including["B"] = DYNAMIC
    nights.run()
    a_little_early = timedelta(minutes=5)
    fetched = [nights.run(MONDAY + day * DAY - a_little_early) for day in range(1, 16)]
    assert fetched == [set("AB") if day in (7, 14) else set() for day in range(1, 16)]


def test_text_from_outside_the_scope_is_dynamic() -> None:
    nights = Nights()
    nights.include("A", "Z")
    nights.run()
    assert nights.run(MONDAY + 6 * DAY) == set()
    assert nights.run(MONDAY + 7 * DAY) == {"A"}


def test_nothing_is_too_old_with_refresh_hours_0() -> None:
    nights = Nights(refresh_hours=0)
    nights.include("A", "B", "Z", is_dynamic=True)
    nights.run()
    assert nights.run(MONDAY + 1000 * DAY) == set()
    nights.listed["B"] = nights.ref("B", 2)
    assert nights.run() == {"A", "B"}


def test_a_text_from_the_future_is_too_old() -> None:
    nights = Nights(refresh_hours=1e300)
    nights.including["A"] = DYNAMIC
    nights.run(MONDAY + 900 * DAY)
    assert nights.run(MONDAY) == {"A"}
    assert nights.run(MONDAY + DAY) == set()


def test_a_stop_while_includes_are_compared_changes_nothing(nights: Nights) -> None:
    def stop() -> None:
        raise StoppedError("stopped", 143)

    nights.listed["C"] = nights.ref("C", 2)
    listing = to_listing(nights.listed.values(), ())
    with pytest.raises(StoppedError):
        DependentPages(168).make_pending(nights.ledger, listing, (), MONDAY, stop)
    assert all(page.digest for page in nights.ledger.pages().values())
    assert nights.run() == set("ABC")


def test_a_page_is_fetched_again_with_the_blog_post_that_it_includes(nights: Nights) -> None:
    post = IncludedPage("Page P", content_type="blogpost")
    nights.listed |= {"P": nights.ref("P", content_type="blogpost")}
    # A page of the same title, which comes first, is not what the macro names.
    nights.listed |= {"O": nights.ref("O", title="Page P"), "E": nights.ref("E")}
    nights.including["E"] = Dependencies((post,))
    assert nights.run() == set("POE")
    nights.listed["O"] = nights.ref("O", 2, title="Page P")
    assert nights.run() == {"O"}
    nights.listed["P"] = nights.ref("P", 2, content_type="blogpost")
    assert nights.run() == {"P", "E"}


def test_of_two_blog_posts_with_one_title_neither_is_known(nights: Nights) -> None:
    nights.listed |= {name: nights.ref(name, content_type="blogpost", title="Day") for name in "PQ"}
    nights.listed["E"] = nights.ref("E")
    nights.including["E"] = Dependencies((IncludedPage("Day", content_type="blogpost"),))
    nights.run()
    nights.listed["P"] = nights.ref("P", 2, content_type="blogpost", title="Day")
    assert nights.run(MONDAY + DAY) == {"P"}
    assert nights.run(MONDAY + 8 * DAY) == {"E"}
