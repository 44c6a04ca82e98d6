"""Formulas in TeX, which apps keep in a parameter or in a plain body."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, child
from pipeline.markdown.visible import seen_text, verbatim, visible_text

_TEX = "application/x-tex"


def formula(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a formula within a line between dollar signs."""
    source = notes.drop_hidden(read_formula(element))
    return f"${source}$" if source else ""


def formula_block(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a formula as a paragraph of its own."""
    source = notes.drop_hidden(read_formula(element))
    return [Block("text", f"$${source}$$")] if source else []


def read_formula(macro: Element) -> str:
    """Return the TeX of a formula's macro on one line, without the signs around it."""
    body = child(macro, "ac:plain-text-body")
    source = "" if body is None else verbatim(body)
    source = " ".join((source or seen_text(macro)).split())
    return source.strip("$") if source.startswith("$") and source.endswith("$") else source


def rendered(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return MathML by the TeX that it was made from, else by its symbols in a row."""
    notes.dropped.append(visible_text(element))
    found = (one for one in element.iter("annotation") if one.get("encoding") == _TEX)
    source = all_text(next(found, None)) or all_text(element)
    return f"${notes.drop_hidden(source)}$" if source else ""
