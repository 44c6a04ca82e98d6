"""Pages on the stand-in site, and what the tests of the Confluence stage read of them."""

from datetime import UTC, datetime

from demo.confluence_site import Paging, SiteState
from pipeline.fetch import Site
from pipeline.records import Page, PageFailure, PageRef

WHEN = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
# Every oddity of paging that was seen on real sites, at once.
ODD = Paging(drops_expand=True, short_pages=True, empty_pages=True, repeated_rows=True)


def add_pages(state: SiteState, count: int, space: str = "KI") -> list[str]:
    """Add `Page 0` to `Page n`, all modified at `WHEN`; return their ids."""
    return [
        state.add_page(f"Page {n}", space, f"<p>Body {n}</p>", modified=WHEN) for n in range(count)
    ]


def list_all(client: Site) -> list[PageRef]:
    """List every page of every space in scope."""
    return client.list_pages(client.list_spaces())


def pages_of(fetched: list[Page | PageFailure]) -> dict[str, Page]:
    """Return id → page. Fails if one could not be fetched."""
    assert all(isinstance(result, Page) for result in fetched), fetched
    return {page.ref.id: page for page in fetched if isinstance(page, Page)}
