"""Lengths of CSS in pixels."""

from __future__ import annotations

import re

_LENGTH = re.compile(r"([-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:e[-+]?[0-9]{1,3})?)([a-z]*+|%)")
_ROOT_PX = 16.0
_WINDOW_PX = 10.0  # a hundredth of the window
PX = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54, "rem": _ROOT_PX, "vw": _WINDOW_PX, "vh": _WINDOW_PX, "vmin": _WINDOW_PX,
    "vmax": _WINDOW_PX,
}  # fmt: skip
_RELATIVE = {"em": 1.0, "%": 0.01, "ex": 0.5, "ch": 0.5, "lh": 1.2}
_NAMED = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
    "x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0, "smaller": 13.0, "larger": 19.0,
    "initial": 16.0,
}  # fmt: skip


def to_px(text: str, em: float = _ROOT_PX, percent: float = _WINDOW_PX) -> float | None:
    """Return a length in pixels; None if there is none.

    Of `min` it is the smallest in it, of other functions such as `calc` the largest.
    `em` is the font's size, `percent` what one percent is, both in pixels.
    """
    if "(" in text:
        lengths = [to_px(length[0], em, percent) for length in _LENGTH.finditer(text)]
        choose = min if text.startswith("min(") else max
        return choose((length for length in lengths if length is not None), default=None)
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    number, unit = float(match[1]), match[2]
    if not unit:
        return 0.0 if number == 0 else None
    if unit == "%":
        return number * percent
    if unit in _RELATIVE:
        return number * _RELATIVE[unit] * em
    return number * PX[unit] if unit in PX else None


def to_font_px(text: str, parent: float) -> float | None:
    """Return a font's size in pixels; None for what is none, such as `inherit`."""
    px = _NAMED[text] if text in _NAMED else to_px(text, parent, parent / 100)
    return None if px is None or px < 0 else px


def to_numbers(text: str) -> list[float]:
    """Return all numbers in a text, whatever their units."""
    return [float(match[1]) for match in _LENGTH.finditer(text)]
