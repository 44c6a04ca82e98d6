"""Marks within text: code spans, fences and emphasis."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Block

_BACKTICKS = re.compile(r"`+")
_TILDES = re.compile("~+")
_LONGEST_MARK = 20  # of a fence: each chunk that has a part of the code repeats it


def to_fence(code: str, language: str = "", title: str = "") -> list[Block]:
    """Return verbatim text as a fenced block, its title above it.

    Code in which no usual mark can be told from its text is plain text.
    """
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    lines = code.rstrip().split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    blocks = [Block("text", f"**{title}**")] if title else []
    if not lines:
        return blocks
    code = "\n".join(lines)
    mark = _to_mark(code)
    if not mark:
        return [*blocks, Block("text", code)]
    return [*blocks, Block("code", f"{mark}{language}\n{code}\n{mark}")]


def to_code_span(code: str) -> str:
    """Return inline code with a delimiter that does not occur in it."""
    if "`" not in code:
        return f"`{code}`"
    ticks = "`" * (1 + _longest(_BACKTICKS.findall(code)))
    return f"{ticks} {code} {ticks}"


def _to_mark(code: str) -> str:
    """Return the mark of a fence around this code, "" where it would be too long."""
    mark = "`" * max(3, 1 + _longest(_BACKTICKS.findall(code)))
    if len(mark) > _LONGEST_MARK:
        mark = "~" * max(3, 1 + _longest(_TILDES.findall(code)))
    return mark if len(mark) <= _LONGEST_MARK else ""


def _longest(runs: list[str]) -> int:
    return max(map(len, runs), default=0)


def emphasize(text: str, mark: str) -> str:
    """Put a mark around each line of inline text, inside the line's outer spaces.

    Lines without a letter or digit stay as they are.
    """
    lines = []
    for line in text.split("\n"):
        core = line.strip()
        if not any(map(str.isalnum, core)) or _is_marked(core, mark):
            lines.append(line)
            continue
        at = line.index(core)
        lines.append(f"{line[:at]}{mark}{core}{mark}{line[at + len(core) :]}")
    return "\n".join(lines)


def _is_marked(text: str, mark: str) -> bool:
    """Return whether a mark would add nothing or be misread.

    That is so for code, images, bold text, and text with a star at one end only.
    """
    if text.startswith("!["):
        return text.endswith("]")
    if mark == "~~":
        return text[:2] == text[-2:] == "~~" and "~~" not in text[2:-2]
    if (text[0] == "*") != (text[-1] == "*"):
        return True
    return text[0] == text[-1] == "`" or (mark == "*" and text[:2] == text[-2:] == "**")
