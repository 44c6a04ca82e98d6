"""What a converter returns, and the notes that it takes on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.markdown.hidden import drop_hidden_characters
from pipeline.markdown.links import Links
from pipeline.records import Container, IncludedPage

_NAME = re.compile(r"[\w.:-]{1,60}")


class Converted(NamedTuple):
    """A body as Markdown, and the text it was made from."""

    text: str
    anchors: tuple[str, ...]  # one for each heading line
    words: Counter[str]  # of the source, that readers see
    others: Counter[str] = Counter()  # noqa: RUF012 - of the other body; it is never changed
    containers: tuple[Container, ...] = ()


@dataclass(slots=True)
class Notes:
    """What a converter records about one body."""

    links: Links
    check: Callable[[], object] = lambda: None  # raises once the page has cost too much
    dropped: list[str] = field(default_factory=list)  # visible in the source, omitted on purpose
    hidden_characters: int = 0
    unknown_macros: Counter[str] = field(default_factory=Counter)
    render_errors: Counter[str] = field(default_factory=Counter)  # what Confluence did not render
    is_render_failed: bool = False  # a render error replaces content
    closed: Collection[IncludedPage] = ()  # nothing of these pages is shown, not even the title
    unpacked: int = 0  # characters of sources that were compressed: a few may hold any number
    is_source: bool = False  # the body is in storage format: it has no render errors

    def count_unknown(self, name: str) -> None:
        """Count a macro without a row. What is no name may be a text: it is not shown."""
        self.unknown_macros[name if _NAME.fullmatch(name) else "(no name)"] += 1

    def drop_hidden(self, text: str) -> str:
        """Return the text without characters that show nothing, and count those."""
        text, hidden = drop_hidden_characters(text)
        self.hidden_characters += hidden
        return text
