"""Takes what no reader sees out of a body's tree."""

from __future__ import annotations

from itertools import islice

from lxml import etree

from pipeline.markdown.hidden.looks import (
    BACKGROUNDS,
    MOST_PARAMETERS,
    PLAIN,
    Look,
    look_at,
    with_background,
    with_colours,
)
from pipeline.markdown.hidden.plain import is_plain
from pipeline.markdown.hidden.sheet import Sheet
from pipeline.markdown.tree import Element, all_text
from pipeline.markdown.visible import INLINE, UNSEEN


def drop_hidden_elements(root: Element) -> int:
    """Take hidden elements and texts out of a tree; return how many characters those had.

    An element leaves an empty one in its place, which ends a paragraph where it did.
    """
    sheet = Sheet(element.text or "" for element in root.iter("style"))
    if is_plain(root, sheet):
        return 0
    looks = [PLAIN]
    hidden: list[Element] = []
    characters = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            looks.pop()
            if element.tail and not looks[-1].is_readable:
                characters += _length(element.tail)
                element.tail = " "
            continue
        if element.tag in UNSEEN and element.tag != "ac:parameter":
            look: Look | None = looks[-1]
            walk.skip_subtree()
        else:
            look = _look_at(element, looks[-1], sheet)
        if look is None:
            hidden.append(element)
            walk.skip_subtree()
        elif element.text and not look.is_readable:
            characters += _length(element.text)
            element.text = " "
        looks.append(look or looks[-1])
    for element in hidden:
        characters += len(all_text(element)) + _length_of_names(element)
        _empty(element)
    return characters


def _look_at(element: Element, around: Look, sheet: Sheet) -> Look | None:
    tag = element.tag
    look = look_at(tag, element.attrib, around, sheet)
    if look is None or not tag.startswith("ac:"):
        return look
    if parameter := BACKGROUNDS.get((tag, element.get("ac:name") or element.get("type") or "")):
        return with_background(look, _parameter(element, parameter))
    if tag == "ac:parameter" and element.get("ac:name") == "title":
        macro = element.getparent()
        if macro is not None and macro.get("ac:name") == "panel":
            colours = _parameter(macro, "titleColor"), _parameter(macro, "titleBGColor")
            return with_colours(look, *colours)
    return look


def _parameter(macro: Element, name: str) -> str:
    """Return the text of a macro's parameter or a node's attribute; "" without it."""
    for inner in islice(macro, MOST_PARAMETERS):
        if name in (inner.get("ac:name"), inner.get("key")):
            return inner.text or ""
    return ""


def _length(text: str) -> int:
    return len(" ".join(text.split()))


def _length_of_names(element: Element) -> int:
    """Return how long the names of pictures in an element are."""
    return sum(len(picture.get("alt") or "") for picture in element.iter("img"))


def _empty(element: Element) -> None:
    tag = "ac:placeholder" if element.tag in INLINE else "template"
    tail = element.tail
    element.clear()
    element.tail = tail
    element.tag = tag
