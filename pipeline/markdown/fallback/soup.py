"""A page's body as BeautifulSoup's tree, for the second converter only."""

from __future__ import annotations

import re
from typing import cast

from bs4 import BeautifulSoup
from bs4.element import PageElement, PreformattedString, Tag

from pipeline.markdown.macros import frames, inline
from pipeline.markdown.macros.table import CLASSED, find_by_class
from pipeline.markdown.tree import drop_control_characters, to_html
from pipeline.markdown.visible import INLINE, UNSEEN, is_hidden

# Comments and declarations, and any `<` that begins no tag: Python's parser needs quadratic time
# for many of them.
_NO_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)|<(?!/?[A-Za-z][^<>]*>)", re.DOTALL)

# Python refuses to read a number of thousands of digits; no character has one of eight.
_NO_CHARACTER = re.compile(r"&#[0-9]{8,}+;?")


def parse(body: str) -> BeautifulSoup:
    """Parse a rendered or a storage body with Python's own HTML parser."""
    html = _NO_TAG.sub(lambda match: "&lt;" if match[0] == "<" else "", to_html(body))
    html = _NO_CHARACTER.sub("\ufffd", html)
    return BeautifulSoup(f"<div>{html}</div>", "html.parser", multi_valued_attributes=None)


def is_unseen(tag: Tag) -> bool:
    """Return whether readers see nothing of an element, as in `visible` and `macros.frames`."""
    if tag.name in UNSEEN or is_hidden(cast(dict[str, str], tag.attrs)):
        return True
    return tag.get("ac:name") in frames.HIDEABLE and any(
        parameter.get("ac:name") == "hidden" and parameter.get_text().strip() == "true"
        for parameter in tag.find_all("ac:parameter", recursive=False)
    )


def is_dropped(tag: Tag) -> bool:
    """Return whether an element is navigation, an icon, or the second copy of an editor's node."""
    if tag.name == "ac:adf-fallback":
        node = next((before for before in tag.previous_siblings if isinstance(before, Tag)), None)
        return node is not None and node.name == "ac:adf-node" and bool(text_of(node).strip())
    classes = str(tag.get("class") or "")
    macro = find_by_class(tag.name, classes) if classes and tag.name in CLASSED else None
    return macro is not None and macro.convert in (frames.drop, inline.icon)


def text_of(tag: Tag) -> str:
    """Return the text that readers see, block elements on lines of their own; of any depth."""
    parts: list[str] = []
    rest: list[PageElement | None] = list(reversed(tag.contents))  # None: an end of a block
    while rest:
        part = rest.pop()
        if part is None:
            if parts and not parts[-1].endswith("\n"):
                parts.append("\n")
        elif not isinstance(part, Tag):
            if not isinstance(part, PreformattedString):
                parts.append(drop_control_characters(str(part)))
        elif part.name == "br":
            parts.append("\n")
        elif not is_unseen(part):
            ends = [] if part.name in INLINE else [None]
            rest += [*ends, *reversed(part.contents), *ends]
    return "".join(parts)
