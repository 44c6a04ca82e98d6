"""Pages on the stand-in site, and what the tests of the Confluence stage read of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from demo.confluence_site import Paging, SiteState
from pipeline.fetch import Site, Space
from pipeline.records import ListedPage, Page, PageFailure, PageRef
from pipeline.state import Listing, open_scratch

WHEN = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
# Every oddity of paging that was seen on real sites, at once.
ODD = Paging(drops_expand=True, short_pages=True, empty_pages=True, repeated_rows=True)


def add_pages(state: SiteState, count: int, space: str = "KI") -> list[str]:
    """Add `Page 0` to `Page n`, all modified at `WHEN`; return their ids."""
    return [
        state.add_page(f"Page {n}", space, f"<p>Body {n}</p>", modified=WHEN) for n in range(count)
    ]


def list_in(
    client: Site,
    spaces: Sequence[Space],
    on_page: Callable[[PageRef], object] = lambda ref: None,
) -> list[PageRef]:
    """List every page of the spaces, by id, or raise what one of them failed with.

    `on_page` is called while the listing continues.
    """
    return list(_list_in(client, spaces, on_page))


def places_in(client: Site, spaces: Sequence[Space]) -> Mapping[str, tuple[str | None, str]]:
    """List every page of the spaces: page id → its parent's id and type."""
    return _list_in(client, spaces, lambda ref: None).places()


def _list_in(
    client: Site, spaces: Sequence[Space], on_page: Callable[[PageRef], object]
) -> Listing:
    listing = Listing(open_scratch(None))
    for part in client.list_pages(spaces):
        if part.unlisted:
            raise part.unlisted.error
        listing.add(part.pages, lambda page_id: True)
        for page in part.pages:
            on_page(page.ref)
    return listing


def list_all(client: Site) -> list[PageRef]:
    """List every page of every space in scope, by id."""
    return list_in(client, client.list_spaces())


def to_listing(refs: Iterable[PageRef], unlisted: Iterable[str] = ()) -> Listing:
    """Return a listing of these pages, none below another; `unlisted` spaces have failed."""
    listing = Listing(open_scratch(None))
    listing.add((ListedPage(ref, None) for ref in refs), lambda page_id: True)
    listing.leave_out_spaces(unlisted)
    return listing


def pages_of(fetched: list[Page | PageFailure]) -> dict[str, Page]:
    """Return id → page. Fails if one could not be fetched."""
    assert all(isinstance(result, Page) for result in fetched), fetched
    return {page.ref.id: page for page in fetched if isinstance(page, Page)}
