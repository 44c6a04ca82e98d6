"""A run's memory does not grow with the pages that are listed."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.fetch import ROWS_A_REQUEST, ListingPart, Site, Space
from pipeline.records import ListedPage, PageRef
from pipeline.report import Report
from pipeline.run.collection import Collection
from pipeline.run.plan import Digests, Plan, to_conversion_digest
from pipeline.run.steps import Run
from pipeline.run.stop import Stop
from pipeline.settings import Settings
from pipeline.state import Ledger, open_ledger
from pipeline.upsert.dry_run import DryRun
from tests.support.confluence_client import settings_for
from tests.support.memory import measure_peak

ADDRESS = "http://127.0.0.1:1"
SETTINGS = settings_for(CONF_BASE_URL=ADDRESS, CONF_SITE_URL=ADDRESS, DRY_RUN="1", WORKERS="1")
NO_TYPES: Mapping[str, str] = {}
LEAST_BYTES_A_PAGE = 150  # of a page in any list, set or dict: the id alone has 56


def to_page(number: int) -> ListedPage:
    parent = str(10**6 + number // 10) if number else None
    modified = "2026-06-15T09:30:00.000Z"
    return ListedPage(PageRef(str(10**6 + number), 1, f"Page {number}", "KI", modified), parent)


class ManyPages(Site):
    """A site whose listing is generated on the fly."""

    def __init__(self, settings: Settings, pages: int) -> None:
        super().__init__(settings)
        self._pages = pages

    def check_credentials(self) -> str:
        return "somebody"

    def list_pages(self, in_spaces: Sequence[Space]) -> Iterator[ListingPart]:
        for first in range(0, self._pages, ROWS_A_REQUEST):
            last = min(first + ROWS_A_REQUEST, self._pages)
            yield ListingPart(tuple(map(to_page, range(first, last))))

    def list_gone(
        self, ids: Sequence[str], in_spaces: Sequence[Space], type_of: Mapping[str, str] = NO_TYPES
    ) -> set[str]:
        return set(ids)


def plan(pages: int, ledger: Ledger, folder: Path) -> Plan:
    return plan_site(ManyPages(SETTINGS, pages), ledger, folder, Report())


def plan_site(site: Site, ledger: Ledger, folder: Path, report: Report) -> Plan:
    sink, stop = DryRun(None), Stop()
    collection = Collection("confluence", "server", sink, ledger, report, folder, lambda _: True)
    run = Run(SETTINGS, site, collection, report, stop)
    return run.plan(run.list_pages())


def measure(pages: int, folder: Path) -> int:
    """Return the peak of a run's listing and plan in bytes; one in eleven is gone."""
    with open_ledger(folder / f"{pages}.sqlite3") as ledger:
        new = plan(pages, ledger, folder)
        assert len(new.upsert) == pages
        digests = Digests(to_conversion_digest(SETTINGS), SETTINGS.conf_site_url)
        with ledger.together():
            for ref in new.new:
                ledger.record_page(ref.id, ref.title, digests.of(ref), "")
        ledger.add_pending((str(number), "Gone") for number in range(pages // 10))
    with open_ledger(folder / f"{pages}.sqlite3") as ledger:

        def plan_again() -> None:
            unchanged = plan(pages, ledger, folder)
            assert (unchanged.unchanged, len(unchanged.delete)) == (pages, pages // 10)

        return measure_peak(plan_again)


@pytest.mark.slow
def test_the_memory_of_listing_and_plan_does_not_grow_with_the_pages(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "pipeline")  # pytest keeps every record
    few, many = measure(500, tmp_path), measure(4_500, tmp_path)
    assert many - few < 0.2 * LEAST_BYTES_A_PAGE * 4_000


class NothingIsGone(ManyPages):
    """A site on which every page that its listing lacks still exists."""

    def list_gone(
        self, ids: Sequence[str], in_spaces: Sequence[Space], type_of: Mapping[str, str] = NO_TYPES
    ) -> set[str]:
        return set()


def test_of_many_pages_that_a_listing_forgets_a_hundred_are_named(tmp_path: Path) -> None:
    report = Report()
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        ledger.add_pending((str(number), "Forgotten") for number in range(300))
        plan_site(NothingIsGone(SETTINGS, 1), ledger, tmp_path, report)
    warnings = [line for line in report.to_json()["warnings"] if "still exist" in line]
    assert (len(warnings), warnings[-1][:9]) == (101, "300 pages")
