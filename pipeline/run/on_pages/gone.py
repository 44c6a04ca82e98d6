"""Which known attachments and comments are gone: with their page, or by the site's own answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence

from pipeline.fetch import Site
from pipeline.records import ATTACHMENT, COMMENT, PAGE
from pipeline.run.on_pages.rows import to_commented, to_type
from pipeline.state import ContentTypes, Listing

# Returns which pages are gone, out of scope or skipped, each by a positive answer.
ListGone = Callable[[Sequence[str]], set[str]]


class _Pages(Container[str]):
    """The pages that are in scope, or not certainly out of it."""

    def __init__(self, owners: Container[str], list_gone: ListGone) -> None:
        self._owners, self._list_gone = owners, list_gone

    def __contains__(self, page_id: object) -> bool:
        return page_id in self._owners or not self._list_gone([str(page_id)])


def find_owners(types: ContentTypes, ids: Collection[str]) -> dict[str, str]:
    """Return id → id of the page that it was on, for what was on one, as far as that is known.

    At most a few hundred. That of an attachment is not known where the ledger was lost.
    """
    on_pages = [one for one in ids if to_type(one) != PAGE]
    comments = {one: to_commented(one) for one in on_pages if to_type(one) == COMMENT}
    return types.owners(on_pages) | comments if on_pages else {}


def list_gone_on_pages(
    site: Site,
    types: Container[str],
    listing: Listing,
    owner_of: Mapping[str, str],
    ids: Collection[str],
    list_gone_pages: ListGone,
) -> set[str]:
    """Return which attachments and comments, missing from a listing, are gone or out of scope.

    `types` are the content types that are ingested. `owner_of` is by `find_owners`. A page that is
    gone takes with it what is on it; one that is missing from the listing, and not gone, keeps it.
    One request for each attachment that is missing from a page in scope. Comments on such a page
    are listed, even if there are none any more.
    """
    gone = {one for one in ids if to_type(one) not in types}
    owners = listing.owners()
    away = {owner for one in ids if (owner := owner_of.get(one)) and owner not in owners}
    if away and len(gone) < len(ids):
        gone_pages = list_gone_pages(sorted(away))
        gone |= {one for one in ids if owner_of.get(one) in gone_pages}
    on_listed = (one for one in sorted(ids) if one not in gone and owner_of.get(one) not in away)
    if files := [one for one in on_listed if to_type(one) == ATTACHMENT]:
        gone |= site.list_gone_attachments(files, _Pages(owners, list_gone_pages))
    return gone
