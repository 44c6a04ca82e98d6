"""Answers in which one field is something else: an error of that row, whatever it is."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.fetch import ConfluenceError
from pipeline.fetch.content import PAGE
from pipeline.fetch.errors import BrokenAnswerError
from pipeline.fetch.rows import to_body, to_content_row, to_page_labels, to_search_labels
from pipeline.records import ListedPage
from pipeline.state import Listing, open_scratch
from tests.support.confluence_client import opened
from tests.support.site_pages import add_pages

ODD: list[Any] = [
    *(None, [], {}, "", 0, -1, 10**30, 1e999, float("nan"), True, ["a"], {"a": 1}),
    *("\ud800", "9" * 1_000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
]
ROW: dict[str, Any] = {
    "id": "1",
    "title": "Title",
    "status": "current",
    "spaceId": "7",
    "parentId": "3",
    "parentType": "page",
    "version": {"number": 1, "createdAt": "2026-06-15T09:30:00Z"},
    "_links": {"webui": "/x"},
    "body": {"storage": {"value": "text"}},
    "labels": {"results": [{"name": "a"}], "meta": {"hasMore": False}, "_links": {}},
    "metadata": {"labels": {"results": [{"name": "a"}]}},
}


def places_in(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a row."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        yield (*above, key)
        if isinstance(one, dict | list):
            yield from places_in(one, (*above, key))


def spoil(place: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    row = copy.deepcopy(ROW)
    inner: Any = row
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return row


@pytest.mark.parametrize("place", list(places_in(ROW)), ids=lambda place: ".".join(map(str, place)))
def test_an_odd_value_is_an_error_of_its_row_or_can_be_stored(place: tuple[Any, ...]) -> None:
    listing, number = Listing(open_scratch(None)), 0
    for odd in ODD:
        row = spoil(place, odd)
        try:
            content = to_content_row(row)
            texts = [to_body(row, "storage"), *(to_page_labels(row) or ()), *to_search_labels(row)]
        except BrokenAnswerError:
            continue
        for text in filter(None, texts):
            text.encode()
        ref = content.to_ref(PAGE, "KI")
        listing.add([ListedPage(ref, content.parent, content.parent_type)], lambda _: True)
        number += 1
    assert len(listing) == min(number, 1)
    assert len(list(listing)) == len(list(listing.places())) == min(number, 1)


@pytest.mark.parametrize("name", ["id", "key", "name", "currentActiveAlias", "status"])
def test_an_odd_value_of_a_space_is_an_error_or_can_be_asked_for(
    site: ConfluenceSite, state: SiteState, name: str
) -> None:
    """One space that cannot be read ends the run: without it, its pages would look gone."""
    add_pages(state, 1)

    def spoil_space(odd: object, answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"results": [answer["results"][0] | {name: odd}]}

    with opened(site) as client:
        for odd in ODD:
            site.fail("/spaces", faults.rewritten(partial(spoil_space, odd)))
            try:
                list(client.list_pages(client.list_spaces()))
            except ConfluenceError:
                continue


@pytest.mark.parametrize("odd", [None, 1, ["current"]])
def test_a_page_whose_status_is_no_text_is_an_odd_row(odd: object) -> None:
    with pytest.raises(BrokenAnswerError):
        to_content_row(spoil(("status",), odd))


def add_labelled(state: SiteState, count: int) -> list[str]:
    ids = add_pages(state, count)
    for page_id in ids:
        state.set_labels(page_id, ["ops"])
    return ids


def test_a_row_of_the_search_without_an_id_keeps_no_other_page_out(
    site: ConfluenceSite, state: SiteState
) -> None:
    _, *good = add_labelled(state, 3)

    def rewrite(answer: dict[str, Any]) -> dict[str, Any]:
        del answer["results"][0]["id"]
        return answer

    site.fail("content/search", faults.rewritten(rewrite))
    with opened(site, LABELS="ops") as client:
        members = client.list_members(client.list_spaces())
        assert members is not None
        assert sorted(page_id for page_id, _ in members) == good


def test_a_search_of_odd_rows_alone_is_an_error(site: ConfluenceSite, state: SiteState) -> None:
    add_labelled(state, 1)
    site.fail("content/search", faults.text('{"results": [{"status": "current"}]}'))
    with opened(site, LABELS="ops") as client:
        members = client.list_members(client.list_spaces())
        assert members is not None
        with pytest.raises(ConfluenceError, match="no row of the search can be read"):
            list(members)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"])
def test_a_clock_that_cannot_be_right_is_not_believed(site: ConfluenceSite, date: str) -> None:
    site.fail("", faults.Fault(headers={"Date": date}), times=None)
    with opened(site) as client:
        client.check_credentials()
        assert abs(client.now() - datetime.now(UTC)) < timedelta(hours=1)
