"""What a run reports of its conversions: page by page, and for all pages together."""

from __future__ import annotations

from collections import Counter

from pipeline.records import Markdown
from pipeline.report import Report


class ConversionWarnings:
    """Reports the warnings of each page at once, and what many pages share at the end."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._unknown_macros: Counter[str] = Counter()
        self._hidden: Counter[str] = Counter()  # page → characters that no reader sees

    def add(self, page_id: str, markdown: Markdown) -> None:
        """Report a converted page's own warnings; count its unknown macros and hidden text."""
        name = f"page {page_id} {markdown.title!r}"
        for warning in markdown.warnings:
            self._report.warn(f"{name}: {warning}")
        self._unknown_macros.update(markdown.unknown_macros)
        if markdown.hidden_characters:
            self._hidden[name] = markdown.hidden_characters

    def finish(self) -> None:
        """Report what was counted: one warning of each kind."""
        if self._unknown_macros:
            names = ", ".join(f"{name} ({n})" for name, n in self._unknown_macros.most_common())
            self._report.warn(f"unsupported macros (text kept): {names}")
        if self._hidden:
            most = ", ".join(f"{page} ({n})" for page, n in self._hidden.most_common(5))
            self._report.warn(
                f"invisible text removed: {self._hidden.total()} characters on "
                f"{len(self._hidden)} pages, most of it on {most}"
            )
