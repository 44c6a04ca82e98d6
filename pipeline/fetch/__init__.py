"""Confluence Cloud as a source: spaces, complete listings, page bodies, and what is gone.

`Site` is the client that a run uses; it sends GET requests only. It raises
`PageError` if one page fails, and `ConfluenceError` for everything else.

Inside: `transport` sends requests; `spaces`, `listing`, `filters`, `restrictions/`, `bodies`,
`on_pages/`, `people` and `account` each answer one kind of question; `rows` turns JSON into
records.
"""

from pipeline.fetch.bodies import PAGES_A_REQUEST
from pipeline.fetch.content import ROWS_A_REQUEST, names_in_scope, types_in_scope
from pipeline.fetch.errors import (
    ConfluenceError,
    CredentialsError,
    PageError,
)
from pipeline.fetch.listing import ListingPart
from pipeline.fetch.on_pages import to_attachment_type, to_reason_left_out
from pipeline.fetch.people import PEOPLE_A_REQUEST, NamesError
from pipeline.fetch.rows import Space
from pipeline.fetch.site import Site

__all__ = [
    "PAGES_A_REQUEST",
    "PEOPLE_A_REQUEST",
    "ROWS_A_REQUEST",
    "ConfluenceError",
    "CredentialsError",
    "ListingPart",
    "NamesError",
    "PageError",
    "Site",
    "Space",
    "names_in_scope",
    "to_attachment_type",
    "to_reason_left_out",
    "types_in_scope",
]
