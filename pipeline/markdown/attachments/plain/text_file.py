"""`to_markdown`: a text file as paragraphs; what is laid out by spaces, and code, as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.plain.encoding import read_text
from pipeline.markdown.blocks import Block, join_page
from pipeline.markdown.marks import to_fence

_PROSE_NAMES = ("", "txt", "text", "asc", "readme")
_LAID_OUT = re.compile(r"\S(?: {3,}|\t)\S|^(?: {4}|\t)", re.MULTILINE)
_UNDERLINES = {"=": "#", "-": "##"}
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")


def to_markdown(path: Path, name: str, limits: FileLimits) -> str:
    """Return paragraphs of prose; a log, a source or a configuration as one fence."""
    text = read_text(path, limits)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in _PROSE_NAMES:
        return join_page(to_fence(text, "" if ending == "log" else ending[:20]))
    return join_page(block for part in _parts(text) for block in _to_blocks(part))


def _parts(text: str) -> Iterator[list[str]]:
    """Yield the lines between empty ones; parts that are laid out by spaces stay together."""
    part: list[str] = []
    for line in (*text.expandtabs(8).split("\n"), ""):
        if line.strip():
            part.append(line.rstrip())
        elif part:
            yield part
            part = []


def _to_blocks(lines: list[str]) -> list[Block]:
    if len(lines) > 1 and (mark := _underline(lines[0], lines[1])):
        heading = Block("heading", f"{mark} {lines[0].strip()}")
        return [heading, *(_to_blocks(lines[2:]) if lines[2:] else [])]
    text = "\n".join(lines)
    if _ITEM.match(lines[0]):
        return [Block("list", text.replace("•", "-"))]
    if _LAID_OUT.search(text):
        return to_fence(text)
    return [Block("text", "\n".join(" ".join(line.split()) for line in lines))]


def _underline(title: str, line: str) -> str:
    """Return the mark of a heading that is underlined in full; "" for other lines."""
    line = line.strip()
    if len(line) < 3 or set(line) - set(_UNDERLINES) or len(set(line)) != 1:
        return ""
    return _UNDERLINES[line[0]] if abs(len(line) - len(title.strip())) <= 2 else ""
