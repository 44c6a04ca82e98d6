"""The files on pages of the stand-in site, and how tests change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from mimetypes import guess_type

from demo.confluence_site.items import DEFAULT_START
from demo.confluence_site.tree import UnknownIdError


@dataclass(frozen=True, slots=True)
class SiteFile:
    """An attachment in its current version."""

    id: str  # att98310
    page: str  # id of the page or blog post
    title: str  # the file's name
    content: bytes = field(repr=False)
    media_type: str
    version: int = 1
    created: datetime = DEFAULT_START
    modified: datetime = DEFAULT_START
    status: str = "current"  # current, archived, trashed


class Files:
    """The attachments of a site by id; the owner holds the lock while an answer is made."""

    def __init__(self, new_id: Callable[[], str], clock: Callable[[], datetime]) -> None:
        self.by_id: dict[str, SiteFile] = {}
        self._new_id, self._clock = new_id, clock

    def add(
        self,
        page: str,
        title: str,
        content: bytes,
        media_type: str = "",
        *,
        when: datetime | None = None,
    ) -> str:
        """Attach a file to a page; return its id. The name decides the media type."""
        file_id, now = f"att{self._new_id()}", when or self._clock()
        self.by_id[file_id] = SiteFile(
            file_id, page, title, content, media_type or _to_type(title), created=now, modified=now
        )
        return file_id

    def replace(self, file_id: str, content: bytes, title: str = "") -> None:
        """Upload a new version, with another name if there is one."""
        if title:
            self.rename(file_id, title)
        old = self.get(file_id)
        self.by_id[file_id] = replace(
            old, content=content, version=old.version + 1, modified=self._clock()
        )

    def rename(self, file_id: str, title: str) -> None:
        """Give a file another name; version and time stay the same."""
        old = self.get(file_id)
        self.by_id[file_id] = replace(old, title=title, media_type=_to_type(title))

    def drop_old_version(self, file_id: str) -> None:
        """Delete an earlier version: Confluence renumbers those that follow it."""
        self.by_id[file_id] = replace(self.get(file_id), version=self.get(file_id).version - 1)

    def move(self, file_id: str, page: str) -> None:
        """Put a file on another page; version and time stay the same."""
        self.by_id[file_id] = replace(self.get(file_id), page=page)

    def set_status(self, file_id: str, status: str) -> None:
        """Trash (`trashed`), archive (`archived`) or restore (`current`) a file."""
        self.by_id[file_id] = replace(self.get(file_id), status=status)

    def purge(self, file_id: str) -> None:
        """Delete a file: every route answers 404."""
        del self.by_id[self.get(file_id).id]

    def get(self, file_id: str) -> SiteFile:
        """Return a file. Raises UnknownIdError."""
        try:
            return self.by_id[file_id]
        except KeyError:
            raise UnknownIdError(file_id) from None

    def after(self, number: int) -> Iterator[tuple[int, SiteFile]]:
        """Yield the files above a number, by the number in their ids."""
        for key in sorted(int(file_id.removeprefix("att")) for file_id in self.by_id):
            if key > number:
                yield key, self.by_id[f"att{key}"]


def _to_type(title: str) -> str:
    return guess_type(title)[0] or "application/octet-stream"
