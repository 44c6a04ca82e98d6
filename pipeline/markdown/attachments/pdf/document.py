"""`to_markdown`: a PDF file as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.markdown.attachments.errors import (
    BrokenFileError,
    EncryptedFileError,
    NoTextError,
    TooLargeFileError,
    UnsupportedFileError,
)
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.pdf.aligned import to_flow
from pipeline.markdown.attachments.pdf.columns import to_regions
from pipeline.markdown.attachments.pdf.flow import Flow, Outline, normalize
from pipeline.markdown.attachments.pdf.grids import find_tables
from pipeline.markdown.attachments.pdf.layout import Box, Line, Region
from pipeline.markdown.attachments.pdf.lines import to_lines
from pipeline.markdown.attachments.pdf.page.drawing import Drawing, read_drawing, to_bullets
from pipeline.markdown.attachments.pdf.page.fonts import Fonts
from pipeline.markdown.attachments.pdf.page.links import with_links
from pipeline.markdown.attachments.pdf.page.unseen import drop_unseen
from pipeline.markdown.attachments.pdf.page.words import read_words, turn_box
from pipeline.markdown.attachments.pdf.running import Page, drop_running, split_edges
from pipeline.markdown.attachments.pdf.styles import find_styles
from pipeline.markdown.blocks import join_page

_MOST_TITLES = 5_000
_DEEPEST = 6
_END, _END_BYTES = b"%%EOF", 65_536
_MOST_GLYPHS = 200_000  # of a page


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the text of all pages; raises a `FileError` for a file without any."""
    document = _open(path)
    if len(document) > limits.pages:
        raise TooLargeFileError(f"it has {len(document):,} pages, more than {limits.pages:,}")
    pages = list(_read_pages(document, limits))
    if not any(page.items for page in pages):
        raise NoTextError(f"none of its {len(pages)} pages has text: it is a scan or pictures only")
    drop_running(pages)
    regions = [list(_to_regions(page)) for page in pages]
    flow = Flow(find_styles(_lines(regions)), _read_outline(document))
    for number, parts in enumerate(regions):
        flow.add_page(number, parts)
    return join_page(flow.take())


def _read_pages(document: pdfium.PdfDocument, limits: FileLimits) -> Iterator[Page]:
    fonts = Fonts()
    characters = 0
    for number in range(len(document)):
        page = _read_page(document, number, fonts)
        characters += sum(len(item.text) for item in page.items if isinstance(item, Line))
        if characters > limits.characters:
            raise TooLargeFileError(f"its text has more than {limits.characters:,} characters")
        yield page


def _to_regions(page: Page) -> Iterator[Region]:
    above, text, below = split_edges(page)
    for part in ([above], to_regions(text), [below]):
        for region in part:
            yield list(to_flow(region))


def _open(path: Path) -> pdfium.PdfDocument:
    if _END not in _read_end(path):
        raise BrokenFileError("the file is truncated: its end is missing")
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == raw.FPDF_ERR_PASSWORD:
            raise EncryptedFileError("it opens with a password only") from error
        if code == raw.FPDF_ERR_SECURITY:
            raise UnsupportedFileError("its encryption is of an unknown kind") from error
        raise BrokenFileError("it is no readable PDF: truncated or damaged") from error
    if not len(document):
        raise BrokenFileError("it has no pages")
    return document


def _read_end(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        return file.read()


def _read_page(document: pdfium.PdfDocument, number: int, fonts: Fonts) -> Page:
    """Return a page; an empty one where it is damaged, as readers show it."""
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return Page(Box(0, 0, 1, 1), [])
    text = page.get_textpage()
    if text.count_chars() > _MOST_GLYPHS:
        raise TooLargeFileError(f"a page has more than {_MOST_GLYPHS:,} characters")
    fonts.start_page()
    turn, words = read_words(text, fonts)
    drawing = Drawing() if turn else read_drawing(page)
    box = turn_box(Box(*page.get_bbox()), turn)
    words = with_links(drop_unseen(words, page, box, turn), document, page)
    words += to_bullets(drawing.dots, words)
    tables, words = find_tables(words, drawing.across, drawing.down)
    text.close()
    page.close()
    return Page(box, [*to_lines(words), *tables])


def _lines(pages: Sequence[Sequence[Region]]) -> Iterator[Line]:
    for regions in pages:
        for region in regions:
            yield from (item for item in region if isinstance(item, Line))


def _read_outline(document: pdfium.PdfDocument) -> Outline:
    """Return the levels of the titles that the document's own table of contents has."""
    levels: dict[tuple[int, str], int] = {}
    for number, bookmark in enumerate(document.get_toc(max_depth=_DEEPEST)):
        if number == _MOST_TITLES:
            break
        target = bookmark.get_dest()
        if target is not None and (page := target.get_index()) is not None:
            levels.setdefault((page, normalize(bookmark.get_title())), bookmark.level + 1)
    return levels
