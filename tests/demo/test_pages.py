"""The demo's pages."""

import re

import requests

from demo.confluence_site import ConfluenceSite
from demo.pages import ANSWERS, demo_state
from tests.support.site_client import SiteClient


def test_every_question_has_a_page() -> None:
    titles = [page.title for page in demo_state().pages.values()]
    assert len(set(titles)) == len(titles)
    assert set(ANSWERS.values()) <= set(titles)


def test_links_between_demo_pages_are_valid() -> None:
    state = demo_state()
    with ConfluenceSite(state) as site:
        for row in SiteClient(site).rows(
            "/wiki/rest/api/content/search", cql="type=page", expand="body.export_view"
        ):
            body = row["body"]["export_view"]["value"]
            assert "{{" not in body
            for url in re.findall(rf'"({re.escape(site.base_url)}/wiki/spaces/[^"]*)"', body):
                assert requests.get(url, timeout=10).status_code == 200, url


def test_a_demo_page_that_fails_to_render_has_its_source() -> None:
    page = demo_state().pages["98417"]
    assert "Unable to render" in page.body("export_view")
    assert "LAN-2310" in page.body("storage")


def test_what_is_on_the_pages_belongs_to_a_text_of_theirs() -> None:
    state = demo_state()
    assert {file.page for file in state.files.by_id.values()} <= state.pages.keys()
    for comment in state.comments.by_id.values():
        assert (comment.marked or "") in state.pages[comment.page].body("export_view")
        assert comment.modified > state.pages[comment.page].modified
