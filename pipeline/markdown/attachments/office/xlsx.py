"""`to_markdown`: an Excel file by calamine, a section for each visible sheet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.office.package import open_package
from pipeline.markdown.attachments.office.sheet_scan import SheetShape, scan_sheets
from pipeline.markdown.attachments.office.values import to_text
from pipeline.markdown.attachments.sheets import to_blocks
from pipeline.markdown.blocks import Block, join_page


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the visible sheets, rows and columns; numbers and dates as people see them."""
    with open_package(path, limits) as package:
        shapes = scan_sheets(package, limits)
    book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    blocks: list[Block] = []
    for sheet in book.sheets_metadata:
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet:
            shape = shapes.get(sheet.name, SheetShape())
            content = to_blocks(list(_read(book, sheet.name, shape)))
            if content:
                blocks += [Block("heading", f"# {' '.join(sheet.name.split())}"), *content]
    return join_page(blocks)


def _read(book: CalamineWorkbook, name: str, shape: SheetShape) -> Iterator[list[str]]:
    """Yield the visible cells of the visible rows as text."""
    sheet = book.get_sheet_by_name(name)
    first_row, first_column = sheet.start or (0, 0)
    for row, cells in enumerate(sheet.iter_rows(), first_row):
        if row in shape.hidden_rows:
            continue
        yield [
            to_text(cell, shape.formats.get((row, column), ""))
            for column, cell in enumerate(cells, first_column)
            if not shape.is_hidden(column)
        ]
