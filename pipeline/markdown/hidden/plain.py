"""Whether a body can hide anything at all: most cannot, and need no look at each element."""

from __future__ import annotations

from itertools import chain
from typing import Any

from lxml import etree

from pipeline.markdown.hidden.colours import WHITE, is_readable
from pipeline.markdown.hidden.sheet import Sheet
from pipeline.markdown.hidden.styles import Style, to_style
from pipeline.markdown.tree import Element

_STYLES = etree.XPath("//@style")
_HIDES_OTHERWISE = etree.XPath(
    "boolean(//@hidden | //@bgcolor | //@data-highlight-colour | //font"
    " | //*[contains(@class, 'hidden')]"
    " | //img[translate(@width, 'px', '') <= 1 or translate(@height, 'px', '') <= 1])"
)
_COLOURED = ("ac:structured-macro", "ac:adf-node", "ac:image")  # by their parameters


def is_plain(root: Element, sheet: Sheet) -> bool:
    """Return whether nothing in a tree has a style that could hide text."""
    if next(root.iter(*_COLOURED), None) is not None or _HIDES_OTHERWISE(root):
        return False
    texts: Any = _STYLES(root)
    styles = (to_style(str(text)) for text in set(texts))
    return all(map(_is_harmless, chain(sheet.styles.values(), styles)))


def _is_harmless(style: Style) -> bool:
    """Return whether a style changes no more than the colour, to one that white paper shows."""
    if style.colour is not None and not is_readable(style.colour, WHITE):
        return False
    return style._replace(colour=None, shadow=None, is_clipping=None) == _NOTHING


_NOTHING = Style()
