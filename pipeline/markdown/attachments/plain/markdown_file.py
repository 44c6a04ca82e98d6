"""`to_markdown`: a Markdown file, as it is, without what its readers do not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.plain.encoding import read_text

# What begins a fence is what chunks take for it: at any indent and in an item too, at most 20 long.
_FENCE = re.compile(r"\s*+(?:(?:[-*+]|\d{1,9}[.)])\s++)*+(`{3,20}(?=[^`]*$)|~{3,20}(?!~))")
_UNDERLINE = re.compile(r" {0,3}(=++|-++)[ \t]*+")
_PROSE = re.compile(r"(?! {0,3}(?:[-*+>#|]|\d{1,9}[.)] ))\s{0,3}\S")
_COMMENT = ("<!--", "-->")


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the text: headings with `#`, every fence closed, no front matter and no comments."""
    lines = _without_front_matter(read_text(path, limits).split("\n"))
    return "\n".join(_normalize(lines)).strip("\n")


def _without_front_matter(lines: list[str]) -> list[str]:
    if lines[0].strip() == "---" and "---" in lines[1:]:
        return lines[lines.index("---", 1) + 1 :]
    return lines


def _normalize(lines: list[str]) -> Iterator[str]:
    """Yield the lines one behind: a line of `=` or `-` makes a heading of the one above."""
    held: str | None = None
    mark = ""
    in_comment = False
    for whole in lines:
        line = whole
        if not mark:
            line, in_comment = _without_comments(whole, in_comment)
        under = _UNDERLINE.fullmatch(line)
        if held and under and not mark and _PROSE.match(held):
            yield f"{'#' if under[1][0] == '=' else '##'} {held.strip()}"
            held = None
            continue
        if held is not None:
            yield held
        held = line
        if mark:
            end = line.strip()
            mark = "" if len(end) >= len(mark) and set(end) == {mark[0]} else mark
        elif fence := _FENCE.match(line):
            mark = fence[1]
    if held is not None:
        yield held
    if mark:
        yield mark


def _without_comments(line: str, in_comment: bool) -> tuple[str, bool]:
    opening, closing = _COMMENT
    kept: list[str] = []
    while True:
        if in_comment:
            _, found, line = line.partition(closing)
            if not found:
                return "".join(kept), True
            in_comment = False
        text, found, line = line.partition(opening)
        kept.append(text)
        if not found:
            return "".join(kept), False
        in_comment = True
