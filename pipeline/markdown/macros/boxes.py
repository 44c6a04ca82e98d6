"""Panels, expands and tabs: content with a title or a label."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.marks import emphasize
from pipeline.markdown.notes import Notes
from pipeline.markdown.quotes import to_quote
from pipeline.markdown.tree import Element, all_text, classes_of, parameters_of

_DEFAULT_EXPAND = "Click here to expand..."
_TITLES = ("title", "tabsPageTitle", "label", "name")  # of an expand, a tab or a chart, best first
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
    return to_quote(_with_title(element, content, ("title",)), _label(element))


def title(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a panel's or expand's title as a block that the box around it moves to its top."""
    if content.text.strip() == _DEFAULT_EXPAND:
        notes.dropped.append(_DEFAULT_EXPAND)
        return []
    return [Block("title", block.text.replace("**", "")) for block in content.to_blocks()]


def expand(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the title of an expand, a tab or a chart, then its content."""
    return [
        Block("text", emphasize(block.text, "**")) if block.kind == "title" else block
        for block in _with_title(element, content, _TITLES)
    ]


def _with_title(element: Element, content: Content, names: Sequence[str]) -> list[Block]:
    parameters = parameters_of(element)
    title = next((parameters[key] for key in names if parameters.get(key)), "")
    blocks = [*([Block("title", title)] if title else []), *content.to_blocks()]
    icon = parameters.get("panelIconText") or element.get("data-panel-icon") or ""
    if icon and blocks and blocks[0].kind in ("title", "text"):
        return [blocks[0]._replace(text=f"{icon} {blocks[0].text}"), *blocks[1:]]
    return [*([Block("text", icon)] if icon else []), *blocks]


def _label(element: Element) -> str:
    names = [element.get("ac:name") or ""]
    names += [name.rpartition("-")[2] for name in classes_of(element)]
    names += [
        all_text(attribute)
        for attribute in element.iterchildren("ac:adf-attribute")
        if attribute.get("key") == "panel-type"
    ]
    return next((_LABELS[name] for name in names if name in _LABELS), "")
