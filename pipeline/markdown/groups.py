"""Plain HTML elements by group: what the walk does with each, and how deep a group may nest."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.markdown.blocks import Block
from pipeline.markdown.tree import Element
from pipeline.markdown.visible import INLINE

GROUPS = {
    **dict.fromkeys(("ul", "ol", "dir", "menu", "ac:task-list"), "list"),
    **dict.fromkeys(("li", "ac:task"), "item"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("b", "strong"), "**"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "*"),
    **dict.fromkeys(("s", "del", "strike"), "~~"),
    "table": "table",
    "tr": "row",
    "blockquote": "quote",
    "a": "link",
}
INLINE_GROUPS = frozenset(("**", "*", "~~", "link"))
BOLD = frozenset(("th", "h1", "h2", "h3", "h4", "h5", "h6"))  # their text is so without a mark
# What is nested deeper keeps its text, without a mark of its own.
LIMITS = {
    "list": 12,
    "item": 24,
    "quote": 6,
    "macro": 32,
    "table": 4,
    "heading": 1,
    "**": 1,
    "*": 1,
    "~~": 1,
    "link": 1,
}


def is_block(tag: str) -> bool:
    """Return whether a macro's element ends the paragraph.

    Storage's own elements (`ac:`) do not: what they render to decides.
    """
    return tag not in INLINE and not tag.startswith("ac:")


def to_heading(element: Element, blocks: Sequence[Block]) -> list[Block]:
    """Return a heading line of all text in `h1` to `h6`; other blocks in it follow."""
    text = " ".join(" ".join(block.text.split()) for block in blocks if block.kind == "text")
    others = [block for block in blocks if block.kind != "text"]
    if not text:
        return others
    level = int(element.tag[1])
    return [Block("heading", f"{'#' * level} {text}", element.get("id") or ""), *others]
