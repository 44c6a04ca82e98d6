"""Whether a body can hide anything at all: most cannot, and need no look at each element."""

from __future__ import annotations

from itertools import chain
from typing import Any

from lxml import etree

from pipeline.markdown.hidden.colours import WHITE, Colour, is_readable
from pipeline.markdown.hidden.lengths import to_font_px
from pipeline.markdown.hidden.looks import LEAST_FONT_PX, LEAST_OPACITY, THIN_PX
from pipeline.markdown.hidden.sheet import Sheet
from pipeline.markdown.hidden.styles import Style, to_style
from pipeline.markdown.tree import Element

_STYLES = etree.XPath("//*/@style", smart_strings=False)
_HIDES_OTHERWISE = etree.XPath(
    "//*/@hidden or //*/@bgcolor or //*/@data-highlight-colour or //font"
    " or //*/@class[contains(., 'hidden')]"
    " or //img[translate(@width, 'px', '') <= 1 or translate(@height, 'px', '') <= 1]"
)
_COLOURED = ("ac:structured-macro", "ac:adf-node", "ac:image")  # by their parameters


def is_plain(root: Element, sheet: Sheet) -> bool:
    """Return whether nothing in a tree has a style that could hide text."""
    if next(root.iter(*_COLOURED), None) is not None or _HIDES_OTHERWISE(root):
        return False
    texts: Any = _STYLES(root)
    styles = map(to_style, set(texts))
    return all(map(_is_harmless, chain(sheet.styles.values(), styles)))


def _is_harmless(style: Style) -> bool:
    """Return whether a style leaves text where it is, in a size and a colour that can be read."""
    if style.colour is not None and not _is_seen(style.colour):
        return False
    if style.font is not None and not _is_large(style.font):
        return False
    sides = (style.height_px, style.max_height_px, style.width_px, style.max_width_px)
    if any(side is not None and side <= THIN_PX for side in sides):
        return False
    return style._replace(**_HARMLESS) == _NOTHING


def _is_seen(colour: Colour) -> bool:
    """Return whether text of this colour can be read on white paper, as `looks` has it."""
    return colour.alpha >= LEAST_OPACITY and is_readable(colour, WHITE)


def _is_large(font: str) -> bool:
    """Return whether text of this size can be read, whatever the size of the text around it."""
    px = to_font_px(font, 0.0)
    return px is not None and px >= LEAST_FONT_PX


_NOTHING = Style()
_HARMLESS: dict[str, Any] = dict.fromkeys(
    ("colour", "shadow", "font", "height_px", "max_height_px", "width_px", "max_width_px",
     "is_clipping")
)  # fmt: skip
