"""What the stand-in Confluence site holds, and how tests change it while it runs."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from demo.confluence_site.index import SearchIndex
from demo.confluence_site.items import Body, Folder, SitePage, Space

_FIRST_ID = 98_305  # any number; ids of pages and folders are digits, as in Confluence


class UnknownIdError(KeyError):
    """A test named a page, folder or space that the site does not hold."""


class SiteState:
    """Spaces, folders and pages, changed under one lock; safe from any thread.

    `index_lag_seconds` is how far the search index (CQL) runs behind; infinite means "until
    `reindex()`". Lists of v2 always show the latest state.
    """

    def __init__(
        self,
        *,
        index_lag_seconds: float = 0.0,
        time_zone: str = "UTC",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`time_zone` is the calling user's (CQL reads dates in it); `clock` tells an aware now."""
        self.lock = threading.RLock()
        self.time_zone = time_zone
        self.clock = clock
        self.spaces: dict[str, Space] = {}
        self.folders: dict[str, Folder] = {}
        self.pages: dict[str, SitePage] = {}
        self.index = SearchIndex(index_lag_seconds)
        self._ids: dict[str, list[int]] = {"": []}  # sorted page ids: of a space; "" is all
        self._children: dict[str, list[int]] = {}  # sorted ids of pages and folders
        self._hidden: set[str] = set()
        self._next_id = _FIRST_ID

    @property
    def index_lag_seconds(self) -> float:
        return self.index.lag_seconds

    @index_lag_seconds.setter
    def index_lag_seconds(self, seconds: float) -> None:
        self.index.lag_seconds = seconds

    # What tests call

    def add_space(self, key: str, name: str, **fields: str) -> str:
        """Make a space; returns its key. `fields` are others of `Space`."""
        with self.lock:
            space = Space(id=self._new_id(), key=key, name=name, **fields)
            self.spaces[key] = space
            self._ids[key] = []
            return key

    def rename_space(self, key: str, name: str) -> None:
        with self.lock:
            self.spaces[key] = replace(self._space(key), name=name)

    def set_home(self, key: str, page_id: str) -> None:
        with self.lock:
            self.spaces[key] = replace(self._space(key), home=page_id)

    def add_folder(self, title: str, space: str, *, parent: str | None = None) -> str:
        """Make a folder below a page or folder, or at the top; returns its id."""
        with self.lock:
            folder_id = self._new_id()
            self.folders[folder_id] = Folder(folder_id, title, self._space(space).key, parent)
            self._adopt(folder_id, parent)
            return folder_id

    def add_page(
        self,
        title: str,
        space: str,
        body: Body = "<p></p>",
        *,
        storage: Body | None = None,
        view: Body | None = None,
        parent: str | None = None,
        labels: Iterable[str] = (),
        page_id: str | None = None,
        version: int = 1,
        modified: datetime | None = None,
        status: str = "current",
    ) -> str:
        """Make a page; returns its id.

        `body` is its export_view, and stands for the other two where they are not given.
        `parent` is a page's or folder's id; `modified` defaults to the clock's now.
        """
        with self.lock:
            page_id = page_id or self._new_id()
            if page_id in self.pages:
                raise ValueError(f"there is a page {page_id} already")
            when = modified or self.clock()
            page = SitePage(
                id=page_id,
                title=title,
                space=self._space(space).key,
                parent=parent,
                bodies={
                    "export_view": body,
                    "view": body if view is None else view,
                    "storage": body if storage is None else storage,
                },
                labels=_to_labels(labels),
                version=version,
                created=when,
                modified=when,
                status=status,
            )
            insort(self._ids[""], int(page_id))
            insort(self._ids[space], int(page_id))
            self._adopt(page_id, parent)
            self._put(page)
            return page_id

    def edit(
        self,
        page_id: str,
        body: Body | None = None,
        *,
        storage: Body | None = None,
        modified: datetime | None = None,
    ) -> None:
        """Save a new version, with a new body where one is given (storage follows it)."""
        with self.lock:
            page = self.page(page_id)
            bodies = dict(page.bodies)
            if body is not None:
                bodies = dict.fromkeys(bodies, body)
            if storage is not None:
                bodies["storage"] = storage
            self._save(replace(page, bodies=bodies), modified)

    def rename(self, page_id: str, title: str, *, modified: datetime | None = None) -> None:
        """Save a new version with another title."""
        with self.lock:
            self._save(replace(self.page(page_id), title=title), modified)

    def move(self, page_id: str, *, parent: str | None = None, space: str | None = None) -> None:
        """Put a page below another parent, and with its descendants into another space.

        Version and time stay as they are: Confluence counts a move as no edit.
        """
        with self.lock:
            page = self.page(page_id)
            if parent in {page_id, *(below for below, _ in self.descendants(page_id))}:
                raise ValueError(f"page {parent} is below page {page_id}, or that page itself")
            self._disown(page_id, page.parent)
            self._adopt(page_id, parent)
            self._put(replace(page, parent=parent))
            if space is not None and space != page.space:
                for moved in [page_id, *(child for child, _ in self.descendants(page_id))]:
                    self._to_space(moved, self._space(space).key)

    def trash(self, page_id: str) -> None:
        """Delete a page as a user does: it lies in the trash, its children move up."""
        with self.lock:
            page = self.page(page_id)
            self._leave(page)
            self._put(replace(page, status="trashed"))

    def purge(self, page_id: str) -> None:
        """Empty it from the trash (or delete at once): every route says 404."""
        with self.lock:
            page = self.page(page_id)
            self._leave(page)
            for ids in (self._ids[""], self._ids[page.space]):
                ids.remove(int(page_id))
            del self.pages[page_id]
            self.index.note(self.clock(), page_id)

    def archive(self, page_id: str) -> None:
        with self.lock:
            self._put(replace(self.page(page_id), status="archived"))

    def restore(self, page_id: str) -> None:
        """Bring a trashed or archived page back, where it was if its parent is still there."""
        with self.lock:
            page = self.page(page_id)
            parent = page.parent if self._is_in_tree(page.parent) else None
            if page.status == "trashed":
                self._adopt(page_id, parent)
            self._put(replace(page, status="current", parent=parent))

    def set_labels(self, page_id: str, labels: Iterable[str]) -> None:
        """Replace a page's labels; version and time stay as they are."""
        with self.lock:
            self._put(replace(self.page(page_id), labels=_to_labels(labels)))

    def restrict(self, item_id: str, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Give a page or folder view restrictions that the account passes; none of both lifts
        them. They hold for what is below, too, but only the item itself tells them.
        """
        with self.lock:
            viewers, viewer_groups = tuple(users), tuple(groups)
            if folder := self.folders.get(item_id):
                folder = replace(folder, viewers=viewers, viewer_groups=viewer_groups)
                self.folders[item_id] = folder
            else:
                page = self.page(item_id)
                self._put(replace(page, viewers=viewers, viewer_groups=viewer_groups))

    def hide(self, item_id: str) -> None:
        """Make a page or folder, and what is below it, unreadable for the account."""
        with self.lock:
            self._hidden.add(item_id if item_id in self.folders else self.page(item_id).id)

    def unhide(self, item_id: str) -> None:
        with self.lock:
            self._hidden.discard(item_id)

    def reindex(self) -> None:
        """Let the search index catch up at once."""
        with self.lock:
            self.index.catch_up(self.pages, None)

    def page(self, page_id: str) -> SitePage:
        """The page as it is now, readable or not; UnknownIdError when there is none."""
        with self.lock:
            try:
                return self.pages[page_id]
            except KeyError:
                raise UnknownIdError(page_id) from None

    # What the answers read; the caller holds the lock

    def page_ids(self, space: str = "", after: int = 0) -> Iterator[str]:
        """Ids above `after` in ascending order, of one space or of all."""
        ids = self._ids.get(space, [])
        return (str(ids[at]) for at in range(bisect_right(ids, after), len(ids)))

    def is_visible(self, item: SitePage | Folder) -> bool:
        """Neither the page or folder nor one above it is hidden from the account."""
        if not self._hidden:
            return True
        return self._hidden.isdisjoint((item.id, *self.ancestors(item)))

    def visible_page(self, page_id: str) -> SitePage | None:
        page = self.pages.get(page_id)
        return page if page and self.is_visible(page) else None

    def visible_folder(self, folder_id: str) -> Folder | None:
        folder = self.folders.get(folder_id)
        return folder if folder and self.is_visible(folder) else None

    def ancestors(self, item: SitePage | Folder) -> list[str]:
        """Ids of pages and folders above, from the top down."""
        found: list[str] = []
        parent = item.parent
        while parent is not None and parent not in found:
            found.append(parent)
            above = self.pages.get(parent) or self.folders.get(parent)
            parent = above.parent if above else None
        return found[::-1]

    def descendants(self, item_id: str) -> Iterator[tuple[str, int]]:
        """Ids of pages and folders below, each with its depth (1: a child), depth first."""
        below = [(str(child), 1) for child in reversed(self._children.get(item_id, []))]
        while below:
            child, depth = below.pop()
            yield child, depth
            below += [(str(id_), depth + 1) for id_ in reversed(self._children.get(child, []))]

    def indexed_pages(self) -> Mapping[str, SitePage]:
        """What the search index knows by now."""
        return self.index.catch_up(self.pages, self.clock())

    # Bookkeeping

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

    def _put(self, page: SitePage) -> None:
        self.pages[page.id] = page
        self.index.note(self.clock(), page.id)

    def _save(self, page: SitePage, modified: datetime | None) -> None:
        self._put(replace(page, version=page.version + 1, modified=modified or self.clock()))

    def _to_space(self, item_id: str, key: str) -> None:
        if folder := self.folders.get(item_id):
            self.folders[item_id] = replace(folder, space=key)
            return
        page = self.pages[item_id]
        self._ids[page.space].remove(int(item_id))
        insort(self._ids[key], int(item_id))
        self._put(replace(page, space=key))

    def _adopt(self, item_id: str, parent: str | None) -> None:
        if parent is None:
            return
        if not self._is_in_tree(parent):
            raise UnknownIdError(parent)
        insort(self._children.setdefault(parent, []), int(item_id))

    def _is_in_tree(self, item_id: str | None) -> bool:
        """Nothing can stand below a page in the trash."""
        page = self.pages.get(item_id or "")
        return item_id in self.folders or (page is not None and page.status != "trashed")

    def _disown(self, item_id: str, parent: str | None) -> None:
        siblings = self._children.get(parent or "", [])
        if int(item_id) in siblings:
            siblings.remove(int(item_id))

    def _leave(self, page: SitePage) -> None:
        """Take a page out of the tree; its children go to its parent."""
        self._disown(page.id, page.parent)
        for child in self._children.pop(page.id, []):
            self._adopt(str(child), page.parent)
            if folder := self.folders.get(str(child)):
                self.folders[folder.id] = replace(folder, parent=page.parent)
            else:
                self._put(replace(self.pages[str(child)], parent=page.parent))


def _to_labels(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(label.lower() for label in labels)  # Confluence knows no capitals in labels
