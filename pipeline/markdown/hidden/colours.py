"""Colours of CSS, and whether a reader can distinguish one from another."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pipeline.markdown.hidden.colour_names import HEX_OF_NAME
from pipeline.markdown.hidden.lengths import to_numbers

# The ratio of WCAG 2, from 1 (the same) to 21 (black on white). The lightest text of the editor's
# palette that can be read has 1.14 (#fff0b3 on white).
LEAST_CONTRAST = 1.1
MAX_COLOURS = 8  # of a gradient
_COLOUR = re.compile(
    r"#[0-9a-f]{3,8}(?![0-9a-z])|(?:rgba?|hsla?|hwb|(?:ok)?lab|(?:ok)?lch|color)\([^()]*\)"
    r"|(?<![-#\w])[a-z]{3,20}(?![-\w(])"
)
# Of an angle in degrees, of a share in percent, of a channel: what one whole is.
_HUE, _PERCENT, _CHANNEL = 360.0, 100.0, 255.0


class Colour(NamedTuple):
    """Red, green, blue and opacity, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, other: Colour) -> Colour:
        """Return what is seen where this colour lies on another, opaque one."""
        pairs = zip(self[:3], other[:3], strict=True)
        return Colour(*(top * self.alpha + below * (1 - self.alpha) for top, below in pairs))

    @property
    def luminance(self) -> float:
        """Relative luminance by WCAG 2, from 0 to 1."""
        channels = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (self.red, self.green, self.blue)
        )
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


WHITE = Colour(1.0, 1.0, 1.0)


def is_readable(text: Colour, background: Colour) -> bool:
    """Return whether text of a colour can be read on an opaque background."""
    first, second = text.over(background).luminance, background.luminance
    return (max(first, second) + 0.05) / (min(first, second) + 0.05) >= LEAST_CONTRAST


@lru_cache(maxsize=1024)
def find_colours(value: str) -> tuple[Colour, ...]:
    """Return the colours in a value, such as that of `background`, at most `MAX_COLOURS`."""
    found: list[Colour] = []
    for match in _COLOUR.finditer(value):
        colour = to_colour(match[0])
        if colour is not None:
            found.append(colour)
            if len(found) == MAX_COLOURS:
                break
    return tuple(found)


def to_colour(text: str) -> Colour | None:
    """Return a colour by its name, digits or function; None for anything else."""
    if text.startswith("#"):
        return _from_hex(text[1:])
    if text.endswith(")"):
        name, _, rest = text[:-1].partition("(")
        return _from_function(name, rest)
    if text == "transparent":
        return Colour(0.0, 0.0, 0.0, 0.0)
    return _from_hex(HEX_OF_NAME.get(text, ""))


def _from_hex(digits: str) -> Colour | None:
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) not in (6, 8):
        return None
    return Colour(*(int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)))


def _from_function(name: str, rest: str) -> Colour | None:
    """Return the colour of `rgb(…)`, `hsl(…)` and others; of `lab` and the like, its lightness."""
    numbers = to_numbers(rest.replace("none", "0"))
    if len(numbers) < 3:
        return None
    first, second, third = numbers[:3]
    channels: Iterable[float]
    alpha = numbers[3] if len(numbers) > 3 else 1.0
    if alpha > 1 or (len(numbers) > 3 and rest.rstrip().endswith("%")):
        alpha /= _PERCENT
    match name:
        case "rgb" | "rgba":
            whole = _PERCENT if "%" in rest.partition("/")[0] else _CHANNEL
            channels = (first / whole, second / whole, third / whole)
        case "color":
            whole = _PERCENT if "%" in rest.partition("/")[0] else 1.0
            channels = (first / whole, second / whole, third / whole)
        case "hsl" | "hsla":
            channels = colorsys.hls_to_rgb(first / _HUE, _share(third), _share(second))
        case "hwb":
            white, black = _share(second), _share(third)
            pure = colorsys.hls_to_rgb(first / _HUE, 0.5, 1.0)
            scale = max(0.0, 1 - white - black)
            channels = (c * scale + white / max(1.0, white + black) for c in pure)
        case "lab" | "lch":
            channels = (_share(first),) * 3
        case "oklab" | "oklch":
            channels = (_share(first) if "%" in rest else first,) * 3
        case _:
            return None
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in channels)
    return Colour(red, green, blue, min(1.0, max(0.0, alpha)))


def _share(percent: float) -> float:
    return min(1.0, max(0.0, percent / _PERCENT))
