"""The names of the colours of cells that have no text: red, amber, green in a table of states."""

from __future__ import annotations

import colorsys
import re

from pipeline.markdown.tree import Element

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})(?![0-9a-z])")
_NAMED = re.compile(r"\bhighlight-(red|orange|yellow|green|teal|blue|purple|pink)\b")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\b")
# The end of each hue, in degrees of the colour circle.
_HUES = (
    (16, "red"), (41, "orange"), (66, "yellow"), (165, "green"), (195, "teal"),
    (255, "blue"), (290, "purple"), (335, "pink"), (360, "red"),
)  # fmt: skip
_LEAST_SHARE = 0.05  # between the strongest and the weakest channel: less of it is grey


def colour_of(cell: Element) -> str:
    """Return the name of a cell's background, "" for none, and for white, grey and black."""
    get = cell.attrib.get
    value = (get("data-highlight-colour") or get("bgcolor") or _background(get("style"))).lower()
    if found := _HEX.search(value or (get("class") or "").lower()):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return _name(*(int(digits[at : at + 2], 16) for at in (0, 2, 4)))
    if found := _RGB.search(value):
        return _name(*(min(255, int(channel)) for channel in found.groups()))
    if found := _NAMED.search((get("class") or "").lower()):
        return found[1]
    return value if value in {name for _, name in _HUES} else ""


def _background(style: str | None) -> str:
    for declaration in (style or "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip().lower() in ("background", "background-color"):
            return value.strip()
    return ""


def _name(red: int, green: int, blue: int) -> str:
    channels = red / 255, green / 255, blue / 255
    if max(channels) - min(channels) < _LEAST_SHARE:
        return ""
    degrees = 360 * colorsys.rgb_to_hsv(*channels)[0]
    return next((name for end, name in _HUES if degrees <= end), "red")
