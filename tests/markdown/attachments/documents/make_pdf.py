"""PDF documents by reportlab, fpdf2, WeasyPrint, wkhtmltopdf, LaTeX, groff and LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from markup import to_html, to_latex

from tests.markdown.attachments.content import ARTICLE, FOOT, HEAD, INVENTORY, MANUAL, Part

FONTS = "/usr/share/fonts/truetype/dejavu"


def make(folder: Path, work: Path) -> None:
    """Write all PDF documents into the folder."""
    by_reportlab(MANUAL, folder / "manual.reportlab.pdf", columns=1)
    by_reportlab(ARTICLE, folder / "article.reportlab.pdf", columns=2)
    by_reportlab(INVENTORY, folder / "inventory.reportlab.pdf", columns=1)
    by_fpdf(MANUAL, folder / "manual.fpdf2.pdf")
    by_weasyprint(MANUAL, folder / "manual.weasyprint.pdf")
    by_weasyprint(ARTICLE, folder / "article.weasyprint.pdf", "body { columns: 2 }")
    by_wkhtmltopdf(MANUAL, folder / "manual.wkhtmltopdf.pdf", work)
    by_wkhtmltopdf(INVENTORY, folder / "inventory.wkhtmltopdf.pdf", work)
    by_latex(MANUAL, folder / "manual.latex.pdf", work, "")
    by_latex(ARTICLE, folder / "article.latex.pdf", work, "twocolumn")
    by_latex(INVENTORY, folder / "inventory.latex.pdf", work, "")
    by_groff(ARTICLE, folder / "article.groff.pdf")
    by_libreoffice(MANUAL, folder / "manual.libreoffice.pdf", work)
    by_libreoffice(INVENTORY, folder / "inventory.libreoffice.pdf", work)
    make_encrypted(folder / "article.groff.pdf", folder / "encrypted.pdf")


def by_reportlab(parts: tuple[Part, ...], path: Path, columns: int) -> None:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import (
        BaseDocTemplate,
        Frame,
        ListFlowable,
        ListItem,
        PageTemplate,
        Paragraph,
        Preformatted,
        Spacer,
        Table,
        TableStyle,
    )  # fmt: skip

    for name in ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"):
        pdfmetrics.registerFont(TTFont(name, f"{FONTS}/{name}.ttf"))
    body = ParagraphStyle("body", fontName="DejaVuSans", fontSize=9, leading=12, spaceAfter=6)
    styles = {
        "p": body,
        "h1": ParagraphStyle("h1", fontName="DejaVuSans-Bold", fontSize=16, leading=20,
                             spaceAfter=8),
        "h2": ParagraphStyle("h2", fontName="DejaVuSans-Bold", fontSize=12, leading=15,
                             spaceBefore=8, spaceAfter=5),
    }  # fmt: skip
    flow: list[object] = []
    for part in parts:
        if part.kind in styles:
            flow.append(Paragraph(part.text, styles[part.kind]))
        elif part.kind in ("ul", "ol"):
            items = [ListItem(Paragraph(row[0], body)) for row in part.rows]
            kind = (
                {"bulletType": "bullet", "start": "•"} if part.kind == "ul" else {"bulletType": "1"}
            )
            flow.append(ListFlowable(items, **kind))
        elif part.kind == "code":
            code = ParagraphStyle("code", fontName="DejaVuSansMono", fontSize=8, leading=10)
            flow += [Preformatted(part.text, code), Spacer(1, 8)]
        else:
            rows = [[Paragraph(cell, body) for cell in row] for row in part.rows]
            grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
            flow.append(Table(rows, style=grid, repeatRows=1))

    def frame(canvas: object, document: object) -> None:
        canvas.setFont("DejaVuSans", 7)  # type: ignore[attr-defined]
        canvas.drawString(60, 810, HEAD)  # type: ignore[attr-defined]
        canvas.drawString(60, 25, f"{FOOT} | page {document.page}")  # type: ignore[attr-defined]

    width, height = A4
    wide = (width - 120 - 20 * (columns - 1)) / columns
    # Pages are short, so that each document has several.
    frames = [Frame(60 + at * (wide + 20), height - 440, wide, 380) for at in range(columns)]
    document = BaseDocTemplate(str(path), pagesize=A4)
    document.addPageTemplates([PageTemplate(frames=frames, onPage=frame)])
    document.build(flow)


def by_fpdf(parts: tuple[Part, ...], path: Path) -> None:
    from fpdf import FPDF
    from fpdf.fonts import FontFace

    class Document(FPDF):
        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("DejaVu", size=7)
            self.cell(0, 10, f"{self.page_no()}/{{nb}}", align="C")

    pdf = Document(format="A5")
    pdf.add_font("DejaVu", "", f"{FONTS}/DejaVuSerif.ttf")
    pdf.add_font("DejaVu", "B", f"{FONTS}/DejaVuSerif-Bold.ttf")
    pdf.add_font("Mono", "", f"{FONTS}/DejaVuSansMono.ttf")
    pdf.add_page()
    for part in parts:
        pdf.set_font("DejaVu", size=10)
        if part.kind in ("h1", "h2"):
            pdf.set_font("DejaVu", "B", 17 if part.kind == "h1" else 13)
            pdf.multi_cell(0, 9, part.text, new_x="LMARGIN", new_y="NEXT", align="L")
        elif part.kind == "p":
            pdf.multi_cell(0, 5, part.text, new_x="LMARGIN", new_y="NEXT", align="J")
            pdf.ln(2)
        elif part.kind in ("ul", "ol"):
            for number, (text,) in enumerate(part.rows, 1):
                pdf.cell(8, 5, "–" if part.kind == "ul" else f"{number}.")
                pdf.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT", align="L")
            pdf.ln(2)
        elif part.kind == "code":
            pdf.set_font("Mono", size=8)
            pdf.multi_cell(0, 4, part.text, new_x="LMARGIN", new_y="NEXT", align="L")
            pdf.ln(2)
        else:
            with pdf.table(
                borders_layout="SINGLE_TOP_LINE", headings_style=FontFace(emphasis="BOLD")
            ) as table:
                for row in part.rows:
                    table.row(row)
    pdf.output(str(path))


def by_weasyprint(parts: tuple[Part, ...], path: Path, style: str = "") -> None:
    from weasyprint import HTML

    page = (
        f"@page {{ size: A5; @top-left {{ content: '{HEAD}'; font-size: 7pt }} "
        "@bottom-center { content: counter(page); font-size: 8pt } } "
        "body { font: 9pt DejaVu Sans; hyphens: auto } "
        "h1 { font-size: 15pt } h2 { font-size: 12pt } "
        "td, th { border: 1px solid; padding: 2pt } "
        "pre { font-family: DejaVu Sans Mono; font-size: 7pt }"
    )
    HTML(string=to_html(parts, f"<style>{page}{style}</style>")).write_pdf(str(path))


def by_wkhtmltopdf(parts: tuple[Part, ...], path: Path, work: Path) -> None:
    source = work / "page.html"
    border = "border: 1px solid;" if parts is INVENTORY else ""
    style = (
        "<style>body {font-family: DejaVu Serif} "
        f"th, td {{{border} text-align: left; padding-right: 20px}}</style>"
    )
    source.write_text(to_html(parts, style), "utf-8")
    subprocess.run(
        ["wkhtmltopdf", "-q", "-s", "A5", "--footer-right", "[page] of [topage]",
         "--header-left", HEAD, "--header-font-size", "7", source, path],
        check=True, env={"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin", "HOME": str(work)},
    )  # fmt: skip


def by_latex(parts: tuple[Part, ...], path: Path, work: Path, options: str) -> None:
    (work / "article.tex").write_text(to_latex(parts, options), "utf-8")
    for _ in range(2):
        subprocess.run(["pdflatex", "-interaction=batchmode", "article.tex"], cwd=work, check=False,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    shutil.copy(work / "article.pdf", path)


def by_groff(parts: tuple[Part, ...], path: Path) -> None:
    lines = [".nr PS 11", ".ds CH Draft of the handbook", ".2C"]
    for part in parts:
        if part.kind in ("h1", "h2"):
            lines += [f".NH {part.kind[1]}", part.text]
        else:
            lines += [".PP", part.text]
    source = "\n".join(lines)
    with path.open("wb") as file:
        subprocess.run(["groff", "-Tpdf", "-ms"], input=source.encode(), stdout=file, check=True)


def by_libreoffice(parts: tuple[Part, ...], path: Path, work: Path) -> None:
    from make_office import by_python_docx, convert

    source = work / f"{path.stem}.docx"
    by_python_docx(parts, source)
    convert(source, "pdf", path.parent, work)


def make_encrypted(source: Path, path: Path) -> None:
    """Encrypt a document with a password."""
    import pikepdf

    with pikepdf.open(source) as document:
        document.save(path, encryption=pikepdf.Encryption(owner="owner", user="user"))
