"""A page of which Confluence has only one body: its rendering or its storage format fails."""

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from pipeline.records import Page, PageFailure
from tests.support.confluence_client import opened
from tests.support.recovery import SEARCH
from tests.support.site_pages import add_pages, list_all, pages_of

NO_BODY = faults.rewritten(lambda answer: answer | {"body": {}})


@pytest.fixture
def page_id(state: SiteState) -> str:
    add_pages(state, 5)
    return state.add_page("P", "KI", "<p>rendered</p>", storage="<p>source</p>", labels=["a"])


def get(site: ConfluenceSite, page_id: str) -> Page | PageFailure:
    """Fetch all pages at once; return this one. Fails if another one is missing."""
    with opened(site) as client:
        refs = list_all(client)
        fetched = dict(zip((ref.id for ref in refs), client.get_pages(refs), strict=True))
    result = fetched.pop(page_id)
    pages_of(list(fetched.values()))
    return result


@pytest.mark.parametrize(
    "fault",
    [faults.server_error(500), faults.server_error(504), faults.error(400), NO_BODY],
    ids=["500", "504", "400", "missing"],
)
def test_a_page_that_cannot_be_rendered_is_its_storage_format(
    site: ConfluenceSite, page_id: str, fault: faults.Fault
) -> None:
    site.fail(rf"{SEARCH}.*\b{page_id}\b", faults.server_error(500), times=None)
    site.fail(rf"/pages/{page_id}.*export_view", fault, times=None)
    page = get(site, page_id)
    assert isinstance(page, Page)
    assert (page.html, page.body_format, page.storage) == (
        "<p>source</p>", "storage", "<p>source</p>",
    )  # fmt: skip
    assert page.labels == ("a",)


def test_a_row_of_the_search_without_a_rendered_body_is_asked_for_alone(
    site: ConfluenceSite, page_id: str
) -> None:
    def drop(answer: faults.Json) -> faults.Json:
        for row in answer["results"]:
            if row["id"] == page_id:
                del row["body"]["export_view"]
        return answer

    site.fail(SEARCH, faults.rewritten(drop), times=None)
    page = get(site, page_id)
    assert isinstance(page, Page)
    assert (page.html, page.storage) == ("<p>rendered</p>", "<p>source</p>")
    assert site.count(rf"/pages/{page_id}\?") == 2


def test_a_page_without_its_storage_format_is_as_rendered(
    site: ConfluenceSite, page_id: str
) -> None:
    site.fail(SEARCH, faults.error(400), times=None)
    site.fail(rf"/pages/{page_id}.*storage", faults.server_error(500), times=None)
    page = get(site, page_id)
    assert isinstance(page, Page)
    assert (page.html, page.body_format, page.storage) == ("<p>rendered</p>", "export_view", None)


def test_a_page_that_is_gone_is_not_asked_for_its_storage_format(
    site: ConfluenceSite, state: SiteState, page_id: str
) -> None:
    with opened(site) as client:
        refs = [ref for ref in list_all(client) if ref.id == page_id]
        state.trash(page_id)
        assert isinstance(client.get_pages(refs)[0], PageFailure)
    assert not site.count(rf"/pages/{page_id}\?.*storage")
