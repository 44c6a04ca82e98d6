"""Prefetch: bodies ahead of their conversion."""

import pytest

from demo.confluence_site import ConfluenceSite, Paging, SiteState, faults
from pipeline.fetch import CredentialsError
from pipeline.run.read.prefetch import Prefetch
from tests.support.confluence_client import opened
from tests.support.site_pages import list_in


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
        prefetch = Prefetch(client.get_pages, workers=2)
        refs = list_in(client, client.list_spaces(), prefetch.offer)
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
        prefetch = Prefetch(client.get_pages, workers=2)
        refs = list_in(client, client.list_spaces(), prefetch.offer)
        site.token = "another"
        with pytest.raises(CredentialsError):
            prefetch.fetch(refs[:25])
