"""What declarations do to the text of an element: the parts that can hide it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.markdown.hidden.colours import Colour, find_colours
from pipeline.markdown.hidden.declarations import split_declarations
from pipeline.markdown.hidden.lengths import to_font_px, to_numbers, to_px

_LONGEST_CACHED = 300  # characters of a style: the cache must not fill the memory
_OFF_LEFT_PX, _OFF_RIGHT_PX = -500.0, 5_000.0  # where no window reaches
_PERCENT_PX = 1.0  # of an offset: -100% is common in layouts and animations
_SMALLEST_SCALE = 0.1
_PILED_UP_PX = -12.0  # between letters, which then lie on each other
_DISPLAYS = frozenset(
    """block inline inline-block flex inline-flex grid inline-grid table inline-table table-cell
    table-row list-item flow-root contents initial inherit unset revert""".split()  # noqa: SIM905 - a list of words
)
_BLACK = Colour(0.0, 0.0, 0.0)
_IMAGES = ("url(", "image(", "image-set(")


class Style(NamedTuple):
    """Declarations as far as they matter here; None where they leave it open."""

    is_removed: bool | None = None  # display
    is_away: bool = False  # moved off the page, cut away or scaled to nothing
    is_shown: bool | None = None  # visibility
    opacity: float | None = None
    colour: Colour | None = None
    shadow: Colour | None = None
    backgrounds: tuple[Colour, ...] | None = None  # of a gradient all; () for a picture
    font: str | None = None  # its size, perhaps relative to the parent's
    height_px: float | None = None
    max_height_px: float | None = None
    width_px: float | None = None
    max_width_px: float | None = None
    is_clipping: bool | None = None  # overflow


def to_style(text: str) -> Style:
    """Return what declarations do. Names and values that are not valid do nothing."""
    return _to_style(text) if len(text) <= _LONGEST_CACHED else _to_style.__wrapped__(text)


@lru_cache(maxsize=4096)
def _to_style(text: str) -> Style:
    style = Style()
    for name, value in split_declarations(text):
        if read := _READERS.get(name):
            style = style._replace(**read(value))
    return style


def merge(styles: list[Style]) -> Style:
    """Return several rules as one; the later overrides the earlier."""
    merged = styles[0]
    for style in styles[1:]:
        own = {name: value for name, value in style._asdict().items() if value is not None}
        own["is_away"] = merged.is_away or style.is_away
        merged = merged._replace(**own)
    return merged


_Changes = Mapping[str, Any]


def _display(value: str) -> _Changes:
    if value == "none":
        return {"is_removed": True}
    return {"is_removed": False} if value.partition(" ")[0] in _DISPLAYS else {}


def _visibility(value: str) -> _Changes:
    if value in ("hidden", "collapse"):
        return {"is_shown": False}
    return {"is_shown": True} if value in ("visible", "initial") else {}


def _content_visibility(value: str) -> _Changes:
    return {"is_removed": True} if value == "hidden" else {}


def _opacity(value: str) -> _Changes:
    numbers = to_numbers(value)
    if not numbers:
        return {}
    return {"opacity": max(0.0, numbers[0] / (100 if "%" in value else 1))}


def _filter(value: str) -> _Changes:
    return _opacity(value.partition("opacity(")[2].partition(")")[0])


def _colour(value: str) -> _Changes:
    if value == "initial":
        return {"colour": _BLACK}
    colours = find_colours(value)
    return {"colour": colours[0]} if colours else {}


def _shadow(value: str) -> _Changes:
    colours = find_colours(value)
    return {"shadow": colours[0] if colours else None}


def _background(value: str) -> _Changes:
    if any(name in value for name in _IMAGES):
        return {"backgrounds": ()}
    colours = find_colours(value)
    if not colours:
        return {}
    return {"backgrounds": colours if "gradient(" in value else colours[-1:]}


def _background_image(value: str) -> _Changes:
    return {} if value == "none" else _background(value)


def _font_size(value: str) -> _Changes:
    return {} if to_font_px(value, 16.0) is None else {"font": value}


def _font(value: str) -> _Changes:
    sizes = (part.partition("/")[0] for part in value.split(" "))
    size = next((size for size in sizes if to_font_px(size, 16.0) is not None), None)
    return {} if size is None else {"font": size}


def _side(field: str) -> Callable[[str], _Changes]:
    def read(value: str) -> _Changes:
        px = to_px(value)
        if px is None:
            return {field: math.inf} if value in ("auto", "initial", "none") else {}
        return {field: px}

    return read


def _overflow(value: str) -> _Changes:
    first = value.partition(" ")[0]
    if first in ("hidden", "clip", "scroll", "auto"):
        return {"is_clipping": True}
    return {"is_clipping": False} if first == "visible" else {}


def _offset(value: str) -> _Changes:
    pxs = (to_px(part, percent=_PERCENT_PX) for part in value.split(" "))
    is_off = any(px is not None and not _OFF_LEFT_PX < px < _OFF_RIGHT_PX for px in pxs)
    return {"is_away": True} if is_off else {}


def _transform(value: str) -> _Changes:
    for function in value.split(")"):
        name, _, arguments = function.partition("(")
        numbers = to_numbers(arguments)
        if name.strip().startswith("scale") and any(n < _SMALLEST_SCALE for n in map(abs, numbers)):
            return {"is_away": True}
        if name.strip().startswith("translate") and _offset(arguments.replace(",", " ")):
            return {"is_away": True}
    return {}


def _scale(value: str) -> _Changes:
    numbers = [number / (100 if "%" in value else 1) for number in to_numbers(value)]
    return {"is_away": True} if any(abs(n) < _SMALLEST_SCALE for n in numbers) else {}


def _letter_spacing(value: str) -> _Changes:
    px = to_px(value)
    return {"is_away": True} if px is not None and px <= _PILED_UP_PX else {}


def _clip(value: str) -> _Changes:
    """Read `rect(top, right, bottom, left)`."""
    if not value.startswith("rect(") or "auto" in value:
        return {}
    numbers = to_numbers(value)
    if len(numbers) != 4:
        return {}
    top, right, bottom, left = numbers
    return {"is_away": True} if bottom - top <= 1 or right - left <= 1 else {}


def _clip_path(value: str) -> _Changes:
    name, _, arguments = value.partition("(")
    numbers = to_numbers(arguments)
    if not numbers:
        return {}
    is_away = (
        (name == "inset" and "%" in arguments and max(numbers) >= 50)
        or (name in ("circle", "ellipse") and numbers[0] <= 0)
        or (name == "polygon" and len(set(numbers)) == 1)
    )
    return {"is_away": True} if is_away else {}


_READERS: dict[str, Callable[[str], _Changes]] = {
    "display": _display,
    "visibility": _visibility,
    "content-visibility": _content_visibility,
    "opacity": _opacity,
    "filter": _filter,
    "color": _colour,
    "-webkit-text-fill-color": _colour,
    "text-shadow": _shadow,
    "background": _background,
    "background-color": _background,
    "background-image": _background_image,
    "font-size": _font_size,
    "font": _font,
    "height": _side("height_px"),
    "max-height": _side("max_height_px"),
    "width": _side("width_px"),
    "max-width": _side("max_width_px"),
    "overflow": _overflow,
    "overflow-x": _overflow,
    "overflow-y": _overflow,
    "clip": _clip,
    "clip-path": _clip_path,
    "-webkit-clip-path": _clip_path,
    "transform": _transform,
    "scale": _scale,
    "zoom": _scale,
    "letter-spacing": _letter_spacing,
    **dict.fromkeys(
        ("left", "right", "top", "bottom", "inset", "text-indent", "margin", "margin-left",
         "margin-right", "margin-top", "margin-bottom", "translate"), _offset
    ),
}  # fmt: skip
