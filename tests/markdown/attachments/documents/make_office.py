"""Word, Excel and PowerPoint documents by their libraries, pandoc and LibreOffice."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from pathlib import Path

from markup import to_html, to_markdown

from tests.markdown.attachments.content import ARTICLE, FOOT, HEAD, INVENTORY, MANUAL, Part

SHEET = (("Host", "Owner", "Cost", "Share", "Since"),
         ("db-1", "Anna", 1234.5, 0.25, datetime.date(2026, 3, 1)),
         ("db-2", "Νίκος", 99.0, 0.5, datetime.date(2025, 12, 24)),
         ("db-3", "Мария", 0.1 + 0.2, 0.125, datetime.date(2024, 2, 29)))  # fmt: skip
SLIDES = (
    ("Storage in 2026", ("Three zones", "Two copies of each shard", "One team"),
     "Speak slowly here."),
    ("Ελληνικά", ("Κόμβος", "Ζώνη"), ""),
    ("Plan", ("Move the large shards first", "Then the small ones"), "Ask for questions."),
)  # fmt: skip


def convert(source: Path, kind: str, folder: Path, work: Path) -> None:
    """Convert a file by LibreOffice."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{work}/profile", "--headless",
         "--convert-to", kind, "--outdir", folder, source],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def pandoc(parts: tuple[Part, ...], path: Path) -> None:
    """Make a document by pandoc."""
    subprocess.run(
        ["pandoc", "-f", "markdown", "-o", path], input=to_markdown(parts).encode(), check=True
    )


def by_python_docx(parts: tuple[Part, ...], path: Path) -> None:
    """Make a Word document with a head, a foot and page numbers."""
    import docx
    from docx.shared import Pt

    document = docx.Document()
    code = document.styles.add_style("Code", 1)
    code.font.name, code.font.size = "DejaVu Sans Mono", Pt(9)
    document.sections[0].header.paragraphs[0].text = HEAD
    document.sections[0].footer.paragraphs[0].text = FOOT
    for part in parts:
        if part.kind in ("h1", "h2"):
            document.add_heading(part.text, int(part.kind[1]))
        elif part.kind == "code":
            for line in part.text.split("\n"):
                document.add_paragraph(line, "Code")
        elif part.kind in ("ul", "ol"):
            style = "List Bullet" if part.kind == "ul" else "List Number"
            for row in part.rows:
                document.add_paragraph(row[0], style)
        elif part.kind == "table":
            table = document.add_table(0, len(part.rows[0]), "Table Grid")
            for row in part.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(part.text)
    document.save(str(path))


def make_docx(folder: Path, work: Path) -> None:
    """Write all Word documents into the folder."""
    from htmldocx import HtmlToDocx

    for name, parts in (("manual", MANUAL), ("article", ARTICLE), ("inventory", INVENTORY)):
        by_python_docx(parts, folder / f"{name}.python-docx.docx")
        pandoc(parts, folder / f"{name}.pandoc.docx")
        shutil.copy(folder / f"{name}.pandoc.docx", work / f"{name}.libreoffice.docx")
        convert(work / f"{name}.libreoffice.docx", "odt", work, work)
        convert(work / f"{name}.libreoffice.odt", "docx", folder, work)
    converter = HtmlToDocx()
    (work / "manual.htmldocx.html").write_text(to_html(MANUAL), "utf-8")
    converter.parse_html_file(str(work / "manual.htmldocx.html"), str(folder / "manual.htmldocx"))
    shutil.copy(folder / "manual.python-docx.docx", work / "manual.resaved.docx")
    convert(work / "manual.resaved.docx", "docx", folder, work)


def make_xlsx(folder: Path, work: Path) -> None:
    """Write all Excel documents into the folder."""
    import openpyxl
    import xlsxwriter

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Hosts"
    for row in SHEET:
        sheet.append(row)
    for row in sheet.iter_rows(min_row=2):
        row[2].number_format, row[3].number_format = "#,##0.00 €", "0.0%"
    book.save(folder / "hosts.openpyxl.xlsx")
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    for name, state in (("Secret", "hidden"), ("Deep", "veryHidden")):
        book.create_sheet(name).append(["hidden", "words"])
        book[name].sheet_state = state
    book.save(folder / "hidden.openpyxl.xlsx")
    shutil.copy(folder / "hosts.openpyxl.xlsx", work / "hosts.libreoffice.xlsx")
    convert(work / "hosts.libreoffice.xlsx", "ods", work, work)
    convert(work / "hosts.libreoffice.ods", "xlsx", folder, work)
    shutil.copy(folder / "hidden.openpyxl.xlsx", work / "hidden.libreoffice.xlsx")
    convert(work / "hidden.libreoffice.xlsx", "ods", work, work)
    convert(work / "hidden.libreoffice.ods", "xlsx", folder, work)
    for name, options in (("hosts.xlsxwriter", {}), ("hosts.stream", {"constant_memory": True}),
                          ("hosts.1904", {"date_1904": True})):  # fmt: skip
        with xlsxwriter.Workbook(str(folder / f"{name}.xlsx"), options) as written:
            page = written.add_worksheet("Hosts")
            formats = [None, None, written.add_format({"num_format": "#,##0.00 €"}),
                       written.add_format({"num_format": "0.0%"}),
                       written.add_format({"num_format": "yyyy-mm-dd"})]  # fmt: skip
            for at, row in enumerate(SHEET):
                for column, value in enumerate(row):
                    write = page.write_datetime if isinstance(value, datetime.date) else page.write
                    write(at, column, value, formats[column] if at else None)
    for name, parts in (("inventory", INVENTORY), ("manual", MANUAL)):
        rows = next(part.rows for part in parts if part.kind == "table")
        book = openpyxl.Workbook()
        for at, row in enumerate(rows):  # away from the first cell, below a title
            for column, cell in enumerate(row):
                book.active.cell(at + 5, column + 3, cell)
        book.active["C2"] = "A title above the table"
        book.save(folder / f"{name}.openpyxl.xlsx")
        (work / f"{name}.csv").write_text("\n".join(";".join(row) for row in rows), "utf-8")
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{work}/profile", "--headless",
             "--infilter=CSV:59,34,76,1,1/2/2/2/3/2/4/2", "--convert-to", "xlsx",
             "--outdir", folder, work / f"{name}.csv"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        (folder / f"{name}.xlsx").rename(folder / f"{name}.libreoffice.xlsx")


def by_python_pptx(path: Path, layout: int = 1, is_grouped: bool = False) -> None:
    """Make slides with notes and a table; the last one is hidden."""
    import pptx
    from pptx.util import Inches

    show = pptx.Presentation()
    for title, items, notes in SLIDES:
        slide = show.slides.add_slide(show.slide_layouts[layout])
        if slide.shapes.title is not None:
            slide.shapes.title.text = title
        if is_grouped:
            group = slide.shapes.add_group_shape()
            boxes = [group.shapes.add_textbox(Inches(1), Inches(at + 1), Inches(4), Inches(1))
                     for at in range(len(items))]  # fmt: skip
            for box, text in zip(boxes, items, strict=True):
                box.text_frame.text = text
        else:
            frame = slide.placeholders[1].text_frame
            frame.text = items[0]
            for text in items[1:]:
                paragraph = frame.add_paragraph()
                paragraph.text, paragraph.level = text, 1
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    rows = next(part.rows for part in MANUAL if part.kind == "table")
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Limits by class"
    shape = slide.shapes.add_table(
        len(rows), len(rows[0]), Inches(1), Inches(2), Inches(8), Inches(3)
    )
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            shape.table.cell(at, column).text = text
    hidden = show.slides.add_slide(show.slide_layouts[1])
    hidden.shapes.title.text = "Hidden words"
    hidden._element.set("show", "0")
    show.save(str(path))


def make_pptx(folder: Path, work: Path) -> None:
    """Write all PowerPoint documents into the folder."""
    by_python_pptx(folder / "slides.python-pptx.pptx")
    by_python_pptx(folder / "slides.two-content.pptx", layout=3)
    by_python_pptx(folder / "slides.comparison.pptx", layout=4)
    by_python_pptx(folder / "slides.grouped.pptx", layout=5, is_grouped=True)
    for name in ("python-pptx", "two-content", "comparison", "grouped"):
        shutil.copy(folder / f"slides.{name}.pptx", work / f"slides.{name}-libreoffice.pptx")
        convert(work / f"slides.{name}-libreoffice.pptx", "odp", work, work)
        convert(work / f"slides.{name}-libreoffice.odp", "pptx", folder, work)
    text = "".join(
        f"# {title}\n\n"
        + "".join(f"- {item}\n" for item in items)
        + (f"\n::: notes\n{notes}\n:::\n\n" if notes else "\n")
        for title, items, notes in SLIDES
    )
    rows = to_markdown(tuple(part for part in MANUAL if part.kind == "table"))
    column = ":::: column\n\n{}\n\n::::\n\n"
    columns = f"::: columns\n\n{column.format(rows)}{column.format('Beside')}:::\n"
    for name, last in (("pandoc", rows), ("pandoc-columns", columns)):
        source = f"{text}# Limits by class\n\n{last}"
        subprocess.run(["pandoc", "-f", "markdown", "-o", folder / f"slides.{name}.pptx"],
                       input=source.encode(), check=True)  # fmt: skip
