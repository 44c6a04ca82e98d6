"""The paragraphs of a shape: its runs, breaks and links, its levels as those of a list."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.markdown.links import to_link
from pipeline.markdown.tree import Element

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DEEPEST = 8


def to_paragraphs(shape: Element, links: Mapping[str, str], as_list: bool) -> list[str]:
    """Return the paragraphs that have text; as items of a list, with their marks and indents."""
    paragraphs = []
    for paragraph in shape.iter(f"{_A}p"):
        text = _to_text(paragraph, links).strip()
        if not text:
            continue
        if as_list:
            indent = "  " * _level(paragraph)
            text = f"{indent}- {text.replace(chr(10), ' ')}"
        paragraphs.append(text)
    return paragraphs


def _level(paragraph: Element) -> int:
    properties = paragraph.find(f"{_A}pPr")
    level = "" if properties is None else properties.get("lvl") or ""
    return min(_DEEPEST, int(level)) if level.isdigit() else 0


def _to_text(paragraph: Element, links: Mapping[str, str]) -> str:
    parts = []
    for run in paragraph:
        if run.tag == f"{_A}br":
            parts.append("\n")
        elif run.tag in (f"{_A}r", f"{_A}fld"):
            text = "".join(node.text or "" for node in run.iter(f"{_A}t"))
            link = next(run.iter(f"{_A}hlinkClick"), None)
            target = "" if link is None else links.get(link.get(f"{_R}id") or "", "")
            is_open = target.startswith(("http://", "https://", "mailto:"))
            parts.append(to_link(text, target) if is_open else text)
    return "".join(parts)
