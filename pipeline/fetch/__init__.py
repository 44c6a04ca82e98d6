"""Confluence Cloud as a source: spaces, complete listings, page bodies, and what is gone.

`Site` is the client that a run uses; it only ever sends GET requests. Its errors are here too.
"""

from pipeline.fetch.bodies import PAGES_A_REQUEST
from pipeline.fetch.errors import (
    ConfluenceError,
    CredentialsError,
    PageError,
    PageGoneError,
    StoppedWaitingError,
)
from pipeline.fetch.rows import Space
from pipeline.fetch.site import Site

__all__ = [
    "PAGES_A_REQUEST",
    "ConfluenceError",
    "CredentialsError",
    "PageError",
    "PageGoneError",
    "Site",
    "Space",
    "StoppedWaitingError",
]
