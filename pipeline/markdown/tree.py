"""A page's body as a tree, whatever Confluence delivered: rendered HTML or storage XHTML.

One parser (libxml2's HTML parser) reads both. Storage has no root and no namespace declarations,
uses HTML's entities and holds code in CDATA sections, which an HTML parser would take for
comments: they become escaped text first. Names keep their prefix: `ac:link`, `ri:page`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import unquote

from lxml import etree

Element = etree._Element

_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\r"))
_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]*+)([^<>]*+)>")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param")
)
_ENCODED, _ENCODED_JSON = "--uriencoded--", "%7B%22"  # begin values that are percent-encoded
_MAX_DEPTH = 1_000  # libxml2 gives up at 2,048 and would drop the rest of the page
MAX_ATTRIBUTES = 1_000  # of an element: libxml2 takes quadratic time for a list of them
MAX_ELEMENTS = 10_000_000  # of a page: each takes 150 bytes and more
_SMALL = 50_000  # characters: a body that cannot exceed these limits by much


class TooCostlyError(Exception):
    """A body whose conversion would take too much memory or time."""


class _Limits:
    """A parser's target that builds nothing: it raises `TooCostlyError` over the limits."""

    def __init__(self) -> None:
        self._elements = 0

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if len(attributes) > MAX_ATTRIBUTES:
            raise TooCostlyError(f"an element has more than {MAX_ATTRIBUTES:,} attributes")
        if self._elements > MAX_ELEMENTS:
            raise TooCostlyError(f"the page has more than {MAX_ELEMENTS:,} elements")

    def close(self) -> None:
        """Return nothing; lxml requires the method."""


def parse(body: str) -> Element:
    """Return the body's tree under one `div`, complete for 20 MB and for any nesting.

    Raises `TooCostlyError` for a body with too many elements, or too many attributes of one.
    """
    body = to_html(body)
    if len(body) > _SMALL:
        etree.fromstring(_to_source(body), _to_parser(_Limits()))
    root, is_complete = _parse(body)
    if not is_complete:
        root, _ = _parse(_flatten(body))
    return root


def to_html(body: str) -> str:
    """Return the body without control characters, and with its CDATA sections as escaped text."""
    body = drop_control_characters(body)
    if "<![CDATA[" in body:
        body = _CDATA.sub(lambda match: escape(match[1], quote=False), body)
    return body


def drop_control_characters(text: str) -> str:
    """Return the text without control characters other than tab and line end."""
    coded = text.encode("utf-8", "surrogatepass")
    kept = coded.translate(None, _CONTROL)
    return text if len(kept) == len(coded) else kept.decode("utf-8", "surrogatepass")


def _parse(body: str) -> tuple[Element, bool]:
    parser = _to_parser()
    root = etree.fromstring(_to_source(body), parser)
    return root, not any("depth" in error.message.lower() for error in parser.error_log)


def _to_parser(target: _Limits | None = None) -> etree.HTMLParser:
    return etree.HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        target=target,  # type: ignore[arg-type]  # the methods it lacks are not called
    )


def _to_source(body: str) -> bytes:
    return b"<html><body><div>" + _to_bytes(body) + b"</div></body></html>"


def _to_bytes(body: str) -> bytes:
    """Encode as UTF-8; a surrogate pair becomes its character, a lone half U+FFFD."""
    try:
        return body.encode()
    except UnicodeEncodeError:
        return body.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def to_valid(text: str) -> str:
    """Return the text without lone surrogates, which UTF-8 cannot encode."""
    return _to_bytes(text).decode()


def _flatten(body: str) -> str:
    """Return the body without the tags that are nested deeper than the parser can follow."""
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        closing, name, rest = match.groups()
        if name.lower() in _VOID or rest.endswith("/"):
            return match[0]
        if closing:
            depth = max(0, depth - 1)
            return match[0] if depth < _MAX_DEPTH else " "
        depth += 1
        return match[0] if depth <= _MAX_DEPTH else " "

    return _TAG.sub(keep, body)


def children(element: Element, tag: str) -> Iterator[Element]:
    """Return the direct children with this tag, in order."""
    return (inner for inner in element if inner.tag == tag)


def empty(element: Element) -> None:
    """Leave of an element what no reader sees; the text behind it stays."""
    tail = element.tail
    element.clear()
    element.tag, element.tail = "ac:placeholder", tail


def child(element: Element, tag: str) -> Element | None:
    """Return the first direct child with this tag."""
    return next(children(element, tag), None)


def classes_of(element: Element | None) -> list[str]:
    """Return the names in an element's `class`; [] without an element."""
    return [] if element is None else (element.get("class") or "").split()


def find_class(element: Element, name: str) -> Element | None:
    """Return the first element inside that has a class."""
    return next((inner for inner in element.iter() if name in classes_of(inner)), None)


def all_text(element: Element | None) -> str:
    """Return all text of an element, spaces collapsed."""
    return "" if element is None else " ".join("".join(map(str, element.itertext())).split())


def parameters_of(macro: Element) -> dict[str, str]:
    """Return a storage macro's parameters by name; empty for a rendered macro."""
    return {
        parameter.get("ac:name") or "": decode(all_text(parameter))
        for parameter in children(macro, "ac:parameter")
    }


def raw_parameter(macro: Element, name: str) -> str:
    """Return a storage macro's parameter with its line ends, "" where it has none."""
    for parameter in children(macro, "ac:parameter"):
        if parameter.get("ac:name") == name:
            return decode("".join(map(str, parameter.itertext())).strip())
    return ""


def decode(value: str) -> str:
    """Return a parameter that an app has percent-encoded, and says so, as text."""
    if not value.startswith((_ENCODED, _ENCODED_JSON)):
        return value
    return drop_control_characters(unquote(value.removeprefix(_ENCODED)))
