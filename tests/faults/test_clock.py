"""Wrong clocks: Confluence dates the pages, so its clock decides what the first run leaves out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, faults
from tests.support.program import environment, sync_now
from tests.support.recovery import EVER, PAGES, check_that_a_clean_run_repairs, pages_in
from tests.support.vector_api import VectorApi

DAY = {"SINCE_HOURS": "24"}


def set_clock(site: ConfluenceSite, hours: float) -> None:
    """Set the site's clock off by `hours`, and edit every page at that time."""
    site.state.clock = lambda: datetime.now(UTC) + timedelta(hours=hours)
    for page in list(site.state.page_ids()):
        site.state.edit(page)


@pytest.mark.parametrize("hours", [-30, -5, 0, 5, 30])
def test_a_nightly_run_misses_no_page_with_a_wrong_clock(
    hours: float, site: ConfluenceSite, tmp_path: Path
) -> None:
    set_clock(site, hours)
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path, **DAY)
        now = site.state.clock()
        recent = site.state.add_page("Recent", "KI", modified=now - timedelta(hours=23))
        old = site.state.add_page("Old", "KI", modified=now - timedelta(hours=25))
        assert sync_now(environ).code == 0
        assert len(pages_in(api)) == PAGES + 1
        assert recent in pages_in(api)
        missed = site.state.add_page("Just after the run", "KI", modified=now)
        gap = site.state.add_page("Dated before", "KI", modified=now - timedelta(hours=28))
        assert sync_now(environ).code == 0
        assert {missed, gap} <= pages_in(api)
        assert old not in pages_in(api)
        site.state.edit(old)
        assert sync_now(environ).code == 0
        assert old in pages_in(api)
        check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_answer_without_a_valid_date_is_dated_by_this_machine(
    date: str, site: ConfluenceSite, tmp_path: Path
) -> None:
    site.state.add_page("Old", "KI", modified=datetime.now(UTC) - timedelta(hours=30))
    site.fail("", faults.Fault(headers={"Date": date}), times=EVER)
    with VectorApi("dash") as api:
        assert sync_now(environment(site, api.base_url, tmp_path, **DAY)).code == 0
        assert len(pages_in(api)) == PAGES
        check_that_a_clean_run_repairs(site, api, tmp_path)
