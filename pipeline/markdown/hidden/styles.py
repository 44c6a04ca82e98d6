"""What declarations do to the text of an element: the parts that can hide it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.markdown.hidden.colours import Colour, find_colours
from pipeline.markdown.hidden.declarations import split_declarations
from pipeline.markdown.hidden.lengths import to_font_px, to_numbers, to_px
from pipeline.markdown.hidden.places import (
    is_clipped_away,
    is_off_page,
    is_path_empty,
    is_piled_up,
    is_scaled_away,
    is_transformed_away,
    is_turned_away,
)

_LONGEST_CACHED = 300  # characters of a style: the cache must not fill the memory
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


def _away(is_hiding: Callable[[str], bool]) -> Callable[[str], _Changes]:
    return lambda value: {"is_away": True} if is_hiding(value) else {}


_EDGES = ("left", "right", "top", "bottom", "margin-left", "margin-right", "margin-top",
          "margin-bottom")  # fmt: skip
# Of `inset` and `margin`, also in the direction of the writing.
_SIDES = ("", "-inline", "-inline-start", "-inline-end", "-block", "-block-start", "-block-end")
_READERS: dict[str, Callable[[str], _Changes]] = {
    "display": _display,
    "visibility": _visibility,
    "content-visibility": _content_visibility,
    **dict.fromkeys(("opacity", "-webkit-opacity"), _opacity),
    **dict.fromkeys(("filter", "-webkit-filter"), _filter),
    "color": _colour,
    "-webkit-text-fill-color": _colour,
    "text-shadow": _shadow,
    "background": _background,
    "background-color": _background,
    "background-image": _background_image,
    "font-size": _font_size,
    "font": _font,
    **dict.fromkeys(("height", "block-size"), _side("height_px")),
    **dict.fromkeys(("max-height", "max-block-size"), _side("max_height_px")),
    **dict.fromkeys(("width", "inline-size"), _side("width_px")),
    **dict.fromkeys(("max-width", "max-inline-size"), _side("max_width_px")),
    **dict.fromkeys(
        ("overflow", "overflow-x", "overflow-y", "overflow-inline", "overflow-block"), _overflow
    ),
    "clip": _away(is_clipped_away),
    "clip-path": _away(is_path_empty),
    "-webkit-clip-path": _away(is_path_empty),
    **dict.fromkeys(("transform", "-webkit-transform"), _away(is_transformed_away)),
    "rotate": _away(is_turned_away),
    "scale": _away(is_scaled_away),
    "zoom": _away(is_scaled_away),
    "letter-spacing": _away(is_piled_up),
    **dict.fromkeys(
        (*_EDGES, *(f"inset{side}" for side in _SIDES), *(f"margin{side}" for side in _SIDES),
         "text-indent", "translate"), _away(is_off_page)
    ),
}  # fmt: skip
