"""Every fault that Confluence was seen to produce: its exit code, and what the store holds then.

After each one, here and in the other files of this name, a clean run makes the store what a fresh
ingest makes it, with nothing twice.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, Paging
from demo.confluence_site import faults as on_site
from tests.support.program import environment, sync_now
from tests.support.recovery import (
    BODIES,
    EVER,
    LIST_ROWS,
    LISTING,
    PAGES,
    SEARCH,
    check_that_a_clean_run_heals,
    check_that_failures_are_named,
    pages_in,
    small_site,
)
from tests.support.vector_api import VectorApi

pytestmark = pytest.mark.usefixtures("hurried")

USER = r"user/current"
ANY_LIST = r"/wiki/api/v2/(spaces/\d+/)?pages\?"
HTTP_DATE = "Mon, 01 Jan 2001 00:00:00 GMT"
OTHER_HOST = "https://evil.example/wiki/api/v2/spaces"


def of_one_page(site: ConfluenceSite) -> on_site.Match:
    """Requests for the first page's body, by whichever way."""
    page = next(iter(site.state.page_ids()))
    return lambda request: (
        request.path.endswith(f"/pages/{page}")
        or ("search" in request.path and page in request.query["cql"])
    )


def of_more_than_five(_site: ConfluenceSite) -> on_site.Match:
    return lambda request: "search" in request.path and int(request.query["limit"]) > 5


def after_the_listing(_site: ConfluenceSite) -> on_site.Match:
    """Every request from the first one for a body on."""
    begun: list[on_site.Request] = []

    def has_begun(request: on_site.Request) -> bool:
        if re.search(BODIES, request.target):
            begun.append(request)
        return bool(begun)

    return has_begun


def nothing_and_a_next_link() -> on_site.Fault:
    """An empty answer, and a cursor that was never there before."""
    cursors = itertools.count()
    return on_site.rewritten(
        lambda _: {"results": [], "_links": {"next": f"/wiki/api/v2/pages?again={next(cursors)}"}}
    )


@dataclass(frozen=True)
class Site:
    """A fault of Confluence: where, what, how often; how the run ends; pages in the store."""

    name: str
    where: str | Callable[[ConfluenceSite], on_site.Match]
    fault: Callable[[], on_site.Fault]
    times: int | None
    code: int
    held: int
    after: int = 0


SITE = [
    Site("429 with seconds", BODIES, lambda: on_site.rate_limited("0"), 2, 0, PAGES),
    Site("429 with an HTTP date", BODIES, lambda: on_site.rate_limited(HTTP_DATE), 2, 0, PAGES),
    Site("429 with nothing", LISTING, on_site.rate_limited, 2, 0, PAGES),
    Site("429 for ever", LISTING, lambda: on_site.rate_limited("0"), EVER, 4, 0),
    Site("500 once on the listing", LISTING, on_site.server_error, 1, 0, PAGES),
    Site("500 for ever on the listing", LISTING, on_site.server_error, EVER, 4, 0),
    Site("500 for ever on one page", of_one_page, on_site.server_error, EVER, 1, PAGES - 1),
    Site("500 for ever on searches", SEARCH, on_site.server_error, EVER, 0, PAGES),
    Site("500 on large searches", of_more_than_five, on_site.server_error, EVER, 0, PAGES),
    Site("504 for ever on searches", SEARCH, lambda: on_site.server_error(504), EVER, 0, PAGES),
    Site("410 on v1", SEARCH, lambda: on_site.error(410), EVER, 0, PAGES),
    Site("502 twice", LISTING, lambda: on_site.server_error(502), 2, 0, PAGES),
    Site("503 with Retry-After", BODIES, lambda: on_site.error(503, Retry_After="0"), 2, 0, PAGES),
    Site("504 once", LISTING, lambda: on_site.server_error(504), 1, 0, PAGES),
    Site("reset", LISTING, on_site.reset, 2, 0, PAGES),
    Site("reset for ever", "", on_site.reset, EVER, 4, 0),
    Site("reset in the middle of a body", BODIES, on_site.reset_in_body, 2, 0, PAGES),
    Site("hang", LISTING, lambda: on_site.hang(2.5), 1, 0, PAGES),
    Site("truncated JSON", LISTING, on_site.truncated_json, 2, 0, PAGES),
    Site("truncated JSON for ever", LISTING, on_site.truncated_json, EVER, 4, 0),
    Site("HTML with 200", LISTING, on_site.login_page, EVER, 4, 0),
    Site("HTML with 200 at first", USER, on_site.login_page, EVER, 4, 0),
    Site("wrong content type", LISTING, on_site.wrong_content_type, EVER, 4, 0),
    Site("a list, not an object", LISTING, lambda: on_site.text("[]"), EVER, 4, 0),
    Site(
        "next link to another host", LISTING, lambda: on_site.next_link_to(OTHER_HOST), EVER, 4, 0
    ),
    Site("redirect to another host", LISTING, lambda: on_site.redirect(OTHER_HOST), EVER, 4, 0),
    Site("repeated cursor", LISTING, on_site.repeated_cursor, EVER, 4, 0),
    Site("empty answers for ever", ANY_LIST, nothing_and_a_next_link, EVER, 4, 0),
    Site("401 at first", USER, lambda: on_site.error(401), EVER, 3, 0),
    Site("403 at first", USER, lambda: on_site.error(403), EVER, 3, 0),
    Site("token revoked after the preflight", "", lambda: on_site.error(403), EVER, 3, 0, after=1),
    *(
        Site(
            f"{status} for a token revoked after the listing",
            after_the_listing,
            lambda status=status: on_site.error(status),
            EVER,
            3,
            0,
        )
        for status in (401, 403, 404)
    ),
    Site("404 for one listed page", of_one_page, lambda: on_site.error(404), EVER, 1, PAGES - 1),
]


def inject(row: Site, site: ConfluenceSite) -> None:
    where = row.where if isinstance(row.where, str) else row.where(site)
    site.fail(where, row.fault(), times=row.times, after=row.after)


@pytest.mark.parametrize("row", SITE, ids=lambda row: row.name)
def test_a_fault_of_confluence(row: Site, site: ConfluenceSite, tmp_path: Path) -> None:
    inject(row, site)
    with VectorApi("dash") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path))
        assert (ended.code, len(pages_in(api))) == (row.code, row.held), ended["failures"]
        if row.code < 2:
            check_that_failures_are_named(ended, site, api)
        check_that_a_clean_run_heals(site, api, tmp_path)
        assert site.writes == []


@pytest.mark.parametrize("row", [row for row in SITE if row.code > 1], ids=lambda row: row.name)
def test_a_fault_that_ends_a_run_leaves_the_store_as_it_was(
    row: Site, site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        told = environment(site, api.base_url, tmp_path)
        assert sync_now(told).code == 0
        before = api.documents("confluence")
        gone, edited, *_ = site.state.page_ids()
        site.state.trash(gone)
        site.state.edit(edited, "<p>Edited.</p>")
        inject(row, site)
        assert sync_now(told).code == row.code
        assert api.documents("confluence") == before
        check_that_a_clean_run_heals(site, api, tmp_path)
        assert gone not in pages_in(api)


ODD_LISTS = {
    "empty answers with a next link": Paging(list_rows=LIST_ROWS, empty_pages=True),
    "short answers": Paging(list_rows=LIST_ROWS, short_pages=True),
    "duplicate rows": Paging(list_rows=LIST_ROWS, repeated_rows=True),
}


@pytest.mark.parametrize("name", ODD_LISTS)
def test_a_list_that_comes_oddly(name: str, site: ConfluenceSite, tmp_path: Path) -> None:
    site.paging = ODD_LISTS[name]
    with VectorApi("dash") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path))
        assert (ended.code, ended["pages"]["listed"], ended["pages"]["new"]) == (0, PAGES, PAGES)
        assert site.count(LISTING) > PAGES // LIST_ROWS
        check_that_a_clean_run_heals(site, api, tmp_path)


def test_a_confluence_that_nobody_serves(tmp_path: Path) -> None:
    with VectorApi("underscore", delete_route="document") as api:
        with small_site() as site:
            assert sync_now(environment(site, api.base_url, tmp_path)).code == 0
        assert sync_now(environment(site, api.base_url, tmp_path)).code == 4
        assert len(pages_in(api)) == PAGES
        with site:
            check_that_a_clean_run_heals(site, api, tmp_path)


@pytest.mark.parametrize("is_held", [False, True], ids=["new", "held"])
@pytest.mark.parametrize("way", ["trash", "archive", "purge", "hide"])
def test_a_page_that_vanishes_between_listing_and_fetch(
    way: str, is_held: bool, site: ConfluenceSite, tmp_path: Path
) -> None:
    page, *_ = site.state.page_ids()
    steps = [getattr(site.state, way)]

    def take_away(request: on_site.Request) -> bool:
        if re.search(BODIES, request.target) and steps:
            steps.pop()(page)
        return False

    with VectorApi("underscore", delete_route="document") as api:
        told = environment(site, api.base_url, tmp_path)
        if is_held:
            assert sync_now(told).code == 0
            site.state.edit(page, "<p>Edited.</p>")
        site.fail(take_away, on_site.reset())
        ended = sync_now(told)
        assert (ended.code, [one["page_id"] for one in ended["failures"]]) == (1, [page])
        assert len(pages_in(api)) == (PAGES if is_held else PAGES - 1)
        check_that_a_clean_run_heals(site, api, tmp_path)
        assert page not in pages_in(api)
