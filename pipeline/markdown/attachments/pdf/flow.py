"""Lines in the order of reading as blocks: headings, paragraphs, lists, code and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.markdown.attachments.pdf.code import to_code
from pipeline.markdown.attachments.pdf.items import ListItem, read_item, to_list
from pipeline.markdown.attachments.pdf.layout import Item, Line, Region, Table, surround
from pipeline.markdown.attachments.pdf.lines import join_texts
from pipeline.markdown.attachments.pdf.styles import Styles
from pipeline.markdown.attachments.tables import to_table_block
from pipeline.markdown.blocks import Block

_LOOSE = 1.3  # of the usual step from line to line: a new paragraph
_INDENT = 0.9  # of the font's size
_SHORT = 0.8  # of the region's width: a line that ends a paragraph
_SAME_SIZE = 0.6  # points
_ENDS = (".", "!", "?", ":", "。", "：", "！", "？", ";")
_NUMBERING = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,6}+\.?\s++")

Outline = Mapping[tuple[int, str], int]  # number of the page and title → level


def normalize(title: str) -> str:
    """Return a title for comparison, without its number, spaces and case."""
    number = _NUMBERING.match(title)
    return "".join(title[number.end() if number else 0 :].split()).casefold()


class Flow:
    """Joins the items of a document, page after page."""

    def __init__(self, styles: Styles, outline: Outline) -> None:
        self._styles, self._outline = styles, outline
        self._blocks: list[Block] = []
        self._paragraph: list[Line] = []
        self._code: list[Line] = []
        self._items: list[ListItem] = []
        self._table: list[Sequence[str]] = []
        self._left = self._width = 0.0
        self._page = self._page_of_table = 0
        self._heading: tuple[Line, int] | None = None
        self._last: Line | None = None

    def add_page(self, number: int, regions: Sequence[Region]) -> None:
        """Add a page's regions in their order."""
        self._page = number
        for region in regions:
            lines = [item for item in region if isinstance(item, Line)]
            if lines:
                box = surround([line.box for line in lines])
                self._left, self._width = box.x0, box.x1 - box.x0
            for at, item in enumerate(region):
                self._add(item, region[at + 1] if at + 1 < len(region) else None)

    def take(self) -> list[Block]:
        """Return all blocks."""
        self._flush()
        return self._blocks

    def _add(self, item: Item, following: Item | None) -> None:
        if isinstance(item, Table):
            self._add_table(item)
        elif self._styles.is_code(item):
            self._flush_table()
            self._flush_text()
            self._code.append(item)
        else:
            self._flush_table()
            self._flush_code()
            self._add_text(item, following)

    def _add_table(self, table: Table) -> None:
        """Add a table; on the next page it continues if it has the same columns."""
        self._flush_text()
        self._flush_code()
        rows = table.rows
        is_new = self._page == self._page_of_table
        if self._table and (is_new or len(self._table[0]) != len(rows[0])):
            self._flush_table()
        self._page_of_table = self._page
        if self._table and list(rows[0]) == list(self._table[0]):
            rows = rows[1:]
        if self._table and rows and not rows[0][0] and any(rows[0]):
            self._table[-1] = list(map(_join_cells, self._table[-1], rows[0]))
            rows = rows[1:]
        self._table += rows

    def _add_text(self, line: Line, following: Item | None) -> None:
        last = self._paragraph[-1] if self._paragraph else None
        if level := self._heading_level(line, following):
            is_same = (
                last is None
                and bool(self._blocks)
                and not self._items
                and self._blocks[-1].kind == "heading"
                and self._is_next_of_heading(line, level)
            )
            self._flush()
            if is_same:
                heading = self._blocks[-1]
                self._blocks[-1] = heading._replace(text=join_texts([heading.text, line.text]))
            else:
                self._blocks.append(Block("heading", f"{'#' * level} {line.text}"))
            self._heading = line, level
            return
        item = read_item(line)
        if item and (item.is_sure or self._items or not last or self._is_break(last, line)):
            self._flush_paragraph()
            self._items.append(item)
        elif self._items and self._is_in_item(line):
            self._items[-1].lines.append(line.text)
        elif self._items or (last and self._is_new_paragraph(last, line)):
            self._flush_text()
            self._paragraph.append(line)
        else:
            self._paragraph.append(line)
        self._last = line

    def _is_next_of_heading(self, line: Line, level: int) -> bool:
        if self._heading is None:
            return False
        last, last_level = self._heading
        step = last.base - line.base
        return (
            last_level == level
            and abs(last.size - line.size) <= _SAME_SIZE
            and 0 < step < 1.6 * line.size
            and not _NUMBERING.match(line.text)
        )

    def _heading_level(self, line: Line, following: Item | None) -> int:
        if level := self._outline.get((self._page, normalize(line.text)), 0):
            return level
        level = self._styles.level_of(line)
        if not level or self._styles.is_large(line):
            return level
        last = self._paragraph[-1] if self._paragraph else None
        if last and not self._is_new_paragraph(last, line):
            return 0
        is_alone = not isinstance(following, Line) or not (
            following.is_bold and following.base > line.base - 1.6 * line.size
        )
        item = read_item(line)  # a heading may begin with a number
        return level if is_alone and not (item and item.marker == "-") else 0

    def _is_new_paragraph(self, last: Line, line: Line) -> bool:
        size = self._styles.body
        if abs(last.size - line.size) > _SAME_SIZE or last.is_bold != line.is_bold:
            return True
        step = last.base - line.base
        if step <= 0:  # the next column or page
            return last.text.endswith(_ENDS) or not line.text[0].islower()
        if step > _LOOSE * self._styles.pitch * line.size:
            return True
        is_indented = line.box.x0 - self._left > _INDENT * size
        if is_indented and last.box.x0 - self._left < _INDENT * size / 2:
            return True
        return last.text.endswith(_ENDS) and last.box.x1 - self._left < _SHORT * self._width

    def _is_break(self, last: Line, line: Line) -> bool:
        """Return whether a list may begin after a line of a paragraph."""
        return (
            self._is_new_paragraph(last, line)
            or last.text.endswith(_ENDS)
            or line.box.x0 > last.box.x0 + _INDENT * line.size
        )

    def _is_in_item(self, line: Line) -> bool:
        """Return whether a line continues the last item: it is indented, or close below it."""
        item = self._items[-1]
        step = self._last.base - line.base if self._last else 0.0
        if step <= 0:
            return line.text[0].islower() and not item.lines[-1].endswith(_ENDS)
        if step > _LOOSE * self._styles.pitch * line.size:
            return False
        if line.box.x0 > item.place + 0.3 * line.size:
            return True
        is_full = bool(self._last and self._last.box.x1 - self._left > _SHORT * self._width)
        return is_full and abs(line.box.x0 - item.place) <= 0.3 * line.size

    def _flush(self) -> None:
        self._flush_text()
        self._flush_code()
        self._flush_table()

    def _flush_text(self) -> None:
        self._flush_paragraph()
        if self._items:
            self._blocks.append(to_list(self._items))
            self._items = []

    def _flush_paragraph(self) -> None:
        if self._paragraph:
            text = join_texts([line.text for line in self._paragraph])
            self._blocks.append(Block("text", text))
            self._paragraph = []

    def _flush_code(self) -> None:
        if self._code:
            self._blocks += to_code(self._code)
            self._code = []

    def _flush_table(self) -> None:
        if self._table:
            self._blocks += to_table_block(self._table)
            self._table = []


def _join_cells(above: str, below: str) -> str:
    return join_texts([above, below])
