"""The settings as people read them: rows for the README, `.env.example` and `--help`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.settings.table import ProgramName, SettingRow, list_rows


class ReferenceRow(NamedTuple):
    """A setting in the documentation: the variable, its default in words, its meaning."""

    name: str
    default: str
    meaning: str


def describe(program_name: ProgramName | None = None) -> Iterator[ReferenceRow]:
    """Yield the settings of one program or of all, in the order of the table."""
    for field, row in list_rows():
        if program_name is None or program_name in row.programs:
            yield ReferenceRow(field.upper(), _to_default(row), row.meaning)


def to_help(program_name: ProgramName, about: str) -> str:
    """Return what `--help` prints: the program's docstring and its settings."""
    rows = list(describe(program_name))
    width = max(len(row.name) for row in rows)
    lines = [
        f"  {row.name:<{width}}  {row.meaning}" + (f" [{row.default}]" if row.default else "")
        for row in rows
    ]
    return "\n".join([about.strip(), "", "It takes no arguments. Its settings:", *lines])


def _to_default(row: SettingRow) -> str:
    if row.shown is not None:
        return row.shown
    if row.required_by == row.programs:
        return "required"
    return row.default
