"""What is drawn on a page: ruled lines, the edges of boxes, and dots that are no characters."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.markdown.attachments.pdf.layout import Box, Stroke, Word

_THIN = 3.0  # points
_SHORT = 6.0
_DOT = 1.5, 6.5
_WHITE = 255
_MOST_OBJECTS = 20_000  # of a page: a drawing, in which no table is sought
_MOST_DOTS = 200  # of a page: more are a chart's
_CORNERS = 4, 10  # of a box, or of one within another: a frame
_BESIDE = 2.5  # of the font's size: how far an item's dot is from its text


@dataclass(slots=True)
class Drawing:
    """The drawn parts of a page."""

    across: list[Stroke] = field(default_factory=list)
    down: list[Stroke] = field(default_factory=list)
    dots: list[Box] = field(default_factory=list)


def read_drawing(page: pdfium.PdfPage) -> Drawing:
    """Return what is drawn; nothing where the page is a drawing as a whole."""
    drawing = Drawing()
    if raw.FPDFPage_CountObjects(page.raw) > _MOST_OBJECTS:
        return drawing
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for item in _paths(page):
        if raw.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            _add(drawing, Box(left.value, bottom.value, right.value, top.value), item)
    return drawing


def _add(drawing: Drawing, box: Box, item: object) -> None:
    width, height = box.x1 - box.x0, box.y1 - box.y0
    least, most = _DOT
    if height <= _THIN and width >= _SHORT:
        drawing.across.append(Stroke((box.y0 + box.y1) / 2, box.x0, box.x1))
    elif width <= _THIN and height >= _SHORT:
        drawing.down.append(Stroke((box.x0 + box.x1) / 2, box.y0, box.y1))
    elif least <= width <= most and abs(width - height) < 1:
        drawing.dots.append(box)
    elif width > _SHORT and height > _SHORT and _is_box(item):
        drawing.across += [Stroke(box.y0, box.x0, box.x1), Stroke(box.y1, box.x0, box.x1)]
        drawing.down += [Stroke(box.x0, box.y0, box.y1), Stroke(box.x1, box.y0, box.y1)]


def _paths(page: pdfium.PdfPage) -> Iterator[object]:
    for index in range(raw.FPDFPage_CountObjects(page.raw)):
        item = raw.FPDFPage_GetObject(page.raw, index)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_PATH:
            yield item


def _is_box(item: object) -> bool:
    """Return whether a path has as many corners as a rectangle or a frame, and can be seen."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(item, fill, stroke) or not (stroke.value or fill.value):
        return False
    least, most = _CORNERS
    is_box = least <= raw.FPDFPath_CountSegments(item) <= most
    return bool(is_box and (stroke.value or not is_white(item)))


def is_white(item: object) -> bool:
    """Return whether an object is filled with white, or with nothing."""
    colour = [ctypes.c_uint() for _ in range(4)]
    return bool(raw.FPDFPageObj_GetFillColor(item, *colour)) and (
        colour[3].value == 0 or min(part.value for part in colour[:3]) == _WHITE
    )


def to_bullets(dots: Sequence[Box], words: Sequence[Word]) -> Iterator[Word]:
    """Yield a bullet for each dot that is drawn before the first word of a line."""
    if len(dots) > _MOST_DOTS:
        return
    for dot in dots:
        middle = (dot.y0 + dot.y1) / 2
        line = [word for word in words if word.box.y0 < middle < word.box.y1]
        right = [word for word in line if word.box.x0 >= dot.x1]
        if right:
            first = min(right, key=lambda word: word.box.x0)
            near = first.box.x0 - _BESIDE * first.size < dot.x0
            if near and not any(dot.x0 - first.size < word.box.x1 <= dot.x0 for word in line):
                yield Word("•", dot, first.base, first.size)
