"""What a PDF's page shows, and how its text is read; each page is written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.markdown.attachments import NoTextError
from tests.markdown.attachments.hostile_files import FONT, to_pages, to_pdf, to_stream
from tests.markdown.attachments.reading import convert


def at(x: int, y: int, text: str, size: int = 10) -> str:
    """Return the operators that show a text at a place."""
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET "


def text_of(folder: Path, *pages: str, rotation: int = 0) -> str:
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        FONT,
    ]
    for number, content in enumerate(pages):
        page = (
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * number} 0 R /Rotate {rotation} "
            "/MediaBox [0 0 612 792] /Resources << /Font << /F 3 0 R >> >> >>"
        )
        objects += [page.encode(), to_stream(content.encode("latin-1"))]
    path = folder / "a.pdf"
    path.write_bytes(to_pdf(objects))
    return convert(path)


def test_a_divided_word_is_one_word_and_a_compound_keeps_its_hyphen(tmp_path: Path) -> None:
    page = at(72, 700, "The hand-") + at(72, 688, "book of 2026-") + at(72, 676, "03 is new")
    assert text_of(tmp_path, page) == "The handbook of 2026-03 is new"


def test_a_paragraph_continues_on_the_next_page(tmp_path: Path) -> None:
    pages = (at(72, 700, "Before the node is"), at(72, 700, "switched off, wait."))
    assert text_of(tmp_path, *pages) == "Before the node is switched off, wait."


def test_page_numbers_and_heads_are_dropped_and_chapter_numbers_are_not(tmp_path: Path) -> None:
    pages = [
        at(72, 760, "Handbook, part of", 8) + at(72, 700, f"{number * 3} Chapter", 18)
        + at(72, 660, f"Text of the chapter, {number * 7}.") + at(300, 30, f"{number + 10}", 8)
        for number in range(1, 5)
    ]  # fmt: skip
    assert text_of(tmp_path, *pages) == "\n\n".join(
        f"# {number * 3} Chapter\n\nText of the chapter, {number * 7}." for number in range(1, 5)
    )


def test_text_that_is_turned_with_its_page_is_read(tmp_path: Path) -> None:
    lines = ((300, "Wide table"), (312, "of hosts"))
    page = "".join(f"BT /F 10 Tf 0 1 -1 0 {x} 100 Tm ({text}) Tj ET " for x, text in lines)
    assert text_of(tmp_path, page, rotation=90) == "Wide table of hosts"


@pytest.mark.parametrize(
    "hidden",
    ["1 1 1 rg " + at(72, 600, "hidden words") + "0 g ", "3 Tr " + at(72, 600, "hidden") + "0 Tr ",
     at(72, 900, "hidden beyond the edge"), at(72, 600, "hidden", 0)],
    ids=["white", "not painted", "beyond the edge", "without size"],
)  # fmt: skip
def test_text_that_no_reader_sees_is_left_out(hidden: str, tmp_path: Path) -> None:
    assert text_of(tmp_path, hidden + at(72, 700, "Seen words")) == "Seen words"


def test_white_text_on_a_dark_area_is_read(tmp_path: Path) -> None:
    page = "0 0 0.5 rg 60 590 300 30 re f 1 1 1 rg " + at(72, 600, "White words")
    assert text_of(tmp_path, page) == "White words"


def test_a_table_without_lines_has_its_cells(tmp_path: Path) -> None:
    rows = (("Name", "Nodes", "Zone"), ("alpha", "12", "north"), ("beta", "7", "south"))
    page = "".join(
        at(72 + 120 * column, 700 - 14 * row, cell)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )
    assert text_of(tmp_path, page) == (
        "| Name | Nodes | Zone |\n|---|---|---|\n| alpha | 12 | north |\n| beta | 7 | south |"
    )


def test_bold_signs_of_markdown_and_marks_are_no_structure(tmp_path: Path) -> None:
    page = at(72, 700, "# no heading here.") + at(72, 660, "A | B")
    assert text_of(tmp_path, page) == "\\# no heading here.\n\nA | B"


def test_a_scan_without_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(to_pages(3, b"q 600 0 0 700 0 0 cm Q"))
    with pytest.raises(NoTextError, match="none of its 3 pages has text"):
        convert(path)


def test_two_tables_of_one_page_stay_apart_and_one_of_two_pages_is_one(tmp_path: Path) -> None:
    def table(top: int, *rows: tuple[str, str]) -> str:
        return "".join(
            at(72 + 120 * column, top - 14 * row, cell)
            for row, cells in enumerate(rows)
            for column, cell in enumerate(cells)
        )

    pages = (
        table(700, ("Name", "Zone"), ("alpha", "north")) + table(500, ("Disk", "Size"), ("a", "1")),
        table(700, ("Disk", "Size"), ("b", "2")),
    )
    assert text_of(tmp_path, *pages) == (
        "| Name | Zone |\n|---|---|\n| alpha | north |\n\n"
        "| Disk | Size |\n|---|---|\n| a | 1 |\n| b | 2 |"
    )
