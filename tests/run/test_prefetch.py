"""Prefetch: bodies ahead of their conversion, and the storage format where it is needed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import CredentialsError, PageError, Site
from pipeline.markdown.render_errors import looks_failed
from pipeline.records import Page
from pipeline.run.prefetch import Prefetch
from tests.support.confluence_client import opened
from tests.support.site_pages import list_all

ERROR = '<p><span class="error">Unable to render Jira issues macro, execution error.</span></p>'
EXPORT = "<p>Sorry! We don&rsquo;t have a way to export this macro.</p>"
SOURCE = "<p>The text of the page.</p>"


@pytest.mark.parametrize(
    ("html", "is_expected"),
    [
        (ERROR, True),
        (f"<p>Some text.</p>{ERROR}", True),
        (EXPORT, True),
        ("<p>Error rendering macro 'toc'</p>", True),
        ("", True),
        ("<p> </p><div><br/></div>", True),
        (SOURCE, False),
        ("plain", False),
        ("<p>A macro that was rendered</p>", False),
        ("<p>日本語</p>", False),
    ],
)
def test_a_body_that_looks_failed(html: str, is_expected: bool) -> None:
    assert looks_failed(html) is is_expected


@pytest.fixture
def site() -> Iterator[ConfluenceSite]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_page("Whole", "KI", "<p>Rendered.</p>")
    state.add_page("Failed", "KI", ERROR, storage=SOURCE)
    state.add_page("Quoting", "KI", f"<p>It said <code>{ERROR[23:-11]}</code></p>", storage=SOURCE)
    with ConfluenceSite(state) as site:
        yield site


def fetch(client: Site) -> tuple[Prefetch, list[Page]]:
    prefetch = Prefetch(client, 4)
    pages = [page for page in prefetch.fetch(list_all(client)) if isinstance(page, Page)]
    assert [page.ref.title for page in pages] == ["Whole", "Failed", "Quoting"]
    return prefetch, pages


def test_the_storage_format_is_fetched_with_the_page_and_used_where_it_is_needed(
    site: ConfluenceSite,
) -> None:
    with opened(site) as client:
        prefetch, pages = fetch(client)
        asked = client.requests
        texts = [prefetch.to_markdown(page).text for page in pages]
        assert client.requests == asked
    assert texts[:2] == ["Rendered.", "The text of the page."]
    assert texts[2].startswith("It said `Unable to render")


def test_a_storage_format_that_cannot_be_fetched_fails_that_page(site: ConfluenceSite) -> None:
    site.fail(r"/wiki/api/v2/pages/\d+", faults.server_error(), times=None)
    with opened(site) as client:
        prefetch, (whole, failed, quoting) = fetch(client)
        assert prefetch.to_markdown(whole).text == "Rendered."
        with pytest.raises(PageError):
            prefetch.to_markdown(failed)
        assert prefetch.to_markdown(quoting).text.startswith("It said")  # it was not needed


def test_bodies_are_fetched_while_the_listing_continues() -> None:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    top = state.add_page("Top", "KI", "<p>Top</p>")
    for number in range(130):
        state.add_page(f"Page {number}", "KI", f"<p>Body {number}</p>", parent=top)
    paging = Paging(list_rows=30)
    with (
        ConfluenceSite(state, paging=paging, latency_seconds=0.02) as site,
        opened(site) as client,
    ):
        prefetch = Prefetch(client, workers=2)
        refs = client.list_pages(client.list_spaces(), prefetch.offer)
        early = [page for at in range(0, 131, 25) for page in prefetch.fetch(refs[at : at + 25])]
        asked = len([request for request in site.requests if "search" in request.path])
        assert asked == 6  # each once: four batches ahead, two afterwards
        assert early == client.get_pages(refs)  # and no page differs
        order = ["search" if "search" in request.path else "list" for request in site.requests]
        listed = [at for at, request in enumerate(site.requests) if request.path.endswith("/pages")]
        assert order.index("search") < listed[-1]


def test_a_failure_while_fetching_ahead_is_raised_when_the_bodies_are_fetched(
    site: ConfluenceSite,
) -> None:
    for number in range(30):
        site.state.add_page(f"Page {number}", "KI", "<p>Body</p>")
    site.fail("search", faults.error(401), times=None)
    with opened(site) as client:
        prefetch = Prefetch(client, workers=2)
        refs = client.list_pages(client.list_spaces(), prefetch.offer)
        site.token = "another"
        with pytest.raises(CredentialsError):
            prefetch.fetch(refs[:25])


def test_a_render_failure_that_only_the_conversion_sees_fetches_the_storage_format(
    site: ConfluenceSite,
) -> None:
    with opened(site) as client:
        prefetch, (_, failed, _) = fetch(client)
        prefetch.to_markdown(failed)
        hidden = replace(failed, html='<p style="display:none">Hidden.</p>')
        assert prefetch.to_markdown(hidden).text == "The text of the page."
