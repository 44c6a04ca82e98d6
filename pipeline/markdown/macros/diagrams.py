"""Diagrams: the source of those that are text, the name of the others."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode
from urllib.parse import unquote

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.macros.code import code
from pipeline.markdown.marks import to_fence
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, child, drop_control_characters, parameters_of
from pipeline.markdown.visible import verbatim

_NAMES = (  # parameters that may hold the name, best first
    "diagramDisplayName",
    "diagramName",
    "displayName",
    "name",
    "filename",
    "title",
)
_MOST_BYTES = 1_000_000  # of a source: a few compressed bytes may hold any number
_RAW = -zlib.MAX_WBITS  # deflate without a header


def diagram(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a diagram by its name, and its source where that is text."""
    source = child(element, "ac:plain-text-body")
    if source is not None and verbatim(source).strip():
        return code(element, content, notes)
    parameters = parameters_of(element)
    kind = (element.get("ac:name") or element.get("data-macro-name") or "diagram").partition("-")[0]
    name = next((parameters[key] for key in _NAMES if parameters.get(key)), "")
    image = [Block("text", f"![{kind}: {name}]")] if name else []
    fence: list[Block] = []
    if text := _decode(parameters.get("data") or "", parameters.get("compressed") == "true"):
        fence = to_fence(notes.drop_hidden(text), kind.removesuffix("cloud"))
    return [*image, *fence, *content.to_blocks()]


def _decode(data: str, is_compressed: bool) -> str:
    """Return the source that a parameter holds: base64 of percent-encoded text; "" for any other.

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
