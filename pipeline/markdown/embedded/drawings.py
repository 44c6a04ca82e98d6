"""The sources of diagrams: text as it is, of drawings the labels that readers see."""

from __future__ import annotations

import binascii
import json
import zlib
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import unquote

from lxml import etree

from pipeline.markdown.tree import TooCostlyError, all_text, drop_control_characters, parse

_MOST_BYTES = 1_000_000  # of a source: a few compressed bytes may hold any number
_RAW = -zlib.MAX_WBITS  # deflate without a header
_XML_LABELS = ("value", "label", "name")  # attributes: draw.io's cells and objects, BPMN's tasks
_DRAWINGS = ("<mxfile", "<mxGraphModel", "bpmn")
_PAGE = "<mxGraphModel"  # a page of a drawing, which has no pages of its own
_DEFAULT_PAGE = "Page-"
_MOST_PAGES = 20  # of a drawing: each may be a megabyte once it is unpacked
_MOST_PARTS = 20_000  # of a drawing whose labels are read
_JSON_LABELS = ("text", "html", "title")  # Excalidraw's, Gliffy's and the Roadmap Planner's


def decode_source(data: str, *, is_compressed: bool = False) -> str:
    """Return the source that is held as base64 of percent-encoded text; "" for any other.

    A compressed one is deflated before base64.
    """
    try:
        decoded = b64decode(data, validate=True)
        if is_compressed:
            stream = zlib.decompressobj(_RAW)
            decoded = stream.decompress(decoded, _MOST_BYTES)
            if stream.unconsumed_tail:
                return ""
        return drop_control_characters(unquote(decoded.decode(), errors="strict"))
    except (binascii.Error, zlib.error, UnicodeDecodeError, ValueError):
        return ""


def list_labels(source: str) -> list[str] | None:
    """Return the labels of a drawing in XML or JSON, in order; None for a source of another kind.

    A drawing that cannot be read has none.
    """
    source = source.strip()
    if source.startswith("<") and any(mark in source for mark in _DRAWINGS):
        found = _of_xml(source)
    elif source.startswith(("{", "[")) and (drawing := _read_json(source)) is not None:
        found = _of_json(drawing)
    else:
        return None
    labels = (_to_line(label) for label in islice(found, _MOST_PARTS))
    return list(dict.fromkeys(filter(None, labels)))


def _of_xml(source: str) -> Iterator[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(source.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return
    pages = 0
    for element in () if root is None else root.iter(etree.Element):
        label = next(filter(None, (element.get(name) for name in _XML_LABELS)), "")
        if element.tag != "diagram":
            yield label
            continue
        yield "" if label.startswith(_DEFAULT_PAGE) else label
        pages += 1
        compressed = (element.text or "").strip()
        if compressed and pages <= _MOST_PAGES:
            page = decode_source(compressed, is_compressed=True)
            yield from _of_xml(page) if page.startswith(_PAGE) else ()


def _read_json(source: str) -> Any | None:
    try:
        return json.loads(source)
    except (ValueError, RecursionError):
        return None


def _of_json(drawing: object) -> Iterator[str]:
    left = [drawing]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += reversed(part)
        elif isinstance(part, dict):
            for name, value in part.items():
                if name in _JSON_LABELS and isinstance(value, str):
                    yield value
            left += reversed(list(part.values()))


def _to_line(label: str) -> str:
    """Return a label, which may be HTML, as a line of text."""
    if "<" not in label:
        return " ".join(unescape(label).split())
    try:
        return all_text(parse(label.replace("<br", " <br").replace("</", " </")))
    except TooCostlyError:
        return ""
