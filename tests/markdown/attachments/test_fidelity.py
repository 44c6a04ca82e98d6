"""Documents of many tools: what was written into them is found, in order and in its structure."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.markdown.attachments.content import DOCUMENTS as CONTENTS
from tests.markdown.attachments.content import FOOT, HEAD, Part
from tests.markdown.attachments.reading import DOCUMENTS, convert, share_in_order, words_of

TEXTS = sorted(
    path
    for path in DOCUMENTS.iterdir()
    if path.suffix in (".pdf", ".docx") and path.name.partition(".")[0] in CONTENTS
)
SHEETS = sorted(DOCUMENTS.glob("hosts.*.xlsx"))
SLIDES = sorted(DOCUMENTS.glob("slides.*.pptx"))
# LaTeX writes the numbers of sections, and the fonts at hand have no Cyrillic letters.
BY_LATEX = ("manual.latex.pdf", "inventory.latex.pdf", "article.latex.pdf", "article.groff.pdf")
NUMBER = re.compile(r"^(#+) \d+(?:\.\d+)*\.? ", re.MULTILINE)
LIMITS_TABLE = """\
| Class | Shards | Hours | Owner |
|---|---|---|---|
| bronze | 120 | 1.5 | Anna Weber |
| silver | 480 | 6 | Luis Ortega |
| gold | 1,920 | 22.5 | Mei Tanaka |
| archive | 7,680 | 90 | night shift |"""


def parts_of(path: Path) -> list[Part]:
    parts = CONTENTS[path.name.partition(".")[0]]
    return [part for part in parts if path.name not in BY_LATEX or "узла" not in part.text]


@cache
def text_of(path: Path) -> str:
    text = NUMBER.sub(r"\1 ", convert(path))
    return (
        text.replace("# Ελληνικά\n", "# Ελληνικά και русский\n") if path.name in BY_LATEX else text
    )


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_document_has_what_was_written(path: Path) -> None:
    text, parts = text_of(path), parts_of(path)
    lines = text.split("\n")
    for part in parts:
        if part.kind == "p":
            assert part.text in lines
        elif part.kind == "code":
            is_code = path.name != "manual.htmldocx.docx"  # that tool writes code as plain text
            assert f"```\n{part.text}\n```" in text or not is_code
        elif part.kind == "table":
            rows = [f"| {' | '.join(row)} |" for row in part.rows]
            assert [line for line in lines if line in rows] == rows
        elif part.kind in ("ul", "ol"):
            items = [f"{'-' if part.kind == 'ul' else f'{at}.'} {row[0]}"
                     for at, row in enumerate(part.rows, 1)]  # fmt: skip
            assert "\n".join(items) in text
    headings = [line for line in lines if line.startswith("#")]
    if path.name not in ("article.groff.pdf",):  # whose headings are all of one size
        assert headings == [
            f"{'#' * int(part.kind[1])} {part.text}" for part in parts if part.kind[0] == "h"
        ]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_words_are_in_the_order_in_which_they_were_written(path: Path) -> None:
    parts = parts_of(path)
    written = [
        word
        for part in parts
        for word in words_of(" ".join([part.text, *(cell for row in part.rows for cell in row)]))
    ]
    assert share_in_order(written, words_of(text_of(path))) >= 0.99


@pytest.mark.parametrize(
    "name",
    ["manual.reportlab.pdf", "inventory.reportlab.pdf", "inventory.latex.pdf",
     "manual.weasyprint.pdf", "inventory.libreoffice.pdf", "inventory.python-docx.docx"],
)  # fmt: skip
def test_heads_feet_and_page_numbers_are_no_text(name: str) -> None:
    text = convert(DOCUMENTS / name)
    assert HEAD not in text
    assert FOOT not in text
    assert not re.search(r"^\d+$", text, re.MULTILINE)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_sheet_shows_numbers_and_dates_as_people_see_them(path: Path) -> None:
    assert convert(path) == (
        "# Hosts\n\n"
        "| Host | Owner | Cost | Share | Since |\n|---|---|---|---|---|\n"
        "| db-1 | Anna | 1,234.50 € | 25.0% | 2026-03-01 |\n"
        "| db-2 | Νίκος | 99.00 € | 50.0% | 2025-12-24 |\n"
        "| db-3 | Мария | 0.30 € | 12.5% | 2024-02-29 |"
    )


@pytest.mark.parametrize("tool", ["openpyxl", "libreoffice"])
def test_hidden_sheets_rows_and_columns_are_left_out(tool: str) -> None:
    text = convert(DOCUMENTS / f"hidden.{tool}.xlsx")
    assert text == (
        "# Hosts\n\n| Host | Cost | Share | Since |\n|---|---|---|---|\n"
        "| db-1 | 1,234.50 € | 25.0% | 2026-03-01 |\n"
        "| db-3 | 0.30 € | 12.5% | 2024-02-29 |"
    )


@pytest.mark.parametrize(
    ("name", "above"),
    [("manual.openpyxl.xlsx", "# Sheet\n\nA title above the table\n\n"),
     ("manual.libreoffice.xlsx", "# manual\n\n")],
)  # fmt: skip
def test_a_table_on_a_sheet_has_its_title_above_it(name: str, above: str) -> None:
    assert convert(DOCUMENTS / name) == above + LIMITS_TABLE


@pytest.mark.parametrize("tool", ["openpyxl", "libreoffice"])
def test_a_sheet_has_every_row(tool: str) -> None:
    rows = next(part.rows for part in CONTENTS["inventory"] if part.kind == "table")
    lines = convert(DOCUMENTS / f"inventory.{tool}.xlsx").split("\n")
    expected = [f"| {' | '.join(row)} |" for row in rows]
    assert [line for line in lines if line in expected] == expected


@pytest.mark.parametrize("path", SLIDES, ids=lambda path: path.name)
def test_slides_are_sections_in_order_with_their_notes(path: Path) -> None:
    text = convert(path)
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert headings == ["# Storage in 2026", "# Ελληνικά", "# Plan", "# Limits by class"]
    assert words_of(text.partition("# Ελληνικά")[0]) == words_of(
        "Storage in 2026 Three zones Two copies of each shard One team Notes: Speak slowly here."
    )
    assert "Κόμβος" in text
    assert "**Notes:** Ask for questions." in text
    assert LIMITS_TABLE in text
    assert "Hidden words" not in text
