"""A site whose pages are edited, moved, hidden and included in each other."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from demo.confluence_site import ConfluenceSite, SiteState, faults
from tests.support.program import DETAILS

SPACES = ("KI", "OPS")
NOTHING = ("", "")  # what a page includes


class ChangingSite:
    """Two spaces with a page that is always there; what a page includes is rendered anew."""

    def __init__(self, age: timedelta) -> None:
        """`age`: of every other version, by its date."""
        self.state, self._age = SiteState(), timedelta()
        self.state.add_space("KI", "Known Issues")
        self.state.add_space("OPS", "Operations")
        self._texts: dict[str, list[str]] = {}  # by page id
        self._includes: dict[str, tuple[str, str]] = {}  # page id → content type, title
        self._broken: set[str] = set()
        self.home = self.add("Home", ["home"], {"keep"})  # of today
        self._age = age
        self.server = ConfluenceSite(self.state).__enter__()

    def close(self) -> None:
        self.server.__exit__(None, None, None)

    # what its users do

    def add(
        self,
        title: str,
        texts: list[str],
        labels: Iterable[str],
        parent: str = "",
        content_type: str = "page",
    ) -> str:
        page = self.state.add_page(
            title, "KI", labels=labels, parent=parent or None, modified=self._date(),
            content_type=content_type,
        )  # fmt: skip
        self._texts[page], self._includes[page] = texts, NOTHING
        self.save(page)
        return page

    def edit(self, page: str, texts: list[str], included: tuple[str, str] = NOTHING) -> None:
        """Save a new version, which includes what has a type and a title."""
        self._texts[page], self._includes[page] = texts, included
        self.save(page)

    def save(self, page: str) -> None:
        storage = to_body(self._texts[page]) + _to_macro(*self._includes[page])
        self.state.edit(page, self._render(page), storage=storage, modified=self._date())
        self.render()

    def rename(self, page: str, title: str) -> None:
        self.state.rename(page, title, modified=self._date())
        self.render()

    def renumber(self, page: str, texts: list[str]) -> None:
        """Edit a page and delete an earlier version of it: its number stays the same."""
        self.move_clock(0.1)  # a version of its own has a time of its own
        self.edit(page, texts)
        self.state.drop_old_version(page)
        self.render()

    def purge(self, page: str) -> None:
        self.state.purge(page)
        for file in [one for one in self.state.files.by_id.values() if one.page == page]:
            self.state.files.purge(file.id)
        for comment in [one.id for one in self.state.comments.by_id.values() if one.page == page]:
            self.state.comments.by_id.pop(comment)
        for known in (self._texts, self._includes):
            del known[page]
        self._broken.discard(page)
        self.render()

    def render(self) -> None:
        """Render every page that includes another as Confluence does when it is asked."""
        for page, included in self._includes.items():
            if included != NOTHING:
                self.state.render(page, self._render(page))

    def _render(self, page: str, above: tuple[str, ...] = ()) -> str:
        own = to_body(self._texts[page])
        included = self._find(*self._includes[page], self.state.page(page).space)
        if included is None or included in (page, *above):
            return own
        return own + self._render(included, (page, *above))

    def _find(self, content_type: str, title: str, space: str) -> str | None:
        """Return the page, or the only blog post, of a title that the account can read."""
        found = [
            page_id
            for page_id in self.state.page_ids(space)
            if (page := self.state.visible_page(page_id))
            and (page.type, page.title, page.status) == (content_type, title, "current")
        ]
        return found[0] if len(found) == 1 or (found and content_type == "page") else None

    def take_out(self, page: str, how: str) -> None:
        """Archive, trash or hide a page; blog posts are not archived."""
        if how == "archive" and self.state.page(page).type == "blogpost":
            how = "trash"
        getattr(self.state, how)(page)
        self.render()

    # what goes wrong with it

    def break_page(self, page: str) -> None:
        """Let every request about a page fail until `mend`."""
        self._broken.add(page)
        self.restore_faults()

    def restore_faults(self) -> None:
        """Remove all faults but those of broken pages."""
        self.server.clear_faults()
        for page in self._broken:
            self.server.fail(rf"\b{page}\b", faults.server_error(500), times=None)

    def mend(self) -> None:
        """End all that goes wrong, and bring the search index up to date."""
        self._broken.clear()
        self.restore_faults()
        self.state.index_lag_seconds = 0.0
        self.state.reindex()

    def move_clock(self, hours: float) -> None:
        offset = self.state.clock() - datetime.now(UTC) + timedelta(hours=hours)
        self.state.clock = lambda: datetime.now(UTC) + offset

    def _date(self) -> datetime:
        return self.state.clock() - self._age


def to_body(texts: Sequence[str]) -> str:
    """Each part is a chunk of its own, and several with a small CHUNK_TOKENS."""
    return "".join(f"<h2>Part {n}</h2><p>Say {text}. {DETAILS}</p>" for n, text in enumerate(texts))


def _to_macro(content_type: str, title: str) -> str:
    tag = {"page": "ri:page", "blogpost": "ri:blog-post"}[content_type or "page"]
    page = f'<ac:link><{tag} ri:content-title="{title}" /></ac:link>'
    parameter = f'<ac:parameter ac:name="">{page}</ac:parameter>'
    macro = f'<ac:structured-macro ac:name="include">{parameter}</ac:structured-macro>'
    return macro if title else ""
