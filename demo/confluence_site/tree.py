"""The tree of the stand-in site: parents, children, and what is hidden from the account."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping

from demo.confluence_site.items import Folder, SitePage


class UnknownIdError(KeyError):
    """The site has no page, folder or space of this id or key."""


class Tree:
    """Which pages and folders are below which; reads the site's pages and folders by reference."""

    def __init__(self, pages: Mapping[str, SitePage], folders: Mapping[str, Folder]) -> None:
        self._pages = pages
        self._folders = folders
        self._children: dict[str, list[int]] = {}  # sorted ids of pages and folders
        self._hidden: set[str] = set()

    def add(self, item_id: str, parent: str | None) -> None:
        """Put a page or folder below `parent` (None: at the top). Raises UnknownIdError."""
        if parent is None:
            return
        if not self.can_hold(parent):
            raise UnknownIdError(parent)
        insort(self._children.setdefault(parent, []), int(item_id))

    def remove(self, item_id: str, parent: str | None) -> None:
        """Take a page or folder out of its parent's children."""
        siblings = self._children.get(parent or "", [])
        if int(item_id) in siblings:
            siblings.remove(int(item_id))

    def remove_children(self, item_id: str) -> list[str]:
        """Take away all children; return their ids."""
        return [str(child) for child in self._children.pop(item_id, [])]

    def can_hold(self, item_id: str | None) -> bool:
        """Return whether it is a folder, or a page that is not in the trash."""
        page = self._pages.get(item_id or "")
        return item_id in self._folders or (page is not None and page.status != "trashed")

    def ancestors(self, item: SitePage | Folder) -> list[str]:
        """Return the ids of pages and folders above, from the top down."""
        found: list[str] = []
        parent = item.parent
        while parent is not None and parent not in found:
            found.append(parent)
            above = self._pages.get(parent) or self._folders.get(parent)
            parent = above.parent if above else None
        return found[::-1]

    def descendants(self, item_id: str) -> Iterator[tuple[str, int]]:
        """Yield the ids of pages and folders below, with depth (1: a child), depth first."""
        below = [(str(child), 1) for child in reversed(self._children.get(item_id, []))]
        while below:
            child, depth = below.pop()
            yield child, depth
            below += [(str(id_), depth + 1) for id_ in reversed(self._children.get(child, []))]

    def hide(self, item_id: str) -> None:
        self._hidden.add(item_id)

    def unhide(self, item_id: str) -> None:
        self._hidden.discard(item_id)

    def is_visible(self, item: SitePage | Folder) -> bool:
        """Return whether neither it nor anything above it is hidden from the account."""
        if not self._hidden:
            return True
        return self._hidden.isdisjoint((item.id, *self.ancestors(item)))
