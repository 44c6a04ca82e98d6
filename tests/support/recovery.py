"""A site of twelve pages, and the check that no fault leaves a trace behind."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.fast_retries import hurry
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import VectorApi

PAGES = 12
ROWS_A_LISTING = 5  # so that twelve pages are listed in three answers
LISTING, SEARCH, SINGLE = r"/spaces/\d+/pages", r"content/search", r"/wiki/api/v2/pages/\d+"
BODIES = rf"{SEARCH}|{SINGLE}"
EVER = None


def to_state(pages: int = PAGES) -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(pages):
        state.add_page(f"Page {number}", "KI", f"<h2>What</h2><p>This is page {number}.</p>")
    return state


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """Programs do not wait, and list few rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        patch.setattr("pipeline.fetch.listing.ROWS_A_REQUEST", ROWS_A_LISTING)
        yield


@contextlib.contextmanager
def small_site(pages: int = PAGES) -> Iterator[ConfluenceSite]:
    """The site, met by hurried programs."""
    with hurried(), ConfluenceSite(to_state(pages)) as site:
        yield site


def pages_in(api: VectorApi) -> set[str]:
    return {str(one.metadata["page_id"]) for one in api.documents("confluence").values()}


def check_that_failures_are_named(ended: Ended, site: ConfluenceSite, api: VectorApi) -> None:
    """A page is in, or it is told."""
    failed = {one["page_id"] for one in ended["failures"]}
    assert pages_in(api) == set(site.state.page_ids()) - failed


def check_that_a_clean_run_heals(
    site: ConfluenceSite, api: VectorApi, folder: Path, **more: str
) -> None:
    """The store is then what a fresh ingest makes, and nothing is there twice."""
    site.clear_faults()
    api.faults = []
    assert sync_now(environment(site, api.base_url, folder, **more)).code == 0
    with VectorApi(api.form) as fresh:
        assert sync_now(environment(site, fresh.base_url, folder / "fresh", **more)).code == 0
        assert api.documents("confluence").keys() == fresh.documents("confluence").keys()
    assert not api.duplicates("confluence")
