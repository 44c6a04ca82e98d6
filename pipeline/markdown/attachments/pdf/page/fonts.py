"""The style of a character, looked up once for each text object of a page."""

from __future__ import annotations

import ctypes
import math
from typing import NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.markdown.attachments.pdf.page.drawing import is_white

_FIXED_WIDTH, _FORCE_BOLD = 1, 1 << 18  # flags of a PDF's font descriptor
_BOLD_WEIGHT = 600
_MONO_NAMES = ("mono", "courier", "consol", "menlo", "cmtt", "typewriter", "fixed", "code")
_BOLD_NAMES = ("bold", "black", "heavy", "cmbx", "semibold", "demi", "sfbx")
_SLANT = 0.1  # of a quarter: text that is turned by no quarter is a stamp across the page


class Style(NamedTuple):
    """How a text looks; `turn` is by how many quarters it is turned counter-clockwise."""

    size: float
    is_bold: bool
    is_mono: bool
    turn: int
    is_faint: bool = False  # white, or not painted at all


class Fonts:
    """The styles of a document."""

    def __init__(self) -> None:
        self._faces: dict[str, tuple[bool, bool]] = {}
        self._object = 0
        self._style: Style | None = None
        self._name = ctypes.create_string_buffer(128)

    def style_at(self, page: pdfium.PdfTextPage, index: int) -> Style | None:
        """Return a character's style; None where it is slanted, invisible or of no size."""
        found = raw.FPDFText_GetTextObject(page.raw, index)
        address = ctypes.cast(found, ctypes.c_void_p).value or 0
        if address != self._object:
            self._object = address
            self._style = self._read(page, index, found)
        return self._style

    def start_page(self) -> None:
        """Forget the last object: its address may be that of another one on the next page."""
        self._object = 0

    def _read(self, page: pdfium.PdfTextPage, index: int, found: object) -> Style | None:
        matrix = raw.FS_MATRIX()
        if not raw.FPDFText_GetMatrix(page.raw, index, ctypes.byref(matrix)):
            return self._style
        size = raw.FPDFText_GetFontSize(page.raw, index) * math.hypot(matrix.c, matrix.d)
        quarters = math.atan2(matrix.b, matrix.a) / (math.pi / 2)
        if abs(quarters - round(quarters)) > _SLANT or size < 1:
            return None
        is_bold, is_mono = self._face(found)
        turn = round(quarters) % 4
        return Style(round(size, 1), is_bold, is_mono, turn, _is_faint(found))

    def _face(self, found: object) -> tuple[bool, bool]:
        font = raw.FPDFTextObj_GetFont(found)
        if not font:
            return False, False
        raw.FPDFFont_GetBaseFontName(font, self._name, len(self._name))
        name = self._name.value.decode("latin-1").lower()
        if name not in self._faces:
            flags = raw.FPDFFont_GetFlags(font)
            self._faces[name] = (
                bool(flags & _FORCE_BOLD > 0 and flags > 0)
                or any(part in name for part in _BOLD_NAMES)
                or raw.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT,
                (flags > 0 and bool(flags & _FIXED_WIDTH))
                or any(part in name for part in _MONO_NAMES),
            )
        return self._faces[name]


def _is_faint(found: object) -> bool:
    mode = raw.FPDFTextObj_GetTextRenderMode(found)
    if mode in (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP):
        return True
    return mode == raw.FPDF_TEXTRENDERMODE_FILL and is_white(found)
