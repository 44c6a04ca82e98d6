"""What a converter returns, and the notes that it takes on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.markdown.hidden import drop_hidden_characters
from pipeline.markdown.links import Links


class Converted(NamedTuple):
    """A body as Markdown, and the text it was made from."""

    text: str
    anchors: tuple[str, ...]  # one for each heading line
    visible: str  # all text of the source that readers see


@dataclass(slots=True)
class Notes:
    """What a converter records about one body."""

    links: Links
    check: Callable[[], object] = lambda: None  # raises once the page has cost too much
    dropped: list[str] = field(default_factory=list)  # visible in the source, omitted on purpose
    hidden_characters: int = 0
    unknown_macros: Counter[str] = field(default_factory=Counter)
    render_errors: list[str] = field(default_factory=list)  # what Confluence could not render
    is_render_failed: bool = False  # a render error replaces content

    def drop_hidden(self, text: str) -> str:
        """Return the text without characters that show nothing, and count those."""
        text, hidden = drop_hidden_characters(text)
        self.hidden_characters += hidden
        return text
