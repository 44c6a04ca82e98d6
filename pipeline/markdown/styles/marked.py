"""Styles that mean what an element means: struck text is put into `s`, raised text is `sup`."""

from __future__ import annotations

from typing import cast

from lxml import etree

from pipeline.markdown.hidden import split_declarations
from pipeline.markdown.tree import Element
from pipeline.markdown.visible import INLINE

_find_styled = etree.XPath("descendant::*/@style[contains(., '-')]/..")
_MARKS = ("line-through", "vertical-align")
_PLAIN = ("span", "font")
_VERBATIM = ("code", "tt", "kbd", "samp")  # what is inside has no marks
_RAISED = {"super": "sup", "sub": "sub"}


def mark_styles(root: Element) -> None:
    """Put `s` around struck text, and let raised or lowered text be `sup` or `sub`."""
    done: set[Element] = set()
    for element in cast(list[Element], _find_styled(root)):
        style = element.get("style") or ""
        if not any(mark in style.lower() for mark in _MARKS):
            continue
        declarations = split_declarations(style)
        if any(
            name.startswith("text-decoration") and "line-through" in value
            for name, value in declarations
        ):
            _strike(element, done)
        raised = dict(declarations).get("vertical-align") or ""
        if element.tag in _PLAIN and raised in _RAISED:
            element.tag = _RAISED[raised]


def _strike(element: Element, done: set[Element]) -> None:
    """Put `s` around each run of inline content in an element, and in the blocks within it."""
    if element.tag in _VERBATIM:
        struck = etree.Element("s")
        element.addprevious(struck)
        struck.tail, element.tail = element.tail, None
        struck.append(element)
        return
    left = [element]
    while left:
        outer = left.pop()
        if outer in done:
            continue
        done.add(outer)
        run: list[Element] = []
        before: Element | None = None  # the block before the run
        for child in [*outer, None]:
            if child is not None and child.tag in INLINE:
                run.append(child)
                continue
            _strike_run(outer, before, run)
            if child is not None:
                left.append(child)
            before, run = child, []


def _strike_run(outer: Element, before: Element | None, run: list[Element]) -> None:
    """Put `s` around the text after a block, or at the beginning, and the elements behind it."""
    struck = etree.Element("s")
    struck.text = outer.text if before is None else before.tail
    if not (run or (struck.text or "").strip()):
        return
    if before is None:
        outer.text = None
        outer.insert(0, struck)
    else:
        before.tail = None
        before.addnext(struck)
    struck.extend(run)
