"""The text that readers of a page see, once what is hidden has left the tree."""

from __future__ import annotations

from lxml import etree

from pipeline.markdown.tree import Element, decode
from pipeline.markdown.visible.parameters import seen_parameter

INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math
    nobr q rp rt ruby s samp small span strike strong sub sup time tt u var wbr
    ac:emoticon ac:image ac:inline-comment-marker ac:link ac:link-body
    ac:plain-text-link-body ac:placeholder""".split()  # noqa: SIM905 - fifty quoted words are hard to read
)
UNSEEN = frozenset(
    """ac:parameter ac:default-parameter ac:placeholder ac:task-id ac:task-uuid ac:task-status
    ac:adf-attribute ac:adf-mark ac:adf-parameter script style template noscript title
    head""".split()  # noqa: SIM905 - the same
)

MACROS = frozenset(("ac:structured-macro", "ac:macro"))
NAMED = frozenset(("ri:page", "ri:blog-post", "ri:attachment"))  # shown by name without a text
_APART = frozenset(("img", "time"))  # inline, but shown as boxes
_WITHIN_WORDS = INLINE - _APART
# All others show the text that they hold.
_SPECIAL = MACROS | UNSEEN | {"ac:link"}
_CODE_LINES = frozenset(("div", "p", "pre", "li", "tr"))


def visible_text(element: Element) -> str:
    """Return all text of an element that readers see; spaces separate what is not inline.

    That includes the parameter that a storage macro shows.
    """
    if element.tag in UNSEEN:
        return ""
    parts: list[str] = []
    seen: set[Element] = set()  # parameters
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        tag = inner.tag
        if tag not in _WITHIN_WORDS:
            parts.append(" ")
        if event == "start":
            text = text_at(inner, seen) if tag in _SPECIAL else inner.text or ""
            if text is None:
                walk.skip_subtree()
            else:
                parts.append(text)
        elif inner is not element and (tail := inner.tail):
            parts.append(tail)
    return "".join(parts)


def text_at(element: Element, seen: set[Element]) -> str | None:
    """Return what readers see at an element's start, None where they see nothing of it.

    `seen` has the parameters that the macros before it show; a macro adds its own.
    """
    tag = element.tag
    if tag in MACROS and (parameter := seen_parameter(element)) is not None:
        seen.add(parameter)
    elif element in seen:
        return decode(element.text or "")
    elif tag in UNSEEN:
        return None
    elif tag == "ac:link" and len(element) == 1 and element[0].tag in NAMED:
        get = element[0].attrib.get
        return get("ri:content-title") or get("ri:filename") or element.text or ""
    return element.text or ""


def verbatim(element: Element) -> str:
    """Return the text of code: `br` and both ends of block elements are line ends.

    That includes the parameter that a storage macro within the code shows.
    """
    if not len(element):
        return (element.text or "").replace("\xa0", " ")
    parts: list[str] = []
    seen: set[Element] = set()  # parameters
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        is_line = inner.tag in _CODE_LINES and inner is not element
        if is_line and parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        if event == "start":
            text = inner.text or "" if inner is element else text_at(inner, seen)
            if inner.tag == "br":
                parts.append("\n")
            elif text is None:
                walk.skip_subtree()
            else:
                parts.append(text)
        elif inner.tail and inner is not element:
            parts.append(inner.tail)
    return "".join(parts).replace("\xa0", " ")
