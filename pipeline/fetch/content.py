"""What is fetched from Confluence: one row for each content type, and the API's roots."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline import records
from pipeline.settings import Settings

V1, V2 = "/wiki/rest/api", "/wiki/api/v2"
SEARCH = f"{V1}/content/search"
ROWS_A_REQUEST = 250  # the most that either API returns at once
_LONGEST_ID = 20  # digits: a 64-bit number


@dataclass(frozen=True, slots=True)
class ContentName:
    """What one type of content is called."""

    setting: str  # its word in CONTENT_TYPES
    name: str  # as in `PageRef.content_type` and in CQL's `type`
    noun: str  # for people, plural


@dataclass(frozen=True, slots=True)
class ContentType(ContentName):
    """How one type of content is listed by space, searched for, read and linked to."""

    collection: str  # the last part of its v2 routes: `pages` in `/wiki/api/v2/spaces/1/pages`
    web_path: str  # of a link by id, below the site's base; `{id}` is filled in
    statuses: str  # that v2 can list by id, comma-separated
    has_ancestors: bool  # whether an item can be below others, and v2 lists them

    def to_path(self, content_id: str) -> str:
        """Return the v2 route of one item. Raises `ValueError` if the id is not a number."""
        return f"{V2}/{self.collection}/{to_id(content_id)}"


PAGE = ContentType(
    setting="pages",
    name=records.PAGE,
    noun="pages",
    collection="pages",
    web_path="/pages/viewpage.action?pageId={id}",
    statuses="current,archived,trashed",
    has_ancestors=True,
)
BLOG_POST = ContentType(
    setting="blogposts",
    name=records.BLOG_POST,
    noun="blog posts",
    collection="blogposts",
    web_path="/pages/viewpage.action?pageId={id}",  # leads to the blog post
    statuses="current,trashed",
    has_ancestors=False,
)
CONTENT_TYPES = (PAGE, BLOG_POST)
# Listed by the pages that they are on, see `on_pages/`.
ON_PAGES = (
    ContentName("attachments", records.ATTACHMENT, "attachments"),
    ContentName("comments", records.COMMENT, "pages with comments"),
)
BY_NAME = {content.name: content for content in CONTENT_TYPES}
# What may have descendants: its type in answers → the last part of its v2 routes.
PARENTS = {"page": "pages", "folder": "folders"}
# Everything that can be above a page, likewise.
ABOVE = {**PARENTS, "whiteboard": "whiteboards", "database": "databases", "embed": "embeds"}


def types_in_scope(settings: Settings) -> tuple[ContentType, ...]:
    """Return what is listed: what CONTENT_TYPES names, or pages where it names what is on them."""
    named = (content for content in CONTENT_TYPES if content.setting in settings.content_types)
    return tuple(named) or (PAGE,)


def names_in_scope(settings: Settings) -> tuple[ContentName, ...]:
    """Return what is ingested: all that CONTENT_TYPES names."""
    names = (*CONTENT_TYPES, *ON_PAGES)
    return tuple(content for content in names if content.setting in settings.content_types)


def is_id(value: str) -> bool:
    """Return whether a text can be the id of something in Confluence."""
    return value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID


def to_id(value: str) -> str:
    """Return the id unchanged. Raises `ValueError` if it is anything but a few ASCII digits."""
    if not is_id(value):
        raise ValueError(f"not the id of a page or folder: {value[: 2 * _LONGEST_ID]!r}")
    return value
