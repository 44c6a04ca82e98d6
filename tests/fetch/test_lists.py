"""Lists of many pages: every next link is followed, or the list is an error."""

import re
from typing import Any

import pytest
import responses

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch.errors import (
    ConfluenceError,
)
from pipeline.fetch.transport import Transport
from pipeline.http import Waiting
from tests.support.confluence_client import (
    PAGES,
    QUICK,
    SEARCH,
    list_ids,
    settings_for,
    ten_pages,
    to_transport,
)


@pytest.fixture
def state() -> SiteState:
    return ten_pages()


@pytest.mark.parametrize("shape", ["rest", "wiki", "absolute"])
@pytest.mark.parametrize("path", [PAGES, SEARCH])
def test_every_shape_of_next_link_leads_on(site: ConfluenceSite, shape: Any, path: str) -> None:
    site.paging = Paging(next_shape=shape)
    transport = to_transport(site)
    params: dict[str, str | int] = {"cql": "type=page", "limit": 3}
    rows = [row["id"] for rows in transport.list_answers(path, params) for row in rows]
    assert len(set(rows)) == 10
    assert all(request.is_gateway for request in site.requests)


def test_short_and_empty_answers_do_not_end_a_list(site: ConfluenceSite) -> None:
    site.paging = Paging(short_pages=True, empty_pages=True, repeated_rows=True)
    transport = to_transport(site)
    assert len(set(list_ids(transport))) == 10


def test_expand_is_put_back_into_next_links(site: ConfluenceSite, transport: Transport) -> None:
    site.paging = Paging(drops_expand=True)
    params: dict[str, str | int] = {"cql": "type=page", "expand": "version", "limit": 3}
    rows = [row for rows in transport.list_answers(SEARCH, params) for row in rows]
    assert all("version" in row for row in rows)
    assert len(rows) == 10


def test_a_link_header_leads_on_where_the_answer_has_no_next(
    site: ConfluenceSite, transport: Transport
) -> None:
    def drop(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"_links": {"base": answer["_links"]["base"]}}

    site.fail(PAGES, faults.rewritten(drop), times=None)
    assert len(list_ids(transport)) == 10


def test_a_repeated_cursor_is_an_error(site: ConfluenceSite, transport: Transport) -> None:
    site.fail(PAGES, faults.repeated_cursor(), times=None)
    with pytest.raises(ConfluenceError, match="repeated cursor"):
        list_ids(transport)
    assert transport.requests < 4


def test_endless_empty_answers_are_an_error() -> None:
    numbers = iter(range(10_000))

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        link = f"/wiki/api/v2/pages?cursor={next(numbers)}"
        return 200, {}, f'{{"results": [], "_links": {{"next": "{link}"}}}}'

    transport = Transport(settings_for(CONF_BASE_URL="https://conf.example"), Waiting(), QUICK)
    with responses.RequestsMock() as mock:
        mock.add_callback(
            "GET",
            re.compile(r"https://conf\.example/"),
            answer,
            content_type="application/json",
        )
        with pytest.raises(ConfluenceError, match="endless list"):
            list_ids(transport)
