"""Fixtures: a site with two small spaces, and a client of it."""

from datetime import UTC, datetime, timedelta

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.site_client import SiteClient

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def state() -> SiteState:
    """Space KI: Home > (Runbooks, a folder) > Disk > Logs, and Old, which is archived."""
    state = SiteState(clock=lambda: NOON)
    state.add_space("KI", "Known Issues")
    state.add_space("HB", "Handbook")
    home = state.add_page("Home", "KI", page_id="1000", modified=NOON - timedelta(days=9))
    runbooks = state.add_folder("Runbooks", "KI", parent=home)
    disk = state.add_page("Disk", "KI", "<p>full</p>", parent=runbooks, labels=["run", "disk"])
    state.add_page("Logs", "KI", parent=disk, labels=["run"], modified=NOON - timedelta(hours=3))
    state.add_page("Old", "KI", parent=home, status="archived")
    state.add_page("Cake", "HB", modified=NOON - timedelta(days=2))
    return state


@pytest.fixture
def client(site: ConfluenceSite) -> SiteClient:
    """A client of `site`."""
    return SiteClient(site)
