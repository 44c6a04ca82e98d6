"""Tables as GitHub's Markdown writes them: one header row, spans filled in, no padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.blocks import Block, to_line

Row = list["Cell"]
Lines = list[list[str]]


class Cell(NamedTuple):
    """A cell's blocks, and its text on one line."""

    blocks: Sequence[Block]
    text: str
    colspan: int = 1
    rowspan: int = 1
    is_header: bool = False


def to_cell_text(blocks: Sequence[Block]) -> str:
    """Blocks on one line: `<br>` between them, `|` escaped."""
    if len(blocks) == 1 and blocks[0].kind == "text" and "\n" not in blocks[0].text:
        return blocks[0].text.replace("|", "\\|")
    parts = [block.cells or to_line(block).text for block in blocks if block.kind != "rule"]
    return "<br>".join(parts).replace("\n", "<br>").replace("|", "\\|")


def to_table(rows: Sequence[Row]) -> list[Block]:
    """A table's rows as one block; a table that only frames its content gives that content."""
    rows = [row for row in rows if any(cell.text for cell in row)]
    if not rows:
        return []
    if _is_frame(rows):
        return [block for row in rows for cell in row for block in cell.blocks]
    is_group_header = (
        len(rows) > 2
        and _is_header(rows[0])
        and _is_header(rows[1])
        and any(1 < cell.colspan < len(rows[1]) + len(rows[0]) for cell in rows[0])
    )
    lines = _fill(rows)
    width = max(map(len, lines))
    has_headers = any(cell.is_header for row in rows for cell in row)
    if is_group_header:
        header, body = _merge(lines[0], lines[1]), lines[2:]
    elif _is_header(rows[0]) or not has_headers:
        header, body = lines[0], lines[1:]
    else:
        header, body = [""] * width, lines
    header = [_unbold(text) for text in header] + [""] * (width - len(header))
    marked = [_to_line(header), "|" + "---|" * width, *map(_to_line, body)]
    in_cell = "<br>".join(" · ".join(filter(None, line)) for line in (header, *body) if any(line))
    return [Block("table", "\n".join(marked), cells=in_cell.replace("\\|", "|"))]


def _is_frame(rows: Sequence[Row]) -> bool:
    """One cell, or one column that holds more than lines of text: a box drawn with a table."""
    if any(len(row) > 1 for row in rows):
        return False
    if len(rows) == 1:
        return True
    return any(
        block.kind not in ("text", "title") for row in rows for cell in row for block in cell.blocks
    )


def _is_header(row: Row) -> bool:
    return all(cell.is_header for cell in row)


def _to_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _unbold(text: str) -> str:
    """A header is bold by itself."""
    if text.startswith("**") and text.endswith("**") and "**" not in text[2:-2]:
        return text[2:-2]
    return text


def _merge(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Two header rows as one: the group's name stands before the column's."""
    names = []
    for at in range(max(len(upper), len(lower))):
        group = upper[at] if at < len(upper) else ""
        name = lower[at] if at < len(lower) else ""
        names.append(": ".join(filter(None, (group, name))) if group != name else name)
    return names


def _fill(rows: Sequence[Row]) -> Lines:
    """The grid, every span's text repeated where it reaches.

    A cell as wide as the table is a title between the rows and stands once. What spans may add
    is bounded by the cells there are: `rowspan="65534"` in a long table adds nothing absurd.
    """
    cell_count = sum(map(len, rows))
    budget = 4 * cell_count + 1_000
    widest = max(sum(min(cell.colspan, cell_count) for cell in row) for row in rows)
    lines: Lines = []
    pending: dict[int, tuple[int, str]] = {}  # column → rows still to come, text
    for row in rows:
        line: list[str] = []
        coming: dict[int, tuple[int, str]] = {}

        def carry(line: list[str] = line, coming: dict[int, tuple[int, str]] = coming) -> None:
            nonlocal budget
            while (span := pending.pop(len(line), None)) and budget > 0:
                if span[0] > 1:
                    coming[len(line)] = (span[0] - 1, span[1])
                line.append(span[1])
                budget -= 1

        for cell in row:
            carry()
            is_title = len(row) == 1 and cell.colspan >= widest
            for at in range(min(cell.colspan, max(1, min(widest, budget)))):
                if cell.rowspan > 1:
                    coming[len(line)] = (cell.rowspan - 1, cell.text)
                line.append("" if is_title and at else cell.text)
                budget -= at > 0
                if at + 1 < cell.colspan and len(line) in pending:
                    break
        carry()
        while pending and budget > 0 and (later := [at for at in pending if at > len(line)]):
            line.extend([""] * (min(later) - len(line)))
            carry()
        pending = coming
        lines.append(line)
    width = max(map(len, lines))
    for line in lines:
        missing = min(width - len(line), max(0, budget))
        line.extend([""] * missing)
        budget -= missing
    return lines
