"""The comments on pages of the stand-in site, and how tests change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from demo.confluence_site.items import DEFAULT_START
from demo.confluence_site.tree import UnknownIdError


@dataclass(frozen=True, slots=True)
class SiteComment:
    """A comment in its current version."""

    id: str
    page: str  # id of the page or blog post
    body: str = field(repr=False)  # storage format
    parent: str | None = None  # the comment that it answers
    marked: str | None = None  # the text that an inline comment marks; None: a footer comment
    resolution: str = "open"  # of an inline thread: open, reopened, resolved, dangling
    author: str = ""  # an account id; "": the caller's
    version: int = 1
    created: datetime = DEFAULT_START
    modified: datetime = DEFAULT_START

    @property
    def is_inline(self) -> bool:
        return self.marked is not None


class Comments:
    """The comments of a site by id; the owner holds the lock while an answer is made."""

    def __init__(self, new_id: Callable[[], str], clock: Callable[[], datetime]) -> None:
        self.by_id: dict[str, SiteComment] = {}
        self._new_id, self._clock = new_id, clock

    def add(
        self,
        page: str,
        body: str,
        *,
        marked: str | None = None,
        author: str = "",
        when: datetime | None = None,
    ) -> str:
        """Begin a thread; return the comment's id. With `marked`, it is an inline comment."""
        return self._put(SiteComment("", page, body, marked=marked, author=author), when)

    def reply(
        self, comment_id: str, body: str, *, author: str = "", when: datetime | None = None
    ) -> str:
        """Answer a comment; return the reply's id."""
        answered = self.get(comment_id)
        reply = replace(answered, id="", body=body, parent=comment_id, author=author, version=1)
        return self._put(reply, when)

    def edit(self, comment_id: str, body: str) -> None:
        """Save a new version; the page's stays the same."""
        old = self.get(comment_id)
        self.by_id[comment_id] = replace(
            old, body=body, version=old.version + 1, modified=self._clock()
        )

    def resolve(self, comment_id: str, resolution: str = "resolved") -> None:
        """Resolve or reopen the thread that an inline comment begins; no version changes."""
        for below in (comment_id, *self._below(comment_id)):
            self.by_id[below] = replace(self.get(below), resolution=resolution)

    def delete(self, comment_id: str) -> None:
        """Delete a comment and its replies."""
        for below in (comment_id, *self._below(comment_id)):
            del self.by_id[self.get(below).id]

    def delete_alone(self, comment_id: str, *, moves_replies: bool) -> None:
        """Delete a comment and not its replies, which move up, or answer what is not there."""
        deleted = self.by_id.pop(self.get(comment_id).id)
        for reply in [one for one in self.by_id.values() if one.parent == comment_id]:
            if moves_replies:
                self.by_id[reply.id] = replace(reply, parent=deleted.parent)

    def get(self, comment_id: str) -> SiteComment:
        """Return a comment. Raises UnknownIdError."""
        try:
            return self.by_id[comment_id]
        except KeyError:
            raise UnknownIdError(comment_id) from None

    def after(self, number: int) -> Iterator[tuple[int, SiteComment]]:
        """Yield the comments above a number, by id."""
        for key in sorted(map(int, self.by_id)):
            if key > number:
                yield key, self.by_id[str(key)]

    def _below(self, comment_id: str) -> list[str]:
        """Return the ids of all replies; a reply's id is above that of what it answers."""
        found = [comment_id]
        for _, comment in self.after(int(comment_id)):
            if comment.parent in found:
                found.append(comment.id)
        return found[1:]

    def _put(self, comment: SiteComment, when: datetime | None) -> str:
        comment_id, now = self._new_id(), when or self._clock()
        self.by_id[comment_id] = replace(comment, id=comment_id, created=now, modified=now)
        return comment_id
