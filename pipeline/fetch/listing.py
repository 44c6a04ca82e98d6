"""The complete listing of some spaces: every current page once, with the titles above it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import batched

from pipeline.fetch.content import CONTENT_TYPES, ROWS_A_REQUEST, V2, ContentType, to_id
from pipeline.fetch.errors import ConfluenceError
from pipeline.fetch.rows import ContentRow, Space, to_content_row
from pipeline.fetch.transport import Params, Transport
from pipeline.records import PageRef

_SPACES_A_REQUEST = 100


def list_pages(
    transport: Transport, spaces: Sequence[Space], on_page: Callable[[PageRef], None] | None
) -> list[PageRef]:
    """Return every current page of the spaces, once, with its ancestors: complete, or an error.

    One request for 250 pages, without bodies; many small spaces share it. `on_page` is called
    with each page at once, when its ancestors are not known yet.
    """
    found: dict[str, PageRef] = {}
    parents: dict[str, str | None] = {}
    key_of = {space.id: space.key for space in spaces}
    for content in CONTENT_TYPES:
        for row in _list_rows(transport, content, list(key_of)):
            if row.space_id not in key_of:
                raise ConfluenceError(f"page {row.id} is listed in a space that was not requested")
            if row.status != "current":
                continue
            found[row.id] = ref = row.to_ref(content, key_of[row.space_id])
            parents[row.id] = row.parent
            if on_page:
                on_page(ref)
    titles = {page_id: ref.title for page_id, ref in found.items()}
    return [
        replace(ref, ancestors=to_titles_above(ref.id, titles, parents)) for ref in found.values()
    ]


def _list_rows(
    transport: Transport, content: ContentType, space_ids: Sequence[str]
) -> Iterator[ContentRow]:
    """Yield the rows of one content type; they may repeat."""
    for batch in batched(space_ids, _SPACES_A_REQUEST):
        params: Params = {"status": "current", "limit": ROWS_A_REQUEST}
        path = f"{V2}/{content.collection}"
        if len(batch) == 1:
            path = f"{V2}/spaces/{to_id(batch[0])}/{content.collection}"
        else:
            params = {"space-id": ",".join(map(to_id, batch)), **params}
        yield from map(to_content_row, transport.list_rows(path, params))


def to_titles_above(
    page_id: str, titles: Mapping[str, str], parents: Mapping[str, str | None]
) -> tuple[str, ...]:
    """Return the titles of a page's ancestors, from the top down.

    An ancestor that is not a listed page (a folder) appears as its id and ends the chain,
    because a listing does not say what is above it. So does a parent that is its own descendant.
    """
    above: list[str] = []
    seen = {page_id}
    parent = parents[page_id]
    while parent is not None and parent not in seen:
        seen.add(parent)
        above.append(titles.get(parent, parent))
        parent = parents.get(parent)
    return tuple(reversed(above))
