"""Attachments and comments, each a document of its own that belongs to a page.

`OnPages` adds them to a listing, as `rows`; `list_gone_on_pages` confirms which are gone;
`Documents` reads them, beside pages, and has them converted by `convert`.
"""

from pipeline.run.on_pages.convert import count_characters
from pipeline.run.on_pages.documents import Documents
from pipeline.run.on_pages.gone import find_owners, list_gone_on_pages
from pipeline.run.on_pages.listing import OnPages
from pipeline.run.on_pages.rows import to_type

__all__ = [
    "Documents",
    "OnPages",
    "count_characters",
    "find_owners",
    "list_gone_on_pages",
    "to_type",
]
