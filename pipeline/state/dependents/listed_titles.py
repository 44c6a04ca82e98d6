"""The listing of a run, to look up pages as the macros of other pages name them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.records import PAGE, IncludedPage
from pipeline.state.scratch.listing import Listing

_LONGEST_TITLE = 1_000  # characters: Confluence allows 255
_LONGEST_ID = 100  # characters: it is as long as the author of a page makes it
_INDEX = """
CREATE TABLE titles (title TEXT NOT NULL, space TEXT NOT NULL, page_id TEXT NOT NULL,
                     PRIMARY KEY (title, space, page_id)) WITHOUT ROWID;
INSERT INTO titles SELECT fold(title), fold(space), page_id FROM listed WHERE owner = page_id;
"""
# What is listed of a space whose listing is incomplete does not count: its pages may be skipped.
_FOUND = """
SELECT listed.page_id, version, modified,
       EXISTS (SELECT 1 FROM skipped WHERE skipped.page_id = listed.page_id) AS is_skipped
FROM {tables} WHERE NOT EXISTS (SELECT 1 FROM unlisted WHERE unlisted.space = listed.space)
"""
_BY_ID = _FOUND.format(tables="listed") + "AND listed.page_id = ?"
_BY_TITLE = (
    _FOUND.format(tables="titles CROSS JOIN listed USING (page_id)")
    + "AND titles.title = ? AND titles.space = ? AND content_type = ? "
    "ORDER BY is_skipped DESC, listed.page_id"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A listed page as far as those that include it need it."""

    id: str
    version: str  # its id, number and time, and whether it was skipped
    is_skipped: bool


class ListedTitles:
    """Finds pages of a complete listing, in scope or not, by their names, see `fold_names`.

    Look-ups by title make an index first, in the scratch database.
    """

    def __init__(self, listing: Listing) -> None:
        self._db = listing.scratch
        self._has_index = False

    def find(self, page: IncludedPage) -> Listed | None:
        """Return the page that a macro means, of several a skipped one; None if it is unlisted."""
        if page.id:
            rows = self._db.execute(_BY_ID, (page.id,)).fetchall()
        else:
            self._make_index()
            named = (page.title, page.space, page.content_type)
            rows = self._db.execute(_BY_TITLE, named).fetchall()
        # Two blog posts may have the same title, those of other days: then neither is known.
        if not rows or (len(rows) > 1 and page.content_type != PAGE):
            return None
        page_id, version, modified, is_skipped = rows[0]
        skipped = " skipped" if is_skipped else ""  # its text is shown by no other page
        return Listed(page_id, f"{page_id} {version} {modified}{skipped}", bool(is_skipped))

    def is_unlisted(self, page: IncludedPage) -> bool:
        """Return whether a page may be in a space whose listing is incomplete."""
        spaces = {fold(key) for (key,) in self._db.execute("SELECT space FROM unlisted")}
        return bool(spaces) and (not page.space or page.space in spaces)

    def _make_index(self) -> None:
        if self._has_index:
            return
        made = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'titles'").fetchone()
        if made is None:  # else by another object for this listing
            self._db.create_function("fold", 1, fold, deterministic=True)
            self._db.executescript(_INDEX)
        self._has_index = True


def fold_names(included: IncludedPage, space: str) -> IncludedPage:
    """Return how a page is looked up that a page of this space includes."""
    return replace(
        included,
        title=fold(included.title),
        id=included.id[:_LONGEST_ID],
        space="" if included.id else fold(included.space or space),
    )


def fold(name: str) -> str:
    """Return a title or space key as Confluence compares it: no case, white space collapsed."""
    return " ".join(name.split()).casefold()[:_LONGEST_TITLE]
