"""Formulas in TeX, which apps keep in a parameter or in a plain body."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, child, parameters_of
from pipeline.markdown.visible import verbatim

_PARAMETERS = ("body", "equation", "formula", "latex", "math", "")  # best first


def formula(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a formula within a line between dollar signs."""
    source = _source(element, notes)
    return f"${source}$" if source else ""


def formula_block(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a formula as a paragraph of its own."""
    source = _source(element, notes)
    return [Block("text", f"$${source}$$")] if source else []


def _source(element: Element, notes: Notes) -> str:
    parameters = parameters_of(element)
    body = child(element, "ac:plain-text-body")
    source = "" if body is None else verbatim(body)
    source = source or next((parameters[key] for key in _PARAMETERS if parameters.get(key)), "")
    return " ".join(notes.drop_hidden(source).split())
