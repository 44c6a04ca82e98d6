"""How the text of an element looks, from its own style and that of the elements around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from pipeline.markdown.hidden.attributes import Attributes
from pipeline.markdown.hidden.colours import (
    MAX_COLOURS,
    WHITE,
    Colour,
    find_colours,
    is_readable,
)
from pipeline.markdown.hidden.lengths import to_font_px
from pipeline.markdown.hidden.sheet import Sheet
from pipeline.markdown.hidden.styles import Style, merge, to_style

LEAST_FONT_PX = 4.0  # smaller text cannot be read
LEAST_OPACITY = 0.1
THIN_PX = 1.0  # of a box that shows nothing
# What opens at a click is hidden by a style too, but it is the page's content.
_OPENED_BY_CLICK = frozenset(
    ("expand-content", "expander-content", "tabs-pane", "twixi-block", "codeContent")
)
_LOZENGES = frozenset(("status-macro", "aui-lozenge", "aui-badge", "aui-button"))
_LOZENGE_MACROS = ("status",)
_PICTURES = ("img", "ac:image", "ac:emoticon")
# Which parameter or attribute of storage's panels is their background.
BACKGROUNDS = {
    ("ac:structured-macro", "panel"): "bgColor",
    ("ac:adf-node", "panel"): "panel-color",
}
MOST_PARAMETERS = 20  # of a panel: a longer list must not take quadratic time
_SIZES, _DOT = ("width", "height", "ac:width", "ac:height"), ("0", "1", "0px", "1px")
# A height or width of these is the least they have.
_TABLE_PARTS = frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "col", "colgroup"))
_DIGITS = re.compile("[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}")
_HIGHLIGHTS = {
    "grey": "#f4f5f7", "red": "#ffebe6", "green": "#e3fcef", "blue": "#deebff",
    "yellow": "#fffae6", "purple": "#eae6ff",
}  # fmt: skip


class Look(NamedTuple):
    """How text looks at one place of a body."""

    is_shown: bool = True  # by `visibility`
    colour: Colour | None = None  # None: the one that Confluence gives it, which can be read
    shadow: Colour | None = None
    backgrounds: tuple[Colour, ...] = (WHITE,)  # all behind it; () if that is not known
    font_px: float = 16.0
    opacity: float = 1.0
    is_readable: bool = True  # all of this together


PLAIN = Look()


def look_at(tag: str, attributes: Attributes, around: Look, sheet: Sheet) -> Look | None:
    """Return how an element's text looks; None if the element and all in it is hidden."""
    if not attributes:
        return around if tag != "a" or around.colour is None else _to_look(around, colour=None)
    classes = (attributes.get("class") or "").split()
    if "hidden" in attributes or "hidden" in classes:
        return None
    styles = [*sheet.find(attributes), *_own_styles(tag, attributes)]
    style = merge(styles) if styles else None
    if style and not _OPENED_BY_CLICK.isdisjoint(classes):
        style = Style(colour=style.colour, backgrounds=style.backgrounds, font=style.font)
    if style and _is_hiding(tag, style):
        return None
    look = around
    if tag in ("a", "ac:link"):  # a link has a colour of its own
        look = look._replace(colour=None)
    if style:
        look = _apply(style, look)
        if look.opacity < LEAST_OPACITY:
            return None
    if tag in _PICTURES and not (look.is_shown and _has_size(attributes, style)):
        return None
    if attributes.get("ac:name") in _LOZENGE_MACROS or not _LOZENGES.isdisjoint(classes):
        look = look._replace(colour=None, backgrounds=())
    return look if look is around else _to_look(look)


def with_background(look: Look, value: str) -> Look:
    """Return the look on another background, a colour's name or digits."""
    colours = find_colours(value.strip().lower())
    return _to_look(look, backgrounds=_lay_over(colours, look.backgrounds)) if colours else look


def with_colours(look: Look, colour: str, background: str) -> Look:
    """Return the look in another colour, on another background; "" changes nothing."""
    look = with_background(look, background)
    colours = find_colours(colour.strip().lower())
    return _to_look(look, colour=colours[0]) if colours else look


def _own_styles(tag: str, attributes: Attributes) -> list[Style]:
    """Return the styles of an element's attributes, from the weakest to the strongest."""
    texts = []
    if highlight := attributes.get("data-highlight-colour"):
        texts.append(f"background:{_HIGHLIGHTS.get(highlight.lower(), highlight)}")
    if background := attributes.get("bgcolor"):
        texts.append(f"background:{_to_css(background)}")
    if tag == "font" and (colour := attributes.get("color")):
        texts.append(f"color:{_to_css(colour)}")
    if style := attributes.get("style"):
        texts.append(style)
    return [to_style(text) for text in texts]


def _to_css(colour: str) -> str:
    """Return the colour of an attribute, which may lack the mark before its digits."""
    return f"#{colour.strip()}" if _DIGITS.fullmatch(colour.strip()) else colour


def _is_hiding(tag: str, style: Style) -> bool:
    """Return whether a style hides the whole element, whatever is in it."""
    if style.is_removed or style.is_away:
        return True
    if tag in _TABLE_PARTS:
        return False
    height = _smaller(style.height_px, style.max_height_px)
    width = _smaller(style.width_px, style.max_width_px)
    is_flat = height is not None and height <= THIN_PX and style.is_clipping is not False
    return is_flat or (width is not None and width <= THIN_PX and bool(style.is_clipping))


def _smaller(first: float | None, second: float | None) -> float | None:
    return min((px for px in (first, second) if px is not None), default=None)


def _has_size(attributes: Attributes, style: Style | None) -> bool:
    """Return whether a picture is more than a dot."""
    if any(attributes.get(name) in _DOT for name in _SIZES):
        return False
    if style is None:
        return True
    sides = (style.height_px, style.width_px, style.max_height_px, style.max_width_px)
    return all(side is None or side > THIN_PX for side in sides)


def _apply(style: Style, look: Look) -> Look:
    changes: dict[str, Any] = {}
    if style.is_shown is not None:
        changes["is_shown"] = style.is_shown
    if style.colour is not None:
        changes["colour"] = style.colour
    if style.shadow is not None:
        changes["shadow"] = style.shadow
    if style.backgrounds is not None:
        changes["backgrounds"] = _lay_over(style.backgrounds, look.backgrounds)
    if style.font is not None:
        changes["font_px"] = to_font_px(style.font, look.font_px)
    if style.opacity is not None:
        changes["opacity"] = look.opacity * style.opacity
    return look._replace(**changes)


def _lay_over(colours: Sequence[Colour], behind: Sequence[Colour]) -> tuple[Colour, ...]:
    """Return what is seen of backgrounds in front of others; () if that is not known."""
    if not behind and any(colour.alpha < 1 for colour in colours):
        return ()
    seen = (colour.over(other) for colour in colours for other in behind or (WHITE,))
    return tuple(islice(dict.fromkeys(seen), MAX_COLOURS))


def _to_look(look: Look, **changes: Any) -> Look:
    look = look._replace(**changes)
    return look._replace(is_readable=_can_be_read(look))


def _can_be_read(look: Look) -> bool:
    if not look.is_shown or look.font_px < LEAST_FONT_PX:
        return False
    if look.colour is None:
        return True
    inks = [ink for ink in (look.colour, look.shadow) if ink and ink.alpha >= LEAST_OPACITY]
    if not look.backgrounds:
        return bool(inks)
    return any(is_readable(ink, behind) for ink in inks for behind in look.backgrounds)
