"""Every fault observed on Confluence: the exit code, and the pages in the collection.

After each, here and in the other files of this folder, a run without faults leaves what a first
run leaves, without duplicates.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, Paging, faults
from tests.support.fast_retries import HASTY
from tests.support.program import environment, sync_now
from tests.support.recovery import (
    BODIES,
    EVER,
    LIST_ROWS,
    LISTING,
    PAGES,
    SEARCH,
    check_that_a_clean_run_repairs,
    check_that_failures_are_reported,
    pages_in,
    small_site,
)
from tests.support.vector_api import VectorApi

USER = r"user/current"
ANY_LIST = r"/wiki/api/v2/(spaces/\d+/)?pages\?"
HTTP_DATE = "Mon, 01 Jan 2001 00:00:00 GMT"
OTHER_HOST = "https://evil.example/wiki/api/v2/spaces"


def of_one_page(site: ConfluenceSite) -> faults.Match:
    """Match requests for the first page's body, by search or by id."""
    page = next(iter(site.state.page_ids()))
    return lambda request: (
        request.path.endswith(f"/pages/{page}")
        or ("search" in request.path and page in request.query["cql"])
    )


def of_more_than_five(_site: ConfluenceSite) -> faults.Match:
    return lambda request: "search" in request.path and int(request.query["limit"]) > 5


def after_the_listing(_site: ConfluenceSite) -> faults.Match:
    """Match the first request for a body and every request after it."""
    bodies: list[faults.Request] = []

    def is_after_listing(request: faults.Request) -> bool:
        if re.search(BODIES, request.target):
            bodies.append(request)
        return bool(bodies)

    return is_after_listing


def nothing_and_a_next_link() -> faults.Fault:
    """Return an empty answer with a new cursor each time."""
    cursors = itertools.count()
    return faults.rewritten(
        lambda _: {"results": [], "_links": {"next": f"/wiki/api/v2/pages?again={next(cursors)}"}}
    )


@dataclass(frozen=True)
class Site:
    """A fault, where and how often it happens; the exit code, and the pages in the collection."""

    name: str
    where: str | Callable[[ConfluenceSite], faults.Match]
    fault: Callable[[], faults.Fault]
    times: int | None
    code: int
    held: int
    after: int = 0


SITE = [
    Site("429 with seconds", BODIES, lambda: faults.rate_limited("0"), 2, 0, PAGES),
    Site("429 with an HTTP date", BODIES, lambda: faults.rate_limited(HTTP_DATE), 2, 0, PAGES),
    Site("429 with nothing", LISTING, faults.rate_limited, 2, 0, PAGES),
    Site("429 every time", LISTING, lambda: faults.rate_limited("0"), EVER, 4, 0),
    Site("500 once on the listing", LISTING, faults.server_error, 1, 0, PAGES),
    Site("500 every time on the listing", LISTING, faults.server_error, EVER, 4, 0),
    Site("500 every time on one page", of_one_page, faults.server_error, EVER, 1, PAGES - 1),
    Site("500 every time on searches", SEARCH, faults.server_error, EVER, 0, PAGES),
    Site("500 on large searches", of_more_than_five, faults.server_error, EVER, 0, PAGES),
    Site("504 every time on searches", SEARCH, lambda: faults.server_error(504), EVER, 0, PAGES),
    Site("410 on v1", SEARCH, lambda: faults.error(410), EVER, 0, PAGES),
    Site("502 twice", LISTING, lambda: faults.server_error(502), 2, 0, PAGES),
    Site("503 with Retry-After", BODIES, lambda: faults.error(503, Retry_After="0"), 2, 0, PAGES),
    Site("504 once", LISTING, lambda: faults.server_error(504), 1, 0, PAGES),
    Site("reset", LISTING, faults.reset, 2, 0, PAGES),
    Site("reset every time", "", faults.reset, EVER, 4, 0),
    Site("reset in the middle of a body", BODIES, faults.reset_in_body, 2, 0, PAGES),
    Site("hang", LISTING, lambda: faults.hang(2.5), 1, 0, PAGES),
    Site("truncated JSON", LISTING, faults.truncated_json, 2, 0, PAGES),
    Site("truncated JSON every time", LISTING, faults.truncated_json, EVER, 4, 0),
    Site("HTML with 200", LISTING, faults.login_page, EVER, 4, 0),
    Site("HTML with 200 at first", USER, faults.login_page, EVER, 4, 0),
    Site("wrong content type", LISTING, faults.wrong_content_type, EVER, 4, 0),
    Site("a list, not an object", LISTING, lambda: faults.text("[]"), EVER, 4, 0),
    Site("next link to another host", LISTING, lambda: faults.next_link_to(OTHER_HOST), EVER, 4, 0),
    Site("redirect to another host", LISTING, lambda: faults.redirect(OTHER_HOST), EVER, 4, 0),
    Site("repeated cursor", LISTING, faults.repeated_cursor, EVER, 4, 0),
    Site("empty answers every time", ANY_LIST, nothing_and_a_next_link, EVER, 4, 0),
    Site("401 at first", USER, lambda: faults.error(401), EVER, 3, 0),
    Site("403 at first", USER, lambda: faults.error(403), EVER, 3, 0),
    Site("token revoked after the preflight", "", lambda: faults.error(403), EVER, 3, 0, after=1),
    *(
        Site(
            f"{status} for a token revoked after the listing",
            after_the_listing,
            lambda status=status: faults.error(status),
            EVER,
            3,
            0,
        )
        for status in (401, 403, 404)
    ),
    *(
        Site(f"{status} once in {name}", where, lambda s=status: faults.error(s), 1, 0, PAGES)
        for status in (401, 403, 404)
        for name, where in (("the account", USER), ("the listing", LISTING), ("bodies", BODIES))
    ),
    Site("a log-in page once", LISTING, faults.login_page, 1, 0, PAGES),
    Site("a log-in page once at first", USER, faults.login_page, 1, 0, PAGES),
    Site("a log-in page for one page", of_one_page, faults.login_page, EVER, 1, PAGES - 1),
    Site("401 for one listed page", of_one_page, lambda: faults.error(401), EVER, 1, PAGES - 1),
    Site("404 for one listed page", of_one_page, lambda: faults.error(404), EVER, 1, PAGES - 1),
]


def inject(row: Site, site: ConfluenceSite) -> None:
    where = row.where if isinstance(row.where, str) else row.where(site)
    site.fail(where, row.fault(), times=row.times, after=row.after)


@pytest.mark.slow
@pytest.mark.parametrize("row", SITE, ids=lambda row: row.name)
def test_a_fault_of_confluence_has_its_exit_code_and_is_repaired_by_the_next_run(
    row: Site, site: ConfluenceSite, tmp_path: Path
) -> None:
    inject(row, site)
    with VectorApi("dash") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path), HASTY)
        assert (ended.code, len(pages_in(api))) == (row.code, row.held), ended["failures"]
        if row.code < 2:
            check_that_failures_are_reported(ended, site, api)
        check_that_a_clean_run_repairs(site, api, tmp_path)
        assert site.writes == []


@pytest.mark.parametrize("row", [row for row in SITE if row.code > 1], ids=lambda row: row.name)
def test_a_fault_that_ends_a_run_leaves_the_collection_unchanged(
    row: Site, site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path)
        assert sync_now(environ).code == 0
        before = api.documents("confluence")
        gone, edited, *_ = site.state.page_ids()
        site.state.trash(gone)
        site.state.edit(edited, "<p>Edited.</p>")
        inject(row, site)
        assert sync_now(environ).code == row.code
        assert api.documents("confluence") == before
        check_that_a_clean_run_repairs(site, api, tmp_path)
        assert gone not in pages_in(api)


UNUSUAL_PAGING = {
    "empty answers with a next link": Paging(list_rows=LIST_ROWS, empty_pages=True),
    "short answers": Paging(list_rows=LIST_ROWS, short_pages=True),
    "duplicate rows": Paging(list_rows=LIST_ROWS, repeated_rows=True),
}


@pytest.mark.parametrize("name", UNUSUAL_PAGING)
def test_a_list_in_unusual_pages_is_read_completely(
    name: str, site: ConfluenceSite, tmp_path: Path
) -> None:
    site.paging = UNUSUAL_PAGING[name]
    with VectorApi("dash") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path))
        assert (ended.code, ended["pages"]["listed"], ended["pages"]["new"]) == (0, PAGES, PAGES)
        assert site.count(LISTING) > PAGES // LIST_ROWS
        check_that_a_clean_run_repairs(site, api, tmp_path)


def test_a_site_that_is_down_is_exit_4(tmp_path: Path) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        with small_site() as site:
            assert sync_now(environment(site, api.base_url, tmp_path)).code == 0
        assert sync_now(environment(site, api.base_url, tmp_path)).code == 4
        assert len(pages_in(api)) == PAGES
        with site:
            check_that_a_clean_run_repairs(site, api, tmp_path)


@pytest.mark.parametrize("is_held", [False, True], ids=["new", "held"])
@pytest.mark.parametrize("way", ["trash", "archive", "purge", "hide"])
def test_a_page_that_vanishes_between_listing_and_fetch_is_deleted_by_the_next_run(
    way: str, is_held: bool, site: ConfluenceSite, tmp_path: Path
) -> None:
    page, *_ = site.state.page_ids()
    steps = [getattr(site.state, way)]

    def remove_page(request: faults.Request) -> bool:
        if re.search(BODIES, request.target) and steps:
            steps.pop()(page)
        return False

    with VectorApi("underscore", delete_route="document") as api:
        environ = environment(site, api.base_url, tmp_path)
        if is_held:
            assert sync_now(environ).code == 0
            site.state.edit(page, "<p>Edited.</p>")
        site.fail(remove_page, faults.reset())
        ended = sync_now(environ)
        assert (ended.code, [failure["page_id"] for failure in ended["failures"]]) == (1, [page])
        assert len(pages_in(api)) == (PAGES if is_held else PAGES - 1)
        check_that_a_clean_run_repairs(site, api, tmp_path)
        assert page not in pages_in(api)
