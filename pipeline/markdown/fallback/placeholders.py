"""Placeholders for fences and headings, so that nothing alters them while a page is assembled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.markdown.blocks import indent

# No text has these characters: they are removed from every body.
_FENCE = re.compile("\x02(\\d+)\x02")
_HEADING = re.compile("\x01(\\d+)\x01")
_HEADING_LINE = re.compile("\x01(\\d+)\x01(#{1,6} .*)")
_MARGIN = re.compile(r"\s*(?:(?:-|\d+\.)\s+)*")  # of an item
# A line of prose that a reader of the Markdown would take for a heading or the mark of a fence.
_LOOKS_LIKE_BLOCK = re.compile(
    r"^((?:\s*(?:[-*+>]|\d{1,9}[.)])(?=\s))*\s*)(?=#{1,6}(?:\s|$)|`{3,}[^`]*$|~{3,})"
)


class Placeholders:
    """The fences and headings of one page."""

    def __init__(self) -> None:
        self._fences: list[str] = []
        self._anchors: list[str] = []

    def put_fence(self, fence: str) -> str:
        """Return a placeholder for the lines of a fence, for a line of its own."""
        self._fences.append(fence)
        return f"\x02{len(self._fences) - 1}\x02"

    def put_heading(self, anchor: str) -> str:
        """Return the mark that begins a heading line."""
        self._anchors.append(anchor)
        return f"\x01{len(self._anchors) - 1}\x01"

    def resolve(self, text: str) -> tuple[str, list[str]]:
        """Return the text with its fences and headings, and an anchor for each heading line."""
        anchors: list[str] = []
        lines = [""]
        for line in text.split("\n"):
            if heading := _HEADING_LINE.fullmatch(line):
                anchors.append(self._anchors[int(heading[1])])
                lines.append(_HEADING.sub("", heading[2]))
                continue
            prose = _HEADING.sub("", line)  # not at the beginning of a line: no heading
            parts = self._with_fences(prose) if "\x02" in prose else [_escaped(prose)]
            lines += (part for part in parts if part or lines[-1])
        return "\n".join(lines).strip("\n"), anchors

    def _with_fences(self, line: str) -> Iterator[str]:
        """Yield a line's fences and the text around them.

        A fence in an item is indented. In a quote it interrupts the quote: it would not be
        verbatim behind `> `.
        """
        before, *rest = _FENCE.split(line)
        prefix = before.replace("> ", "")
        if not _MARGIN.fullmatch(prefix):
            yield _escaped(prefix)
            prefix = ""
        if ">" in before:
            yield ""
        for number, after in zip(rest[::2], rest[1::2], strict=True):
            yield prefix + indent(self._fences[int(number)], len(prefix))
            prefix = " " * len(prefix)
            if after.strip():
                yield _escaped(prefix + after)
        if ">" in before:
            yield ""


def _escaped(line: str) -> str:
    return _LOOKS_LIKE_BLOCK.sub(r"\1\\", line.rstrip(), count=1) if line else line
