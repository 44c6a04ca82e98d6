"""What calamine does not read: hidden rows and columns, number formats, and a sheet's true size.

It is read before the values, because a sheet with two cells far apart would take all memory.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.office.number_formats import read_formats
from pipeline.markdown.attachments.office.package import read_part, relations_of
from pipeline.markdown.attachments.sheets import check_size

_BOOK = "xl/workbook.xml"
_M = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_BLOCK = 1 << 20
# The tags of rows, cells and columns, with or without a prefix; their attributes are short.
_TAG = re.compile(r"<(?:\w{1,10}:)?(row|c|col)\b([^<>]{0,500}+)>")
_ATTRIBUTE = re.compile(r"\b(r|s|min|max|hidden|filterMode)=[\"']([^\"']{1,20}+)[\"']")
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_TRUE = ("1", "true")


@dataclass(slots=True)
class SheetShape:
    """What of a sheet is hidden, and how its numbers look; rows and columns from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last
    formats: dict[tuple[int, int], str] = field(default_factory=dict)

    def is_hidden(self, column: int) -> bool:
        """Return whether a column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)


def scan_sheets(package: zipfile.ZipFile, limits: FileLimits) -> Mapping[str, SheetShape]:
    """Return the shape of each visible sheet by name; raises `TooLargeFileError`."""
    root = read_part(package, _BOOK)
    if root is None:
        return {}
    formats = read_formats(package)
    targets = {identity: target for identity, _, target in relations_of(package, _BOOK)}
    shapes: dict[str, SheetShape] = {}
    rows = cells = 0
    for sheet in root.iter(f"{_M}sheet"):
        target = targets.get(sheet.get(f"{_R}id") or "")
        if target not in package.namelist() or sheet.get("state") in ("hidden", "veryHidden"):
            continue
        scan = _Scan(formats)
        with package.open(target) as file:
            end = ""
            while block := file.read(_BLOCK):
                end = scan.add(end + block.decode("latin-1"))
                check_size(rows + scan.height, cells + scan.area, limits)
        rows, cells = rows + scan.height, cells + scan.area
        shapes[sheet.get("name") or ""] = scan.shape
    return shapes


class _Scan:
    """The scan of one sheet's XML, block after block; tags are ASCII in any encoding of Excel."""

    def __init__(self, formats: Mapping[int, str]) -> None:
        self.shape = SheetShape()
        self._formats = formats
        self._row = self._column = -1
        self._columns, self._rows = [10**9, -1], [10**9, -1]

    @property
    def height(self) -> int:
        """Return the number of rows from the first cell to the last."""
        return max(0, self._rows[1] - self._rows[0] + 1)

    @property
    def area(self) -> int:
        """Return the number of cells in the rectangle around all."""
        return self.height * max(0, self._columns[1] - self._columns[0] + 1)

    def add(self, block: str) -> str:
        """Read the whole tags of a block; return what is left."""
        cut = block.rfind("<") if block.rfind("<") > block.rfind(">") else len(block)
        for kind, text in _TAG.findall(block[:cut]):
            values = dict(_ATTRIBUTE.findall(text))
            if kind == "c":
                self._add_cell(values)
            elif kind == "row":
                number = values.get("r", "")
                self._row = int(number) - 1 if number.isdigit() else self._row + 1
                self._column = -1
                if values.get("hidden") in _TRUE:
                    self.shape.hidden_rows.add(self._row)
            elif values.get("hidden") in _TRUE:
                first, last = values.get("min", ""), values.get("max", "")
                if first.isdigit() and last.isdigit():
                    self.shape.hidden_columns.append((int(first) - 1, int(last) - 1))
        return block[cut:] if len(block) - cut < _BLOCK else ""

    def _add_cell(self, values: Mapping[str, str]) -> None:
        row, column = self._row, self._column + 1
        if found := _CELL.fullmatch(values.get("r", "")):
            row, column = int(found[2]) - 1, _to_number(found[1]) - 1
        self._column = column
        self._rows = [min(self._rows[0], row), max(self._rows[1], row)]
        self._columns = [min(self._columns[0], column), max(self._columns[1], column)]
        style = values.get("s", "")
        if style.isdigit() and (number_format := self._formats.get(int(style))):
            self.shape.formats[row, column] = number_format


def _to_number(letters: str) -> int:
    """Return a column's number from 1: `AB` is 28."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
