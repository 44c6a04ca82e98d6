"""The addresses that the words of a page open."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.markdown.attachments.pdf.layout import Box, Word

_SCHEMES = ("http://", "https://", "mailto:")
_MOST = 500  # of a page
_LONGEST = 2_000  # bytes


class _Link(NamedTuple):
    box: Box
    address: str


def with_links(
    words: Sequence[Word], document: pdfium.PdfDocument, page: pdfium.PdfPage
) -> list[Word]:
    """Return the words, those inside a link with its address."""
    links = list(_read_links(document, page))
    if not links:
        return list(words)
    return [
        next((word._replace(link=link.address) for link in links if link.box.holds(word.box)), word)
        for word in words
    ]


def _read_links(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[_Link]:
    position, link, box = ctypes.c_int(0), raw.FPDF_LINK(), raw.FS_RECTF()
    buffer = ctypes.create_string_buffer(_LONGEST)
    for _ in range(_MOST):
        if not raw.FPDFLink_Enumerate(page.raw, position, link):
            return
        action = raw.FPDFLink_GetAction(link)
        if not action or not raw.FPDFLink_GetAnnotRect(link, box):
            continue
        size = raw.FPDFAction_GetURIPath(document.raw, action, buffer, _LONGEST)
        address = buffer.value.decode("utf-8", "replace") if 0 < size <= _LONGEST else ""
        if address.startswith(_SCHEMES):
            low, high = sorted((box.bottom, box.top))
            yield _Link(Box(box.left, low, box.right, high), address)
