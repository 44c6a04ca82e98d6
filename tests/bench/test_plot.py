"""The benchmark's plot: points and the line of linear growth."""

import re
from xml.etree import ElementTree

import pytest

from bench.plot import BOTTOM, LEFT, ticks, to_svg

LINEAR = [(1000, 2.0), (2000, 4.0), (16000, 32.0)]


def distances(points: list[tuple[int, float]]) -> list[float]:
    """Return how far each point is above the line, in the drawing's units."""
    root = ElementTree.fromstring(to_svg(points, "a run"))
    line = next(shape.attrib["d"] for shape in root if "stroke-dasharray" in shape.attrib)
    x0, y0, x1, y1 = map(float, re.findall(r"[\d.]+", line))
    assert (x0, y0) == (LEFT, BOTTOM)  # the origin
    return [
        y0 + (y1 - y0) * (float(shape.attrib["cx"]) - x0) / (x1 - x0) - float(shape.attrib["cy"])
        for shape in root
        if shape.tag.endswith("circle")
    ]


def test_linear_growth_lies_on_the_line() -> None:
    assert distances(LINEAR) == pytest.approx([0, 0, 0], abs=0.2)


def test_faster_growth_lies_above_the_line() -> None:
    assert distances([*LINEAR, (8000, 24.0)])[-1] > 20


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (33.6, [0, 10, 20, 30]),
        (16000, [0, 4000, 8000, 12000, 16000]),
        (0.9, [0, 0.2, 0.4, 0.6, 0.8]),
    ],
)
def test_ticks_are_round_numbers(highest: float, expected: list[float]) -> None:
    assert list(ticks(highest)) == pytest.approx(expected)
