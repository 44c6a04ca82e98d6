"""What flows through the pipeline: frozen records without behaviour.

Each stage takes and returns them, without knowing the stages before and after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

# Content types, see `fetch/content.py`; a page where none is named.
PAGE, BLOG_POST, ATTACHMENT, COMMENT = "page", "blogpost", "attachment", "comment"


@dataclass(frozen=True, slots=True)
class PageRef:
    """One row of a listing: enough to see whether a page has changed, without its body."""

    id: str
    version: int
    title: str
    space: str  # the space's key
    modified: str = ""  # of this version, ISO 8601 in UTC: "2026-06-15T09:30:00.000Z"
    ancestors: tuple[str, ...] = ()  # titles from the top down; a folder appears as its id
    labels: tuple[str, ...] | None = None  # sorted; None where the listing does not give them
    content_type: str = PAGE  # a row's name in `fetch/content.py`
    web_path: str = ""  # of the link for people, below the site's base URL
    owner: str = ""  # id of the page or blog post that an attachment or its comments are on
    details: str = ""  # of what has an owner, see `run/on_pages/rows.py`


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page as a listing shows it, before the listing is complete."""

    ref: PageRef  # without its ancestors
    parent: str | None  # id of a page, folder, …; "" at the top of a space, None if unknown
    parent_type: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its bodies, as Confluence delivered them."""

    ref: PageRef
    url: str  # a person can open it: the site's address, never the gateway's
    html: str
    labels: tuple[str, ...] = ()  # sorted
    body_format: str = "export_view"  # export_view, view or storage: the converter reads all
    storage: str | None = None  # its source beside `html`; None where it could not be fetched
    threads: tuple[Thread, ...] = ()  # instead of bodies, where the comments of a page are read
    file: Path | None = None  # instead of bodies, the content of an attachment


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a page, in its current version, as a listing shows it."""

    id: str  # att98765
    page_id: str  # of the page or blog post that it is on
    version: int
    title: str  # the file's name
    modified: str = ""  # of this version, ISO 8601 in UTC
    media_type: str = ""  # as Confluence has it, which may be wrong
    size: int | None = None  # bytes; None where the listing does not show it
    web_path: str = ""  # of the link for people, below the site's base URL


@dataclass(frozen=True, slots=True)
class CommentRef:
    """A comment as a listing shows it: enough to see whether a page's comments have changed."""

    id: str
    page_id: str  # of the page or blog post that it is on
    version: int
    modified: str  # of this version, ISO 8601 in UTC
    parent: str = ""  # id of the comment that it answers
    is_inline: bool = False
    resolution: str = ""  # of an inline comment: open, reopened, resolved, dangling


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its body."""

    id: str
    page_id: str
    author: str  # account id of who wrote this version; "" if it is not shown
    modified: str  # of this version, ISO 8601 in UTC
    html: str  # in storage format
    parent: str = ""  # id of the comment that it answers; "" at the top of the thread
    marked: str = ""  # the page's text that an inline comment is about


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment with its replies, each below what it answers, the oldest first."""

    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True)
class IncludedPage:
    """A page, or a blog post, whose text another page shows, as that page's macro names it."""

    title: str = ""
    space: str = ""  # the space's key; "" for the space of the page with the macro
    id: str = ""  # where the macro names the page by its id instead
    content_type: str = PAGE  # a blog post has a macro's element of its own


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the text of a page depends on besides the page itself."""

    included: tuple[IncludedPage, ...] = ()
    # Whether it also shows what changes without any page: Jira, reports, a failed rendering.
    is_dynamic: bool = False
    # Whether it shows text of other pages that its storage format does not name.
    shows_unnamed: bool = False


class Container(NamedTuple):
    """An expand, a panel or a tab: its title or label, and the lines of the text that it has."""

    title: str
    first: int  # from 0
    end: int  # the line after the last


@dataclass(frozen=True, slots=True)
class Markdown:
    """A page as Markdown, with what its conversion found."""

    title: str  # as readers see it: without characters that show nothing
    text: str  # without the title
    anchors: tuple[str, ...] = ()  # one for each heading line of the text, in order; "" if none
    containers: tuple[Container, ...] = ()  # in order of their first lines, outer ones first
    words: int = 0  # words a reader of the source could see
    lost_words: int = 0  # of these, how many the text does not have
    hidden_characters: int = 0  # dropped because no reader sees them
    unknown_macros: Mapping[str, int] = field(default_factory=dict)  # name → how often
    warnings: tuple[str, ...] = ()  # one line each, without the page's name
    render_failed: bool = False  # an error replaces content in the rendered body
    dependencies: Dependencies = Dependencies()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a page that can be read alone; what the vector database stores."""

    id: str  # conf-<page id>-<first 16 hex digits of SHA-256 of the text>[-2]
    page_id: str  # `PageRef.id`, also of what is on a page; the metadata have the page's
    text: str
    tokens: int  # cl100k_base
    metadata: Mapping[str, str | int]  # flat: no nulls, no lists


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk that a collection holds, as the ledger or the store's own list has it."""

    id: str
    page_id: str
    handle: str = ""  # what the store calls it, where that is not the id: a file id
    # Of the metadata that a page's chunks share, "" where no list shows them.
    metadata_digest: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a query."""

    chunk_id: str
    text: str
    score: float
    metadata: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class PageFailure:
    """Why one page, or a part of it, is not in the collection as it should be."""

    page_id: str  # "" where a whole space could not be listed
    title: str
    stage: str  # list, fetch, convert, upsert, delete, verify
    error: str  # one line, no secrets, no body text
    content_type: str = PAGE
