"""What the author chose and a rendered body does not show, found by equal text.

That is a code block's language, a decision's state, a panel's icon or kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from pipeline.markdown.tree import Element, all_text, child, children, classes_of, parameters_of

_DEFAULT_BRUSH = "brush: java"
_MOST_EVENTS, _MOST_CHARACTERS = 200, 2_000  # of an element's text that is compared
_ICON, _KIND = "data-panel-icon", "data-panel-type"
# Of the new editor's nodes: what is found, and the attribute that has it.
_ADF = {"decision-item": ("decision", "state"), "panel": (_KIND, "panel-type")}
_STATE = "data-decision-state"


def copy_meanings(root: Element, source: Element) -> None:
    """Set attributes of rendered elements by the storage element that has the same text.

    Where storage elements with one text differ, none is set.
    """
    found: dict[tuple[str, str], str] = {}
    for key, value in _find_chosen(source):
        found[key] = value if found.get(key, value) == value else ""
    if not found:
        return
    for element in root.iter("pre", "li", "div"):
        if element.tag == "pre" and _DEFAULT_BRUSH in _brush(element):
            if (key := ("code", _beginning(element))) in found:
                element.attrib.pop("data-syntaxhighlighter-params")
                element.set("class", f"language-{found[key] or 'none'}")
        elif element.tag == "li" and "decision-list" in classes_of(element.getparent()):
            if state := found.get(("decision", _beginning(element))):
                element.set(_STATE, state)
        elif "panelContent" in classes_of(element):
            panel = element.getparent()
            for name in (_ICON, _KIND):
                chosen = found.get((name, _beginning(element)))
                if panel is not None and chosen:
                    panel.set(name, chosen)


def _find_chosen(source: Element) -> Iterator[tuple[tuple[str, str], str]]:
    for macro in source.iter("ac:structured-macro"):
        if macro.get("ac:name") == "code":
            yield ("code", _beginning(child(macro, "ac:plain-text-body"))), _language(macro)
        elif macro.get("ac:name") == "panel" and (
            icon := parameters_of(macro).get("panelIconText")
        ):
            yield (_ICON, _beginning(child(macro, "ac:rich-text-body"))), icon
    for item in source.iter("ac:adf-node"):
        if item.get("type") in _ADF:
            kind, key = _ADF[item.get("type") or ""]
            attributes = children(item, "ac:adf-attribute")
            values = [all_text(one) for one in attributes if one.get("key") == key]
            yield (kind, _beginning(child(item, "ac:adf-content"))), next(iter(values), "")


def _beginning(element: Element | None) -> str:
    """Return the text with which an element begins: all of it would take quadratic time."""
    if element is None:
        return ""
    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in islice(walk, _MOST_EVENTS):
        text = inner.text if event == "start" else inner.tail if inner is not element else ""
        parts.append((text or "")[:_MOST_CHARACTERS])
    return " ".join("".join(parts).split())[:_MOST_CHARACTERS]


def _language(macro: Element) -> str:
    return parameters_of(macro).get("language") or "none"


def _brush(element: Element) -> str:
    return element.get("data-syntaxhighlighter-params") or ""
