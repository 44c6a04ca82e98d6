"""Tables as GitHub's Markdown writes them: one header row, spans filled in, no padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.markdown.blocks import Block, heading_as_text
from pipeline.markdown.marks import emphasize, to_code_span
from pipeline.markdown.styles import colour_of
from pipeline.markdown.tree import Element, classes_of

_MAX_COLSPAN = 50
_LAYOUTS = frozenset(("sectionMacro", "contentLayoutTable"))


class Cell(NamedTuple):
    """A cell's text on one line, and its blocks where they are more than that line."""

    blocks: Sequence[Block]  # empty for a plain line: long tables have a million cells
    text: str
    colspan: int = 1
    rowspan: int = 1
    is_header: bool = False

    def to_blocks(self) -> Sequence[Block]:
        """Return the blocks; a plain line as a paragraph."""
        if self.blocks or not self.text:
            return self.blocks
        return [Block("text", self.text.replace("\\|", "|"))]


TableRow = list[Cell]


def is_layout(table: Element) -> bool:
    """Return whether a table only puts columns side by side."""
    return not _LAYOUTS.isdisjoint(classes_of(table))


def to_cell(element: Element, blocks: Sequence[Block]) -> Cell:
    """Return a `td` or `th` as a cell; one without words by its colour, which may be all it has."""
    row = element.getparent()
    group = row.getparent() if row is not None else None
    is_header = element.tag == "th" or (group is not None and group.tag == "thead")
    spans = _span(element, "colspan"), _span(element, "rowspan")
    is_line = len(blocks) == 1 and blocks[0].kind == "text" and "\n" not in blocks[0].text
    text = blocks[0].text if is_line else ""
    if (is_line or not blocks) and (colour := colour_of(element, text)):
        return Cell((), f"{text} ({colour})".lstrip(), *spans, is_header)
    if is_line:
        return Cell((), _escape(text), *spans, is_header)
    return Cell(blocks, _to_cell_text(blocks), *spans, is_header)


def _span(element: Element, name: str) -> int:
    value = (element.get(name) or "").strip()
    return max(1, int(value[:6])) if value.isascii() and value.isdigit() else 1


def _to_cell_text(blocks: Sequence[Block]) -> str:
    """Join blocks on one line, `<br>` between them."""
    lines = "\n".join(_in_cell(block) for block in blocks if block.kind != "rule")
    return _escape(lines.replace("\n", "<br>"))


def _escape(line: str) -> str:
    return line.replace("|", "\\|")


def _in_cell(block: Block) -> str:
    """Return a block's lines in a cell: a fence as code spans, a table as text."""
    if block.kind == "code":
        code = block.text.split("\n")[1:-1]
        return "\n".join(to_code_span(line) for line in code if line.strip())
    return block.plain or heading_as_text(block).text


def to_table(rows: Sequence[TableRow]) -> list[Block]:
    """Return a table as one block; of a table that only frames its content, that content."""
    rows = [row for row in rows if any(cell.text for cell in row)]
    if not rows:
        return []
    if _is_frame(rows):
        return [block for row in rows for cell in row for block in cell.to_blocks()]
    title: list[Block] = []
    if len(rows) > 1 and len(rows[0]) == 1 and rows[0][0].colspan > 1:
        title = [_to_title(block) for block in rows[0][0].to_blocks()]
        rows = rows[1:]
    header, body = _split_header(rows)
    header = [_unbold(text) for text in header]
    lines = [_join_cells(header), "|" + "---|" * len(header), *map(_join_cells, body)]
    plain = "\n".join(" · ".join(filter(None, line)) for line in (header, *body) if any(line))
    return [*title, Block("table", "\n".join(lines), plain=plain.replace("\\|", "|"))]


def _to_title(block: Block) -> Block:
    """Return a block of the table's title, a first row of one wide cell, in bold."""
    if block.kind != "text" or block.text.startswith("**"):
        return block
    return Block("text", emphasize(block.text, "**"))


def _split_header(rows: Sequence[TableRow]) -> tuple[list[str], list[list[str]]]:
    """Return the header row and the other rows, all of one width.

    Two header rows, of which the upper names groups of columns, become one. A table whose first
    row has no header cells, or only the first one of a column of them, has an empty header row.
    """
    lines = _fill(rows)
    is_header = [all(cell.is_header for cell in row) for row in rows[:2]]
    if len(rows) > 2 and all(is_header) and any(cell.colspan > 1 for cell in rows[0]):
        pairs = zip(lines[0], lines[1], strict=False)
        merged = [name if group in ("", name) else f"{group}: {name}" for group, name in pairs]
        return merged, lines[2:]
    if _has_header_row(rows):
        return lines[0], lines[1:]
    return [""] * len(lines[0]), lines


def _has_header_row(rows: Sequence[TableRow]) -> bool:
    """Return whether the first row names the columns: by header cells, or all in bold."""
    first = rows[0]
    if all(cell.is_header or _unbold(cell.text) != cell.text or not cell.text for cell in first):
        return True
    is_column = all(row[:1] and row[0].is_header for row in rows)
    return any(cell.is_header for cell in first) and not is_column


def _is_frame(rows: Sequence[TableRow]) -> bool:
    """Return whether a table is a box: one cell, or one column with more than lines of text."""
    if any(len(row) > 1 for row in rows):
        return False
    kinds = {block.kind for row in rows for cell in row for block in cell.to_blocks()}
    return len(rows) == 1 or not kinds <= {"text"}


def _join_cells(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _unbold(text: str) -> str:
    """Return a header cell without a mark: a header is bold by itself."""
    if text.startswith("**") and text.endswith("**") and "**" not in text[2:-2]:
        return text[2:-2]
    return text


def _fill(rows: Sequence[TableRow]) -> list[list[str]]:
    """Return the grid of texts, with a span's text in every row that it covers.

    A header cell of the first two rows has it in every column too, any other in its first one.
    What spans add is limited by the number of cells, so that `rowspan="65534"` in a long table
    stays linear.
    """
    widths = (sum(_columns(cell) for cell in row) for row in rows if len(row) > 1)
    widest = max(widths, default=1)
    budget = 4 * sum(map(len, rows)) + 1_000
    lines: list[list[str]] = []
    reaching: dict[int, tuple[int, str]] = {}  # column → rows still to fill, text
    for number, row in enumerate(rows):
        names_columns = number < 2 and len(row) > 1
        line: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        cells = iter(row)
        while True:
            column = len(line)
            if column in reaching and budget > 0:
                left, text = reaching.pop(column)
                if left > 1:
                    below[column] = (left - 1, text)
                line.append(text)
                budget -= 1
            elif cell := next(cells, None):
                width = min(_columns(cell), widest, max(1, budget))
                for at in range(column, column + width):
                    if at in reaching and at > column:
                        break
                    text = cell.text if at == column or (cell.is_header and names_columns) else ""
                    if cell.rowspan > 1:
                        below[at] = (cell.rowspan - 1, text)
                    line.append(text)
                    budget -= at > column
            elif reaching and budget > 0:
                line.append("")
                budget -= 1
            else:
                break
        reaching = below
        lines.append(line)
    width = max(map(len, lines))
    for line in lines:
        missing = max(0, min(width - len(line), budget))
        line.extend([""] * missing)
        budget -= missing
    lines[0] += [""] * (width - len(lines[0]))
    return lines


def _columns(cell: Cell) -> int:
    return min(cell.colspan, _MAX_COLSPAN)
