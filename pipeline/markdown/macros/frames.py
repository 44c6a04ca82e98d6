"""Macros that add nothing of their own: unwrapped, dropped, or unknown to Confluence."""

from __future__ import annotations

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, parameters_of
from pipeline.markdown.visible import visible_text

HIDEABLE = ("excerpt", "details")  # with the parameter `hidden`


def unwrap(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the content unchanged; the one paragraph of a macro within a line, on that line."""
    parent = element.getparent()
    if len(content.blocks) == 1 and parent is not None and parent.tag == "p":
        block = content.blocks[0]
        return block.text if block.kind == "text" else [block]
    return content.text or list(content.blocks)


def drop(element: Element, content: Content, notes: Notes) -> Rendered:
    """Drop navigation macros: their targets are ingested as pages themselves."""
    notes.dropped.append(visible_text(element))
    return []


def hide(element: Element, content: Content, notes: Notes) -> Rendered:
    """Drop what no reader sees, without counting it as visible text that was dropped."""
    return ""


def is_hidden_by_author(macro: Element, name: str) -> bool:
    """Return whether an excerpt or page properties are hidden: only other pages show them then."""
    return name in HIDEABLE and parameters_of(macro).get("hidden") == "true"
