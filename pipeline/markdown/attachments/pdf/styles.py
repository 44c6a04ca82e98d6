"""What the sizes and marks of a document's lines mean: its body, and the levels of its headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.markdown.attachments.pdf.layout import Line

_LARGER = 1.1  # than the body's font: a heading
_STEP = 0.45  # points: sizes that are nearer are one
_DEEPEST = 6
_MOST_SIZES = 4
_LONGEST = 200  # characters of a heading
# Characters of one size: more are no headings.
_FEW, _MOST_OF_TEXT = 500, 0.2
_MOSTLY = 0.5  # of the text in fixed width: then it is no code
_ENDS = (".", ",", ";", ":", "!", "…")


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of one document."""

    body: float  # size of most of the text
    pitch: float  # of most lines, from baseline to baseline, as a part of the size
    levels: Mapping[float, int] = field(default_factory=dict)  # size → level of the heading
    has_code: bool = True  # False where the text itself has a font of fixed width

    def is_code(self, line: Line) -> bool:
        """Return whether a line is code."""
        return line.is_mono and self.has_code

    def level_of(self, line: Line) -> int:
        """Return the level of a heading; 0 for other text. A bold line is one if it is alone."""
        if len(line.text) > _LONGEST or not any(map(str.isalpha, line.text)) or self.is_code(line):
            return 0
        for size, level in self.levels.items():
            if abs(size - line.size) <= _STEP:
                return level
        is_small = line.size < 0.95 * self.body or line.text.endswith(_ENDS)
        return 0 if not line.is_bold or is_small else min(_DEEPEST, len(self.levels) + 1)

    def is_large(self, line: Line) -> bool:
        """Return whether a line is a heading by its size alone."""
        return line.size >= _LARGER * self.body


def find_styles(lines: Iterable[Line]) -> Styles:
    """Return the styles that a document's lines show."""
    sizes: Counter[float] = Counter()
    steps: Counter[float] = Counter()
    mono = 0
    last: Line | None = None
    for line in lines:
        sizes[line.size] += len(line.text)
        mono += line.is_mono * len(line.text)
        if last and last.size == line.size and 0 < last.base - line.base < 3 * line.size:
            steps[round((last.base - line.base) / line.size, 1)] += 1
        last = line
    if not sizes:
        return Styles(10.0, 1.2)
    body = sizes.most_common(1)[0][0]
    pitch = steps.most_common(1)[0][0] if steps else 1.2
    return Styles(body, pitch, _to_levels(sizes, body), mono <= _MOSTLY * sizes.total())


def _to_levels(sizes: Counter[float], body: float) -> dict[float, int]:
    levels: dict[float, int] = {}
    most = max(_FEW, _MOST_OF_TEXT * sizes.total())
    rare = (size for size in sizes if sizes[size] <= most)
    for size in sorted((size for size in rare if size >= _LARGER * body), reverse=True):
        nearest = min(levels, key=lambda other: abs(other - size), default=None)
        if nearest is not None and abs(nearest - size) <= _STEP:
            levels[size] = levels[nearest]
        else:
            levels[size] = min(_MOST_SIZES, len(set(levels.values())) + 1)
    return levels
