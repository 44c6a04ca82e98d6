"""A small site beside a server that can only rotate, for the tests of rotation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.program import DETAILS, Ended, environment, sync_now
from tests.support.vector_api import Fault, VectorApi

PAGES = 12  # of two chunks each; the delete guard needs ten


class Rotating:
    """The site, the server and the folder of the runs."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.api, self.folder = site, api, folder
        self.state = site.state
        self.ids = list(self.state.page_ids("KI"))

    def environment(self) -> dict[str, str]:
        own = {"SPACE_NAME": "Known Issues", "BATCH_SIZE": "2", "UPDATE_STRATEGY": "rotate"}
        return environment(self.site, self.api.base_url, self.folder, **own)

    def sync(self, **more: str) -> Ended:
        return sync_now(self.environment() | more)

    @property
    def active(self) -> str:
        """The store that readers take."""
        return (self.folder / "confluence.vdb").read_text().strip()

    def held(self) -> set[str]:
        """Ids of the pages that the active store has text of."""
        documents = self.api.documents(self.active).values()
        return {str(document.metadata["page_id"]) for document in documents}

    def answers(self, page: int, word: str) -> bool:
        """Whether the active store says what `edit` wrote, or "is" before it."""
        texts = [document.text for document in self.api.documents(self.active).values()]
        return any(f"Page {page} {word} here." in text for text in texts)

    def edit(self, page: int, word: str) -> None:
        self.state.edit(self.ids[page], to_body(page, word))

    def begin(self) -> str:
        """Edit page 1, end the rotation at page 8, and return the store that it leaves."""
        self.edit(1, "was")
        before = set(self.api.identifiers())
        self.api.faults = [Fault(saying="Page 8 is", status=401, times=None)]
        assert self.sync().code == 5
        self.api.faults = []
        [unfinished] = set(self.api.identifiers()) - before
        assert 0 < len(self.api.documents(unfinished)) < 2 * PAGES
        return unfinished

    def pass_days(self, days: int) -> None:
        self.state.clock = lambda: datetime.now(UTC) + timedelta(days=days)

    def lose_a_chunk(self, page: int) -> None:
        """Let the active store answer with only one of the two chunks of a page."""
        documents = self.api.documents(self.active).values()
        of_page = (one.id for one in documents if one.metadata["page_id"] == self.ids[page])
        self.api.take_out(self.active, next(of_page))

    def forget_the_runs(self) -> None:
        """Have no volume."""
        for path in self.folder.iterdir():
            path.unlink()


def to_body(number: int, word: str = "is") -> str:
    what, why = f"Page {number} {word} here. {DETAILS}", f"Because of {number}. {DETAILS}"
    return f"<h2>What</h2><p>{what}</p><h2>Why</h2><p>{why}</p>"


@contextmanager
def open_rotating(folder: Path) -> Iterator[Rotating]:
    """Serve a site of twelve pages and an empty Vector API; one run has filled it."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(PAGES):
        state.add_page(f"Page {number}", "KI", to_body(number), labels=["known"])
    with ConfluenceSite(state) as site, VectorApi("dash") as api:
        place = Rotating(site, api, folder)
        assert place.sync().code == 0
        yield place
