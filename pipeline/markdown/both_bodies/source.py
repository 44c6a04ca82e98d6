"""The storage format as a tree, without what its page does not show."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.markdown.embedded import unfold
from pipeline.markdown.hidden import drop_hidden_elements
from pipeline.markdown.links import Links
from pipeline.markdown.macros.adf import drop_elsewhere, is_second_copy
from pipeline.markdown.macros.errors import is_error_element
from pipeline.markdown.macros.frames import is_not_shown
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, empty, parse
from pipeline.markdown.visible import MACROS

BLOCKS = frozenset((*MACROS, "ac:adf-extension"))
DEEPEST = 10  # elements between a macro and the one around it that adds no words


def read_source(storage: str, check: Callable[[], object]) -> Element:
    """Return the tree of a storage format, without what its page does not show."""
    source = parse(storage)
    unfold(source, storage, check)
    drop_elsewhere(source)
    drop_hidden_elements(source)
    notes = Notes(Links("", ""), check)
    for element in list(source.iter(*BLOCKS, "ac:adf-node", "ac:adf-fallback")):
        is_copy = element.tag not in BLOCKS and is_second_copy(element, notes)
        if is_copy or _is_unseen(element):
            empty(element)
    return source


def as_shown(macro: Element) -> Element:
    """Return a macro for a rendered tree, in which no part of it would be taken for an error."""
    for element in macro.iter("div", "span"):
        if is_error_element(element, is_source=False) and not is_error_element(
            element, is_source=True
        ):
            element.set("class", "storage")
    if macro.tag == "ac:parameter":
        macro.tag = "p"
    return macro


def drop_addresses(source: Element, rendered: Element) -> None:
    """Leave out the addresses of cards that the rendered body shows by their titles."""
    targets = {link.get("href") for link in rendered.iter("a")}
    for link in source.iter("a"):
        address = link.get("href")
        if link.get("data-card-appearance") and link.text == address and address in targets:
            link.text = None


def _is_unseen(element: Element) -> bool:
    return element.tag in MACROS and is_not_shown(element, element.get("ac:name") or "")
