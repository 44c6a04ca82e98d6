"""HTML and storage XML that an element holds as text or as an attribute, put into the tree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import unquote_plus

from lxml import etree

from pipeline.markdown.tree import Element, child, parse
from pipeline.markdown.visible import verbatim

_ENCODED = "data-encoded-xml"  # the source of an element that could not be rendered
_CHART = "chart-render-data"  # the class of a script
CHART_WORDS = ("subTitle", "xLabel", "yLabel")  # parameters that readers see, beside the title
_HTML = ("html", "html-bobswift", "html-macro")
_MARKS = (_ENCODED, _CHART, *(f'ac:name="{name}"' for name in _HTML))
_NOT_RENDERED = ("img", "span", "div", "a")


def unfold(root: Element, body: str, check: Callable[[], object]) -> None:
    """Replace elements that hold a body as text by that body. What is in such a body stays.

    `body` is what the tree was made from.
    """
    if not any(mark in body for mark in _MARKS):
        return
    for element, inner in list(_find_embedded(root, check)):
        inner.tail = element.tail
        parent = element.getparent()
        if parent is not None:
            parent.replace(element, inner)


def _find_embedded(root: Element, check: Callable[[], object]) -> Iterator[tuple[Element, Element]]:
    tags = ("script", *_NOT_RENDERED, "ac:structured-macro")
    walk = etree.iterwalk(root, events=("start",), tag=tags)
    for _, element in walk:
        check()
        if element.tag in _NOT_RENDERED:
            encoded = element.get(_ENCODED)
            if encoded and "transform-error" in (element.get("class") or ""):
                walk.skip_subtree()
                yield element, _to_inline(unquote_plus(encoded), element)
        elif element.tag == "script":
            if _CHART in (element.get("class") or ""):
                yield element, _to_chart(element.text or "")
        elif (element.get("ac:name") or "").lower() in _HTML:
            source = child(element, "ac:plain-text-body")
            if source is not None:
                walk.skip_subtree()
                yield source, _to_body(verbatim(source))


def _to_body(html: str) -> Element:
    body = parse(html).find("body")
    if body is None:
        return etree.Element("div")
    body.tag = "div"
    return body


def _to_inline(xml: str, element: Element) -> Element:
    """Return the source of an element, with its attributes: they may hide it."""
    body = _to_body(xml)
    for outer in (body, *body):
        outer.tag = "span" if outer.tag == "div" else outer.tag
    for name in ("style", "class", "hidden", "aria-hidden"):
        if value := element.get(name):
            body.set(name, value)
    return body


def _to_chart(script: str) -> Element:
    """Return a chart's title and table; an empty element where the script is of another shape."""
    text = script.strip()
    if not text.startswith("{"):  # `//` before a CDATA section, which has become escaped text
        text = unescape(text[text.find("{") : text.rfind("}") + 1])
    try:
        chart = json.loads(text)
        words, html = chart["parameters"], chart["bodyHtml"]
        title, *others = (words.get(name) or "" for name in ("title", *CHART_WORDS))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return etree.Element("div")
    body = _to_body(html if isinstance(html, str) else "")
    shown = [word for word in others if word and isinstance(word, str)]
    if shown:
        paragraph = etree.Element("p")
        paragraph.text = " · ".join(shown)
        body.insert(0, paragraph)
    if title and isinstance(title, str):
        paragraph = etree.Element("p")
        etree.SubElement(paragraph, "strong").text = title
        body.insert(0, paragraph)
    return body
