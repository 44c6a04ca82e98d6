"""A plot of seconds against pages as SVG, beside what linear growth would be."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 616, 40, 304  # the plot's own area
TICKS = 5  # at most so many beside 0 on each axis


def to_svg(points: Sequence[tuple[int, float]], run: str) -> str:
    """Points of (pages, seconds), and the line through the origin with their median slope.

    `run` names what was measured: "the first run".
    """
    slope = statistics.median(seconds / pages for pages, seconds in points)
    last = max(pages for pages, _ in points)
    highest = max(slope * last, *(seconds for _, seconds in points)) * 1.05

    def x(pages: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * pages / (last * 1.05), 1)

    def y(seconds: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * seconds / highest, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="Seconds of '
        f'{run} against its pages" '
        'font-family="sans-serif" font-size="13" fill="#444">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for at in ticks(highest):
        parts.append(f'<path d="M{LEFT} {y(at)}H{RIGHT}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(at) + 4}" text-anchor="end">{at:g}</text>')
    for at in ticks(last):
        parts.append(f'<path d="M{x(at)} {BOTTOM}v5" stroke="#888"/>')
        parts.append(f'<text x="{x(at)}" y="{BOTTOM + 20}" text-anchor="middle">{at:,g}</text>')
    parts += [
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="#888"/>',
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">pages</text>',
        f'<text x="{LEFT}" y="{TOP - 16}">seconds of {run}; '
        f"dashed: {1000 * slope:.2f} ms a page</text>",
        f'<path d="M{x(0)} {y(0)}L{x(last)} {y(slope * last)}" stroke="#888" '
        'stroke-dasharray="5 4"/>',
    ]
    parts += [
        f'<circle cx="{x(pages)}" cy="{y(seconds)}" r="5" fill="#0b6bcb"/>'
        for pages, seconds in points
    ]
    return "\n".join([*parts, "</svg>", ""])


def ticks(highest: float) -> Iterator[float]:
    """Round numbers from 0 to `highest`."""
    rough = highest / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= rough)
    return (number * step for number in range(math.floor(highest / step) + 1))
