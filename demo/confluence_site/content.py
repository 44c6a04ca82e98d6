"""What the stand-in site holds, as its answers read it."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from demo.confluence_site.comments import Comments
from demo.confluence_site.files import Files
from demo.confluence_site.index import SearchIndex
from demo.confluence_site.items import Folder, SitePage, Space
from demo.confluence_site.tree import Tree, UnknownIdError

_FIRST_ID = 98_305  # any number; ids of pages and folders are digits, as in Confluence


class Content:
    """Spaces, folders, pages, files, comments, the search index; readers hold `lock`."""

    def __init__(
        self,
        *,
        index_lag_seconds: float = 0.0,
        time_zone: str = "UTC",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`index_lag_seconds` delays the search index (CQL) only; infinite means until `reindex()`.

        `time_zone` is the caller's, in which CQL reads dates; `clock` returns an aware datetime.
        """
        self.lock = threading.RLock()
        self.time_zone = time_zone
        self.clock = clock
        self.spaces: dict[str, Space] = {}
        self.folders: dict[str, Folder] = {}
        self.pages: dict[str, SitePage] = {}
        self.people: dict[str, str] = {}  # account id → name
        self.tree = Tree(self.pages, self.folders)
        self.index = SearchIndex(index_lag_seconds)
        self._ids: dict[str, list[int]] = {"": []}  # space key ("": all) → sorted page ids
        self._next_id = _FIRST_ID
        self.files = Files(self._new_id, self._now)
        self.comments = Comments(self._new_id, self._now)

    @property
    def index_lag_seconds(self) -> float:
        return self.index.lag_seconds

    @index_lag_seconds.setter
    def index_lag_seconds(self, seconds: float) -> None:
        self.index.lag_seconds = seconds

    def page(self, page_id: str) -> SitePage:
        """Return the current page, readable or not. Raises UnknownIdError."""
        with self.lock:
            try:
                return self.pages[page_id]
            except KeyError:
                raise UnknownIdError(page_id) from None

    def page_ids(self, space: str = "", after: int = 0) -> Iterator[str]:
        """Return the page ids above `after` in ascending order, of one space or of all."""
        ids = self._ids.get(space, [])
        return (str(ids[at]) for at in range(bisect_right(ids, after), len(ids)))

    def visible_page(self, page_id: str) -> SitePage | None:
        page = self.pages.get(page_id)
        return page if page and self.tree.is_visible(page) else None

    def visible_folder(self, folder_id: str) -> Folder | None:
        folder = self.folders.get(folder_id)
        return folder if folder and self.tree.is_visible(folder) else None

    def indexed_pages(self) -> Mapping[str, SitePage]:
        """Return the pages as the search index has them now."""
        return self.index.catch_up(self.pages, self.clock())

    # Changes that keep pages, ids, tree and index in step; the caller holds the lock.

    def _now(self) -> datetime:
        return self.clock()  # tests replace it

    def _new_id(self) -> str:
        self._next_id += 1
        while str(self._next_id) in self.pages:
            self._next_id += 1
        return str(self._next_id)

    def _space(self, key: str) -> Space:
        try:
            return self.spaces[key]
        except KeyError:
            raise UnknownIdError(key) from None

    def _put_space(self, space: Space) -> None:
        self.spaces[space.key] = space
        self._ids.setdefault(space.key, [])

    def _put_page(self, page: SitePage) -> None:
        """Add a page, or replace it; its space may have changed."""
        before = self.pages.get(page.id)
        if before is None:
            insort(self._ids[""], int(page.id))
        if before is None or before.space != page.space:
            insort(self._ids[page.space], int(page.id))
        if before is not None and before.space != page.space:
            self._ids[before.space].remove(int(page.id))
        self.pages[page.id] = page
        self.index.note(self.clock(), page.id)

    def _delete_page(self, page: SitePage) -> None:
        for ids in (self._ids[""], self._ids[page.space]):
            ids.remove(int(page.id))
        del self.pages[page.id]
        self.index.note(self.clock(), page.id)

    def _leave_tree(self, page: SitePage) -> None:
        """Take a page out of the tree; its children move to its parent."""
        self.tree.remove(page.id, page.parent)
        for child in self.tree.remove_children(page.id):
            self.tree.add(child, page.parent)
            self._put_item(child, parent=page.parent)

    def _put_item(self, item_id: str, **changes: str | tuple[str, ...] | None) -> None:
        """Change fields of a page or folder. Raises UnknownIdError."""
        if folder := self.folders.get(item_id):
            self.folders[item_id] = replace(folder, **changes)  # type: ignore[arg-type]
        else:
            self._put_page(replace(self.page(item_id), **changes))  # type: ignore[arg-type]
