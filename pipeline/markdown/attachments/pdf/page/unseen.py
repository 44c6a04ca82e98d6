"""Words that no reader of the page sees: beyond its edge, or white on white.

Text that is not painted belongs to a scan, whose picture it lies on: it is kept there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.markdown.attachments.pdf.layout import Box, Word
from pipeline.markdown.attachments.pdf.page.drawing import is_white
from pipeline.markdown.attachments.pdf.page.words import turn_box

_MOST_OBJECTS = 20_000  # of a page: white text on it is kept
_MOST_COVERS = 1_000


def drop_unseen(words: Sequence[Word], page: pdfium.PdfPage, box: Box, turn: int) -> list[Word]:
    """Return the words that are on the page, and differ from what is behind them."""
    inside = [word for word in words if box.holds(word.box)]
    if not any(word.is_faint for word in inside):
        return inside
    if raw.FPDFPage_CountObjects(page.raw) > _MOST_OBJECTS:
        return inside
    covers = [turn_box(cover, turn) for cover in _covers(page)]
    if len(covers) > _MOST_COVERS:
        return inside
    return [
        word
        for word in inside
        if not word.is_faint or any(cover.holds(word.box) for cover in covers)
    ]


def _covers(page: pdfium.PdfPage) -> Iterator[Box]:
    """Yield the places of pictures, of coloured areas, and of what has a drawing of its own."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(raw.FPDFPage_CountObjects(page.raw)):
        item = raw.FPDFPage_GetObject(page.raw, index)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT or (kind == raw.FPDF_PAGEOBJ_PATH and is_white(item)):
            continue
        if raw.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            yield Box(left.value, bottom.value, right.value, top.value)
