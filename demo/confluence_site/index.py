"""The site's search index, which lags behind the pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf

from demo.confluence_site.items import SitePage


class SearchIndex:
    """Pages as they were `lag_seconds` ago; infinite means until `catch_up(…, None)`."""

    def __init__(self, lag_seconds: float) -> None:
        self.lag_seconds = lag_seconds
        self.pages: dict[str, SitePage] = {}
        self._changed: deque[tuple[datetime, str]] = deque()

    def note(self, when: datetime, page_id: str) -> None:
        """Record that a page was added, changed or purged."""
        self._changed.append((when, page_id))

    def catch_up(
        self, site: Mapping[str, SitePage], now: datetime | None
    ) -> Mapping[str, SitePage]:
        """Apply the changes that are old enough at `now` (None: all); return the pages."""
        while self._changed:
            changed, page_id = self._changed[0]
            if now is not None and (
                self.lag_seconds == inf or changed + timedelta(seconds=self.lag_seconds) > now
            ):
                break
            self._changed.popleft()
            if page_id in site:
                self.pages[page_id] = site[page_id]
            else:
                self.pages.pop(page_id, None)
        return self.pages
