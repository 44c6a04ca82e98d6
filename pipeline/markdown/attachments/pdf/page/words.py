"""The words of a page with their places and styles."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.markdown.attachments.pdf.layout import Box, Word, surround
from pipeline.markdown.attachments.pdf.page.fonts import Fonts, Style

_HYPHEN = 0x02  # pdfium's sign for a hyphen at the end of a line
_SPACES = frozenset((0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000))
_NONE = frozenset((0x00, 0xFFFE, 0xFFFF, 0xAD))
# What old TeX fonts have where other fonts have no characters.
_TEX = {0x10: "“", 0x11: "”", 0x12: "„", 0x13: "«", 0x14: "»", 0x15: "–", 0x16: "—", 0x0B: "ff",
        0x0C: "fi", 0x0E: "ffi", 0x0F: "•", 0x1B: "ff", 0x1C: "fi", 0x1D: "fl", 0x1E: "ffi",
        0x1F: "ffl", 0x88: "•"}  # fmt: skip
_SURROGATES = range(0xD800, 0xDC00)
_NEW_WORD = 0.17  # of the font's size: a gap that is a space
_NEW_LINE = 0.45  # of the font's size: a step up or down that no raised letter has


class Glyph(NamedTuple):
    """A character that shows something."""

    text: str
    box: Box
    base: float
    style: Style
    after_space: bool


def read_words(text: pdfium.PdfTextPage, fonts: Fonts) -> tuple[int, list[Word]]:
    """Return the words that are turned as most are, in the order of the content; and the turn."""
    by_turn: dict[int, list[Glyph]] = {}
    for turn, glyph in _read_glyphs(text, fonts):
        by_turn.setdefault(turn, []).append(glyph)
    if not by_turn:
        return 0, []
    main = Counter({turn: len(glyphs) for turn, glyphs in by_turn.items()}).most_common(1)[0][0]
    return main, list(_join(by_turn[main]))


def _read_glyphs(page: pdfium.PdfTextPage, fonts: Fonts) -> Iterator[tuple[int, Glyph]]:
    """Yield each character with the quarter turns of its text; slanted text is a stamp."""
    box, origin_x, origin_y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    box_at, x_at, y_at = ctypes.byref(box), ctypes.byref(origin_x), ctypes.byref(origin_y)
    handle = page.raw
    after_space, high = False, 0
    for index in range(raw.FPDFText_CountChars(handle)):
        code = raw.FPDFText_GetUnicode(handle, index)
        if code in _SPACES:
            after_space = True
            continue
        if code in _NONE:
            continue
        if code in _SURROGATES:
            high = code
            continue
        style = fonts.style_at(page, index)
        if style is None or not raw.FPDFText_GetLooseCharBox(handle, index, box_at):
            continue
        raw.FPDFText_GetCharOrigin(handle, index, x_at, y_at)
        if high:
            code, high = 0x10000 + ((high - 0xD800) << 10) + (code & 0x3FF), 0
        place = turn_box(Box(box.left, box.bottom, box.right, box.top), style.turn)
        _, base = _turn_point(origin_x.value, origin_y.value, style.turn)
        text = "-" if code == _HYPHEN else _TEX.get(code) or chr(code)
        yield style.turn, Glyph(text, place, base, style, after_space)
        after_space = False


def _turn_point(x: float, y: float, turn: int) -> tuple[float, float]:
    """Turn a point clockwise by quarters, so that text that is turned the other way is upright."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turn]


def turn_box(box: Box, turn: int) -> Box:
    """Return a place as it is when the page is turned to be read."""
    if not turn:
        return box
    xs, ys = zip(_turn_point(box.x0, box.y0, turn), _turn_point(box.x1, box.y1, turn), strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def _join(glyphs: list[Glyph]) -> Iterator[Word]:
    word: list[Glyph] = []
    is_glued = False
    for glyph in glyphs:
        if word:
            touches = _touches(word[-1], glyph)
            if not touches or glyph.style != word[-1].style:
                yield _to_word(word, is_glued)
                word, is_glued = [], touches
        word.append(glyph)
    if word:
        yield _to_word(word, is_glued)


def _touches(left: Glyph, right: Glyph) -> bool:
    """Return whether two characters belong to one word."""
    size = max(left.style.size, right.style.size)
    gap = right.box.x0 - left.box.x1
    if abs(right.base - left.base) > _NEW_LINE * size or gap < -1.5 * size:
        return False
    return not right.after_space and gap < _NEW_WORD * size


def _to_word(glyphs: list[Glyph], is_glued: bool) -> Word:
    box = surround([glyph.box for glyph in glyphs])
    style = glyphs[0].style
    text = "".join(glyph.text for glyph in glyphs)
    marks = (style.is_bold, style.is_mono, "", is_glued, style.is_faint)
    return Word(text, box, glyphs[0].base, style.size, *marks)
