"""The names of the colours of cells that have no text: red, amber, green in a table of states."""

from __future__ import annotations

import colorsys
import re
from itertools import islice

from pipeline.markdown.hidden import WHITE, find_colours, split_declarations
from pipeline.markdown.tree import Element

_NAMED = re.compile(r"\bhighlight-(red|orange|yellow|green|teal|blue|purple|pink)\b")
# The end of each hue, in degrees of the colour circle.
_HUES = (
    (16, "red"), (41, "orange"), (66, "yellow"), (165, "green"), (195, "teal"),
    (245, "blue"), (290, "purple"), (335, "pink"), (360, "red"),
)  # fmt: skip
_LEAST_SHARE = 0.075  # between the strongest and the weakest channel: less of it is grey
_SHAPES = frozenset("●⬤○◉◯■□▪▫◼◾▲△▼▽◆◇★☆⚫⬛•")  # say nothing without their colour
_MOST_SHAPES, _MOST_ELEMENTS = 3, 20


def colour_of(cell: Element, text: str = "") -> str:
    """Return the name of the colour that is all that a cell says, "" for any other cell.

    That is the background of a cell without text, or of what is in it; or the colour of a shape.
    White, grey and black have no name.
    """
    if text and (len(text) > _MOST_SHAPES or not _SHAPES.issuperset(text)):
        return ""
    parts = islice(cell.iter(), _MOST_ELEMENTS)
    if not text:
        return next(filter(None, map(_background_of, parts)), "")
    styles = (dict(split_declarations(part.get("style") or "")) for part in parts)
    return next(filter(None, (_to_name(style.get("color") or "") for style in styles)), "")


def _background_of(element: Element) -> str:
    get = element.attrib.get
    value = get("data-highlight-colour") or get("bgcolor") or _background(get("style") or "")
    value, classes = value.lower(), (get("class") or "").lower()
    if value in {name for _, name in _HUES}:
        return value
    if named := _to_name(value or _from_digits(classes)):
        return named
    found = _NAMED.search(classes)
    return found[1] if found else ""


def _background(style: str) -> str:
    values = dict(split_declarations(style))
    return values.get("background-color") or values.get("background") or ""


def _to_name(value: str) -> str:
    if colours := find_colours(value):
        red, green, blue, _ = colours[0].over(WHITE)
        return _name(red, green, blue)
    return ""


def _from_digits(classes: str) -> str:
    """Return what begins with the digits of a colour in a class: `highlight-#ff5630`."""
    return classes[classes.index("#") :] if "#" in classes else ""


def _name(*channels: float) -> str:
    """Return the name of red, green and blue, each from 0 to 1."""
    if max(channels) - min(channels) < _LEAST_SHARE:
        return ""
    degrees = 360 * colorsys.rgb_to_hsv(*channels)[0]
    return next((name for end, name in _HUES if degrees <= end), "red")
