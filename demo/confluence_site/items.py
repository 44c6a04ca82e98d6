"""Spaces, folders and pages of the stand-in site; a change replaces the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

SITE = "{{site}}"  # in a body: stands for the site's address; rendered links are absolute
Body = str | Callable[[], str]  # a callable is called per request, to save memory
DEFAULT_START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Space:
    id: str
    key: str
    name: str
    type: str = "global"
    status: str = "current"  # current or archived
    home: str | None = None  # a page's id
    alias: str = ""  # what addresses show instead of the key


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or something else that pages can be below: see `kind`."""

    id: str
    title: str
    space: str  # the space's key
    parent: str | None = None  # a page's or folder's id
    viewers: tuple[str, ...] = ()  # as of a page
    viewer_groups: tuple[str, ...] = ()
    kind: str = "folder"  # or whiteboard, database, embed


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page or a blog post in one of its states."""

    id: str
    title: str
    space: str  # the space's key
    parent: str | None
    bodies: Mapping[str, Body] = field(repr=False)  # export_view, view, storage
    labels: tuple[str, ...] = ()
    version: int = 1
    created: datetime = DEFAULT_START
    modified: datetime = DEFAULT_START
    status: str = "current"  # current, archived, trashed, deleted
    viewers: tuple[str, ...] = ()  # account ids of a view restriction; empty: none
    viewer_groups: tuple[str, ...] = ()
    type: str = "page"  # or blogpost, which is never below anything

    def body(self, representation: str) -> str:
        value = self.bodies[representation]
        return value if isinstance(value, str) else value()
