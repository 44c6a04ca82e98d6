"""How tests change the stand-in site while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from demo.confluence_site.content import Content
from demo.confluence_site.items import Body, Folder, SitePage, Space


class SiteState(Content):
    """The content of a site with the changes that its users make; safe from any thread.

    Lists of v2 always show the latest state; search lags by `index_lag_seconds`.
    """

    def add_space(self, key: str, name: str, **fields: str) -> str:
        """Add a space; return its key. `fields` are other fields of `Space`."""
        with self.lock:
            self._put_space(Space(id=self._new_id(), key=key, name=name, **fields))
            return key

    def rename_space(self, key: str, name: str) -> None:
        with self.lock:
            self._put_space(replace(self._space(key), name=name))

    def set_home(self, key: str, page_id: str) -> None:
        with self.lock:
            self._put_space(replace(self._space(key), home=page_id))

    def add_folder(
        self, title: str, space: str, *, parent: str | None = None, kind: str = "folder"
    ) -> str:
        """Add a folder, or a whiteboard, database or embed; return its id.

        It is below a page or another of these, or at the top.
        """
        with self.lock:
            folder_id = self._new_id()
            self.folders[folder_id] = Folder(
                folder_id, title, self._space(space).key, parent, kind=kind
            )
            self.tree.add(folder_id, parent)
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
        content_type: str = "page",
    ) -> str:
        """Add a page, or a blog post; return its id.

        `body` is its export_view, and the default of `storage` and `view`.
        `parent` is the id of a page or folder; `modified` defaults to the clock's time.
        """
        with self.lock:
            page_id = page_id or self._new_id()
            if page_id in self.pages:
                raise ValueError(f"page {page_id} exists already")
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
                type=content_type,
            )
            self.tree.add(page_id, parent)
            self._put_page(page)
            return page_id

    def edit(
        self,
        page_id: str,
        body: Body | None = None,
        *,
        storage: Body | None = None,
        modified: datetime | None = None,
    ) -> None:
        """Save a new version. `body` replaces all three bodies, then `storage` its own."""
        with self.lock:
            page = self.page(page_id)
            bodies = dict(page.bodies)
            if body is not None:
                bodies = dict.fromkeys(bodies, body)
            if storage is not None:
                bodies["storage"] = storage
            self._save(replace(page, bodies=bodies), modified)

    def render(self, page_id: str, body: Body) -> None:
        """Replace what Confluence renders of a page; its source and version stay the same."""
        with self.lock:
            page = self.page(page_id)
            self._put_page(replace(page, bodies={**page.bodies, "export_view": body}))

    def drop_old_version(self, page_id: str) -> None:
        """Delete an earlier version of a page: Confluence renumbers those that follow it."""
        with self.lock:
            page = self.page(page_id)
            if page.version < 2:
                raise ValueError(f"page {page_id} has no earlier version")
            self._put_page(replace(page, version=page.version - 1))

    def rename(self, page_id: str, title: str, *, modified: datetime | None = None) -> None:
        """Save a new version with another title."""
        with self.lock:
            self._save(replace(self.page(page_id), title=title), modified)

    def move(self, page_id: str, *, parent: str | None = None, space: str | None = None) -> None:
        """Put a page below another parent, and with its descendants into another space.

        Version and time stay the same: for Confluence, a move is no edit.
        """
        with self.lock:
            page = self.page(page_id)
            if parent in {page_id, *(below for below, _ in self.tree.descendants(page_id))}:
                raise ValueError(f"page {parent} is below page {page_id}, or is that page")
            self.tree.remove(page_id, page.parent)
            self.tree.add(page_id, parent)
            self._put_page(replace(page, parent=parent))
            if space is not None and space != page.space:
                for item_id in [page_id, *(child for child, _ in self.tree.descendants(page_id))]:
                    self._put_item(item_id, space=self._space(space).key)

    def trash(self, page_id: str) -> None:
        """Delete a page as a user does: it is in the trash, and its children move up."""
        with self.lock:
            page = self.page(page_id)
            self._leave_tree(page)
            self._put_page(replace(page, status="trashed"))

    def purge(self, page_id: str) -> None:
        """Delete a page from the trash, or at once: every route answers 404."""
        with self.lock:
            page = self.page(page_id)
            self._leave_tree(page)
            self._delete_page(page)

    def archive(self, page_id: str) -> None:
        with self.lock:
            self._put_page(replace(self.page(page_id), status="archived"))

    def restore(self, page_id: str) -> None:
        """Restore a trashed or archived page below its old parent, or at the top without it."""
        with self.lock:
            page = self.page(page_id)
            parent = page.parent if self.tree.can_hold(page.parent) else None
            if page.status == "trashed":
                self.tree.add(page_id, parent)
            self._put_page(replace(page, status="current", parent=parent))

    def set_labels(self, page_id: str, labels: Iterable[str]) -> None:
        """Replace a page's labels; version and time stay the same."""
        with self.lock:
            self._put_page(replace(self.page(page_id), labels=_to_labels(labels)))

    def restrict(self, item_id: str, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Set the view restrictions of a page or folder, which the account passes.

        Without users and groups, remove them. They apply to everything below, but are listed for
        the item itself only.
        """
        with self.lock:
            self._put_item(item_id, viewers=tuple(users), viewer_groups=tuple(groups))

    def hide(self, item_id: str) -> None:
        """Make a page or folder, and everything below it, unreadable for the account."""
        with self.lock:
            self.tree.hide(item_id if item_id in self.folders else self.page(item_id).id)

    def unhide(self, item_id: str) -> None:
        with self.lock:
            self.tree.unhide(item_id)

    def reindex(self) -> None:
        """Bring the search index up to date."""
        with self.lock:
            self.index.catch_up(self.pages, None)

    def _save(self, page: SitePage, modified: datetime | None) -> None:
        self._put_page(replace(page, version=page.version + 1, modified=modified or self.clock()))


def _to_labels(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(label.lower() for label in labels)  # Confluence stores labels in lower case
