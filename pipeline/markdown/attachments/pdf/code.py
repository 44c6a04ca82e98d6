"""Lines of fixed width as code, with their indents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.markdown.attachments.pdf.layout import Line
from pipeline.markdown.blocks import Block
from pipeline.markdown.marks import to_fence

_EMPTY_LINE = 1.7  # of the smallest step from line to line


def to_code(lines: Sequence[Line]) -> list[Block]:
    """Return the lines as a fence."""
    return to_fence("\n".join(_to_lines(lines)))


def _to_lines(lines: Sequence[Line]) -> Iterator[str]:
    """Yield lines with the spaces before them, and an empty one where the step is that wide."""
    left = min(line.box.x0 for line in lines)
    steps = [above.base - line.base for above, line in pairwise(lines)]
    usual = min((step for step in steps if step > 0), default=0.0)
    last: Line | None = None
    for line in lines:
        width = (line.box.x1 - line.box.x0) / max(1, len(line.text)) or 1.0
        if last and last.base - line.base > _EMPTY_LINE * usual:
            yield ""
        yield " " * round((line.box.x0 - left) / width) + line.text
        last = line
