"""Many failed pages: the run ends only if no page can be read or stored."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, faults
from pipeline.run.write.old_chunks import UNDELETED_IN_A_ROW
from tests.support.program import environment, sync_now
from tests.support.recovery import (
    BODIES,
    EVER,
    PAGES,
    SEARCH,
    SINGLE,
    check_that_a_clean_run_repairs,
    check_that_failures_are_reported,
    pages_in,
    small_site,
)
from tests.support.vector_api import Fault, VectorApi

pytestmark = pytest.mark.slow

MANY = 119


@pytest.fixture
def big_site() -> Iterator[ConfluenceSite]:
    with small_site(MANY) as site:
        yield site


def make_unreadable(site: ConfluenceSite, pages: Collection[str], status: int) -> None:
    """Make the search and the single route fail for these pages."""

    def is_of_one(request: faults.Request) -> bool:
        if "content/search" in request.path:
            return any(page in request.query["cql"] for page in pages)
        return request.path.rpartition("/")[2] in pages

    site.fail(is_of_one, faults.error(status), times=EVER)


@pytest.mark.parametrize(
    ("first", "last", "step", "status"),
    [(40, 52, 1, 403), (0, 30, 1, 404), (89, 119, 1, 500), (0, 119, 6, 503), (1, 119, 2, 404)],
    ids=["twelve side by side", "the first thirty", "the last thirty", "one in six", "half"],
)
def test_unreadable_pages_are_named_and_all_others_are_stored(
    first: int, last: int, step: int, status: int, big_site: ConfluenceSite, tmp_path: Path
) -> None:
    unreadable = list(big_site.state.page_ids())[first:last:step]
    make_unreadable(big_site, unreadable, status)
    with VectorApi("dash") as api:
        environ = environment(big_site, api.base_url, tmp_path)
        ended = sync_now(environ)
        assert (ended.code, ended["pages"]["failed"]) == (1, len(unreadable))
        check_that_failures_are_reported(ended, big_site, api)
        before = len(big_site.requests)
        assert sync_now(environ)["pages"]["failed"] == len(unreadable), "nothing else is changed"
        assert len(big_site.requests) - before < 400
        check_that_a_clean_run_repairs(big_site, api, tmp_path)


@pytest.mark.parametrize("status", [404, 503])
def test_a_site_without_readable_pages_is_exit_4_soon_and_deletes_nothing(
    status: int, big_site: ConfluenceSite, tmp_path: Path
) -> None:
    state = big_site.state
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(big_site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        gone, *others = list(state.page_ids())
        state.trash(gone)
        for page in others:
            state.edit(page, "<p>Edited.</p>")
        big_site.fail(BODIES, faults.error(status), times=EVER)
        before = len(big_site.requests)
        ended = sync_now(environ)
        assert (ended.code, ended["pages"]["failed"], ended["pages"]["deleted"]) == (4, 10, 0)
        assert len(big_site.requests) - before < 600, "far from all pages with all retries"
        assert len(pages_in(api)) == MANY
        check_that_a_clean_run_repairs(big_site, api, tmp_path)


def test_pages_that_failed_in_an_earlier_run_are_fetched_last(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    bad, *others = list(site.state.page_ids())
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path)
        make_unreadable(site, [bad], 404)
        assert sync_now(environ).code == 1
        for page in others:
            site.state.edit(page, "<p>Edited.</p>")
        site.clear_faults()
        site.fail(SEARCH, faults.error(410), times=EVER)
        before = len(site.requests)
        assert sync_now(environ).code == 0
        asked = [r.path.rpartition("/")[2] for r in site.requests[before:] if "/pages/" in r.path]
        assert list(dict.fromkeys(asked)) == [*others, bad]
        check_that_a_clean_run_repairs(site, api, tmp_path)


def test_a_page_that_fails_for_ever_does_not_keep_out_a_page_of_a_missed_night(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    bad = next(iter(site.state.page_ids()))
    make_unreadable(site, [bad], 500)
    with VectorApi("dash") as api:
        environ = environment(site, api.base_url, tmp_path, SINCE_HOURS="24")
        assert sync_now(environ).code == 1
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        missed = site.state.add_page("Written in a missed night", "KI", modified=long_ago)
        assert sync_now(environ).code == 1
        assert missed in pages_in(api)


def test_a_site_that_goes_down_in_the_middle_keeps_what_is_in_and_the_next_run_continues(
    big_site: ConfluenceSite, tmp_path: Path
) -> None:
    big_site.fail(BODIES, faults.reset(), times=EVER, after=2)
    big_site.fail("user/current", faults.reset(), times=EVER, after=1)
    with VectorApi("dash") as api:
        environ = environment(big_site, api.base_url, tmp_path, WORKERS="1", BATCH_SIZE="5")
        assert sync_now(environ).code == 4
        kept = pages_in(api)
        assert kept
        big_site.clear_faults()
        ended = sync_now(environ)
        assert (ended.code, ended["pages"]["new"]) == (0, MANY - len(kept))
        check_that_a_clean_run_repairs(big_site, api, tmp_path)


def test_a_site_on_which_every_third_request_fails_is_read_completely(
    big_site: ConfluenceSite, tmp_path: Path
) -> None:
    asked: list[faults.Request] = []

    def is_third(request: faults.Request) -> bool:
        asked.append(request)
        return len(asked) % 3 == 0

    big_site.fail(is_third, faults.error(503), times=EVER)
    with VectorApi("dash") as api:
        assert sync_now(environment(big_site, api.base_url, tmp_path)).code == 0
        check_that_a_clean_run_repairs(big_site, api, tmp_path)


def test_a_page_whose_batch_fails_is_read_at_the_end_of_the_run(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    page = next(iter(site.state.page_ids()))
    site.fail(SEARCH, faults.error(410), times=EVER)
    site.fail(f"{SINGLE}.*{page}|/pages/{page}", faults.error(404))
    with VectorApi("dash") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path))
        assert (ended.code, ended["failures"], len(pages_in(api))) == (0, [], PAGES)


@pytest.mark.parametrize(("status", "batch_size"), [(400, "5"), (500, "100")])
def test_pages_that_the_vector_server_cannot_store_are_named_and_all_others_are_stored(
    status: int, batch_size: str, big_site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("dash") as api:
        # Pages 1, 10 to 19, and 100 to 118.
        api.faults = [Fault(status=status, times=EVER, saying="This is page 1")]
        ended = sync_now(environment(big_site, api.base_url, tmp_path, BATCH_SIZE=batch_size))
        assert (ended.code, ended["pages"]["failed"]) == (1, 30)
        check_that_failures_are_reported(ended, big_site, api)
        check_that_a_clean_run_repairs(big_site, api, tmp_path)


def test_a_server_that_deletes_nothing_ends_the_run_and_the_pages_are_deleted_later(
    big_site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(big_site, api.base_url, tmp_path, MAX_DELETE_PERCENT="100")
        assert sync_now(environ).code == 0
        gone = list(big_site.state.page_ids())[:40]
        for page in gone:
            big_site.state.trash(page)
        api.faults = [Fault(status=500, on="delete", times=EVER)]
        ended = sync_now(environ)
        assert (ended.code, ended["pages"]["failed"]) == (5, UNDELETED_IN_A_ROW)
        check_that_a_clean_run_repairs(big_site, api, tmp_path, MAX_DELETE_PERCENT="100")
