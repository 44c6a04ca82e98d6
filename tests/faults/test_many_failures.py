"""Many failed pages: when a run ends early, and when it must continue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, faults
from tests.support.program import environment, sync_now
from tests.support.recovery import (
    BODIES,
    EVER,
    PAGES,
    SEARCH,
    check_that_a_clean_run_repairs,
    pages_in,
    small_site,
)
from tests.support.vector_api import VectorApi

pytestmark = pytest.mark.slow

MANY = 120


@pytest.fixture
def big_site() -> Iterator[ConfluenceSite]:
    with small_site(MANY) as site:
        yield site


def fail_every(site: ConfluenceSite, step: int) -> set[str]:
    """Make the first of each `step` pages unavailable; return the ids of the rest."""
    ids = list(site.state.page_ids())
    failing = set(ids[::step])
    site.fail(SEARCH, faults.error(410), times=EVER)
    site.fail(
        lambda request: request.path.rpartition("/")[2] in failing, faults.error(404), times=EVER
    )
    return set(ids) - failing


def test_ten_failures_in_a_row_end_the_run_and_delete_nothing(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        gone, *others = list(site.state.page_ids())
        site.state.trash(gone)
        for page in others:
            site.state.edit(page, "<p>Edited.</p>")
        site.fail(BODIES, faults.error(404), times=EVER)
        ended = sync_now(environ)
        assert (ended.code, ended["pages"]["failed"], ended["pages"]["deleted"]) == (4, 10, 0)
        assert len(pages_in(api)) == PAGES
        check_that_a_clean_run_repairs(site, api, tmp_path)


def test_one_failure_in_six_ends_the_run_and_deletes_nothing(
    big_site: ConfluenceSite, tmp_path: Path
) -> None:
    state = big_site.state
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(big_site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        *others, gone = list(state.page_ids())
        state.trash(gone)
        for page in others:
            state.edit(page, "<p>Edited.</p>")
        fail_every(big_site, 6)
        ended = sync_now(environ)
        # The 17th failure is page 97; the limit applies from page 100, so the 18th ends the run.
        assert (ended.code, ended["pages"]["failed"], ended["pages"]["deleted"]) == (4, 18, 0)
        assert len(pages_in(api)) == MANY
        check_that_a_clean_run_repairs(big_site, api, tmp_path)


@pytest.mark.parametrize("batch_size", ["1", "100"])
def test_one_failure_in_ten_skips_only_those_pages(
    batch_size: str, big_site: ConfluenceSite, tmp_path: Path
) -> None:
    others = fail_every(big_site, 10)
    with VectorApi("dash") as api:
        ended = sync_now(environment(big_site, api.base_url, tmp_path, BATCH_SIZE=batch_size))
        assert (ended.code, ended["pages"]["failed"]) == (1, MANY // 10)
        assert pages_in(api) == others
        check_that_a_clean_run_repairs(big_site, api, tmp_path)
