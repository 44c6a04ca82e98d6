"""When so many pages fail that the run should end."""

from __future__ import annotations

from collections import Counter

FAILURES_IN_A_ROW = 10
SHARE, LEAST_TRIED = 0.15, 100  # of the tried pages, once so many were tried


class TooManyFailuresError(Exception):
    """So many pages failed that the run should end; `stage` is the last failure's."""

    def __init__(self, message: str, stage: str) -> None:
        super().__init__(message)
        self.stage = stage


class FailureLimit:
    """The pages that passed and failed so far, by stage. The caller holds a lock."""

    def __init__(self) -> None:
        self.failed_ids: set[str] = set()
        self._tried_ids: set[str] = set()
        # By stage: the stages work on different pages at once, the writer many pages behind.
        self._in_a_row: Counter[str] = Counter()

    def passed(self, page_id: str, stage: str) -> None:
        """Count a page that passed a stage: the failures in a row there end."""
        self._tried_ids.add(page_id)
        self._in_a_row[stage] = 0

    def stored(self) -> None:
        """End the vector server's failures in a row: it has stored or deleted a page."""
        self._in_a_row["upsert"] = self._in_a_row["delete"] = 0

    def failed(self, page_id: str, stage: str) -> str:
        """Count a failed page, once; return why the run should end, or ""."""
        if page_id in self.failed_ids:
            return ""
        self.failed_ids.add(page_id)
        self._tried_ids.add(page_id)
        self._in_a_row[stage] += 1
        if self._in_a_row[stage] >= FAILURES_IN_A_ROW:
            return f"{self._in_a_row[stage]} pages failed in a row"
        failed, tried = len(self.failed_ids), len(self._tried_ids)
        if tried >= LEAST_TRIED and failed > SHARE * tried:
            return f"{failed} of {tried} pages failed"
        return ""
