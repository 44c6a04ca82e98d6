"""What a run reports of its conversions: page by page, and for all pages together."""

from __future__ import annotations

import heapq
from collections import Counter

from pipeline.records import Markdown
from pipeline.report import Report

_MACROS_NAMED = 50
_PAGES_NAMED = 5


class ConversionWarnings:
    """Reports the warnings of each page at once, and what many pages share at the end.

    What it holds does not grow with the pages.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._unknown_macros: Counter[str] = Counter()
        self._hidden = self._pages = 0  # characters that no reader sees, and pages that have them
        self._most_hidden: list[tuple[int, str]] = []  # a heap of the pages with most of them

    def add(self, page_id: str, markdown: Markdown) -> None:
        """Report a converted page's own warnings; count its unknown macros and hidden text."""
        name = f"page {page_id} {markdown.title!r}"
        for warning in markdown.warnings:
            self._report.warn(f"{name}: {warning}")
        if markdown.unknown_macros:
            self._unknown_macros.update(markdown.unknown_macros)
        if not markdown.hidden_characters:
            return
        self._hidden += markdown.hidden_characters
        self._pages += 1
        heapq.heappush(self._most_hidden, (markdown.hidden_characters, name))
        if len(self._most_hidden) > _PAGES_NAMED:
            heapq.heappop(self._most_hidden)

    def finish(self) -> None:
        """Report what was counted: one warning of each kind."""
        if macros := self._unknown_macros.most_common(_MACROS_NAMED):
            names = ", ".join(f"{name} ({number})" for name, number in macros)
            others = len(self._unknown_macros) - len(macros)
            more = f" and {others} others" if others else ""
            self._report.warn(f"unsupported macros (text kept): {names}{more}")
        if self._hidden:
            ranked = sorted(self._most_hidden, key=lambda row: (-row[0], row[1]))
            most = ", ".join(f"{page} ({number})" for number, page in ranked)
            self._report.warn(
                f"invisible text removed: {self._hidden} characters on {self._pages} pages, most "
                f"of it on {most}"
            )
