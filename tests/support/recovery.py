"""A site of twelve pages, and the check that a clean run repairs what a fault left behind."""

from pathlib import Path

from demo.confluence_site import ConfluenceSite, Paging, SiteState
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import VectorApi

PAGES = 12
LIST_ROWS = 5  # three answers list the twelve pages
# Requests, as patterns for `ConfluenceSite.fail` and `count`
LISTING, SEARCH, SINGLE = r"/spaces/\d+/pages", r"content/search", r"/wiki/api/v2/pages/\d+"
BODIES = rf"{SEARCH}|{SINGLE}"
EVER = None  # `times` of a fault that lasts


def new_state(pages: int = PAGES) -> SiteState:
    """Return a space of pages with a heading and a sentence each."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(pages):
        state.add_page(f"Page {number}", "KI", f"<h2>What</h2><p>This is page {number}.</p>")
    return state


def small_site(pages: int = PAGES) -> ConfluenceSite:
    """Return a site of that many pages, a few in each answer of a list."""
    return ConfluenceSite(new_state(pages), paging=Paging(list_rows=LIST_ROWS))


def pages_in(api: VectorApi) -> set[str]:
    """Return the ids of the pages in the collection."""
    return {str(row.metadata["page_id"]) for row in api.documents("confluence").values()}


def check_that_failures_are_reported(ended: Ended, site: ConfluenceSite, api: VectorApi) -> None:
    """Assert that the report lists exactly the pages that are not in the collection."""
    failed = {failure["page_id"] for failure in ended["failures"]}
    assert pages_in(api) == set(site.state.page_ids()) - failed


def check_that_a_clean_run_repairs(
    site: ConfluenceSite, api: VectorApi, folder: Path, **more: str
) -> None:
    """Assert that a run without faults leaves what a first run leaves, without duplicates."""
    site.clear_faults()
    api.faults = []
    assert sync_now(environment(site, api.base_url, folder, **more)).code == 0
    with VectorApi(api.form) as fresh:
        assert sync_now(environment(site, fresh.base_url, folder / "fresh", **more)).code == 0
        assert api.documents("confluence").keys() == fresh.documents("confluence").keys()
    assert not api.duplicates("confluence")
