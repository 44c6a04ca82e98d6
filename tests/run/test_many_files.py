"""Lists of many files and comments, which look up their pages in the scratch database."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.confluence_site import ConfluenceSite
from pipeline.fetch import ROWS_A_REQUEST, Site
from pipeline.records import Attachment, CommentRef, ListedPage, PageFailure, PageRef
from pipeline.report import Report
from pipeline.run.on_pages import OnPages
from pipeline.run.stop import Stop
from pipeline.state import Listing, open_ledger
from tests.support.confluence_client import settings_of

ROWS = 3 * ROWS_A_REQUEST
WHEN = "2026-06-15T09:30:00.000Z"


class ManyOnPages(Site):
    """A site with a page that has hundreds of files and comments."""

    used = threading.Lock()  # the database, by one thread at a time

    def list_attachments(self, pages: Mapping[str, str]) -> Iterator[Attachment | PageFailure]:
        for number in range(ROWS):
            self._look_up(pages)
            yield Attachment(f"att{number}", "7", 1, f"{number}.txt", WHEN, "text/plain", 9)

    def list_comments(self, pages: Mapping[str, str]) -> Iterator[CommentRef | PageFailure]:
        for number in range(ROWS):
            self._look_up(pages)
            yield CommentRef(str(number), "7", 1, WHEN)

    def _look_up(self, pages: Mapping[str, str]) -> None:
        with self.used:
            assert pages["7"] == "page"

    def is_own(self, _: str) -> bool:
        assert self.used.acquire(blocking=False), "two threads use the database"
        self.used.release()
        return True


def test_files_and_comments_are_listed_while_no_other_thread_uses_the_database(
    site: ConfluenceSite, tmp_path: Path
) -> None:
    settings = settings_of(site, CONTENT_TYPES="pages,attachments,comments")
    many = ManyOnPages(settings)
    with open_ledger(tmp_path / "sync.sqlite3") as ledger:
        listing = Listing(ledger.scratch)
        listing.add([ListedPage(PageRef("7", 1, "Page", "KI"), parent="")], many.is_own)
        OnPages(settings, many, listing, Report(), Stop(), many.is_own).add(ledger)
        assert listing.count_types() == {"page": 1, "attachment": ROWS, "comment": 1}
        assert listing.get("comments7").version == ROWS
    many.close()
