"""The names of the colours of cells that have no text: red, amber, green in a table of states."""

from __future__ import annotations

import colorsys
import re

from pipeline.markdown.hidden import WHITE, find_colours, split_declarations
from pipeline.markdown.tree import Element

_NAMED = re.compile(r"\bhighlight-(red|orange|yellow|green|teal|blue|purple|pink)\b")
# The end of each hue, in degrees of the colour circle.
_HUES = (
    (16, "red"), (41, "orange"), (66, "yellow"), (165, "green"), (195, "teal"),
    (255, "blue"), (290, "purple"), (335, "pink"), (360, "red"),
)  # fmt: skip
_LEAST_SHARE = 0.05  # between the strongest and the weakest channel: less of it is grey


def colour_of(cell: Element) -> str:
    """Return the name of a cell's background, "" for none, and for white, grey and black."""
    get = cell.attrib.get
    value = get("data-highlight-colour") or get("bgcolor") or _background(get("style") or "")
    value, classes = value.lower(), (get("class") or "").lower()
    if value in {name for _, name in _HUES}:
        return value
    if colours := find_colours(value or _from_digits(classes)):
        red, green, blue, _ = colours[0].over(WHITE)
        return _name(red, green, blue)
    found = _NAMED.search(classes)
    return found[1] if found else ""


def _background(style: str) -> str:
    values = dict(split_declarations(style))
    return values.get("background-color") or values.get("background") or ""


def _from_digits(classes: str) -> str:
    """Return what begins with the digits of a colour in a class: `highlight-#ff5630`."""
    return classes[classes.index("#") :] if "#" in classes else ""


def _name(*channels: float) -> str:
    """Return the name of red, green and blue, each from 0 to 1."""
    if max(channels) - min(channels) < _LEAST_SHARE:
        return ""
    degrees = 360 * colorsys.rgb_to_hsv(*channels)[0]
    return next((name for end, name in _HUES if degrees <= end), "red")
