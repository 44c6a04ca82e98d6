"""Confluence Cloud as a source: spaces, complete listings, page bodies, and what is gone.

`Site` is the client that a run uses; it sends GET requests only. What it raises for a page is a
`PageError`, for everything else a `ConfluenceError`.

Inside: `transport` sends requests; `spaces`, `listing`, `filters`, `restrictions`, `bodies` and
`account` each answer one kind of question; `rows` turns JSON into records.
"""

from pipeline.fetch.bodies import PAGES_A_REQUEST
from pipeline.fetch.errors import (
    ConfluenceError,
    CredentialsError,
    PageError,
)
from pipeline.fetch.rows import Space
from pipeline.fetch.site import Site

__all__ = [
    "PAGES_A_REQUEST",
    "ConfluenceError",
    "CredentialsError",
    "PageError",
    "Site",
    "Space",
]
