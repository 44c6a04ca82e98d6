"""Rows of texts as one Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.markdown.blocks import Block
from pipeline.markdown.tables import Cell, to_table


def to_table_block(rows: Sequence[Sequence[str]], has_header: bool | None = None) -> list[Block]:
    """Return rows as a table; without knowledge of the first one, its cells show what it is."""
    if has_header is None:
        has_header = names_columns(rows)
    return to_table(
        [
            [Cell((), _to_text(cell), is_header=has_header and not at) for cell in row]
            for at, row in enumerate(rows)
        ]
    )


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of several rows has only names: all filled, different, no numbers.

    The first cell may be empty, above a column of names.
    """
    if len(rows) < 2 or len(rows[0]) < 2:
        return False
    names = [cell.casefold() for cell in rows[0]]
    filled = names[1:] if not names[0] else names
    return all(any(map(str.isalpha, name)) for name in filled) and len(set(names)) == len(names)


def _to_text(cell: str) -> str:
    return "<br>".join(" ".join(line.split()) for line in cell.strip().splitlines()).replace(
        "|", "\\|"
    )
