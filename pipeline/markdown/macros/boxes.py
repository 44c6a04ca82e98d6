"""Panels and expands: content with a title or a label."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.marks import emphasize
from pipeline.markdown.notes import Notes
from pipeline.markdown.quotes import to_quote
from pipeline.markdown.tree import Element, all_text, classes_of, parameters_of

_DEFAULT_EXPAND = "Click here to expand..."
_LABELS = {
    "info": "Info",
    "information": "Info",
    "note": "Note",
    "tip": "Tip",
    "warning": "Warning",
    "success": "Success",
    "error": "Error",
}


def box(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return info, note, tip, warning or panel as a quote with its label and title."""
    return to_quote(_with_title(element, content), _label(element))


def title(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a panel's or expand's title as a block that the box around it moves to its top."""
    if content.text.strip() == _DEFAULT_EXPAND:
        notes.dropped.append(_DEFAULT_EXPAND)
        return []
    return [Block("title", block.text.replace("**", "")) for block in content.to_blocks()]


def expand(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an expand's title, then its content."""
    return [
        Block("text", emphasize(block.text, "**")) if block.kind == "title" else block
        for block in _with_title(element, content)
    ]


def _with_title(element: Element, content: Content) -> list[Block]:
    title = parameters_of(element).get("title")
    return [*([Block("title", title)] if title else []), *content.to_blocks()]


def _label(element: Element) -> str:
    names = [element.get("ac:name") or ""]
    names += [name.rpartition("-")[2] for name in classes_of(element)]
    names += [
        all_text(attribute)
        for attribute in element.iterchildren("ac:adf-attribute")
        if attribute.get("key") == "panel-type"
    ]
    return next((_LABELS[name] for name in names if name in _LABELS), "")
