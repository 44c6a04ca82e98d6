"""Small files of each kind that is read, made by code: as little as their readers need."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

_OFFICE = "http://schemas.openxmlformats.org"
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"
_WORD, _SHEET = f"{_OFFICE}/wordprocessingml/2006/main", f"{_OFFICE}/spreadsheetml/2006/main"
_SLIDE, _DRAWING = f"{_OFFICE}/presentationml/2006/main", f"{_OFFICE}/drawingml/2006/main"


def to_pdf(title: str, lines: Sequence[str]) -> bytes:
    """Return a PDF of one page with a large title; the text is ASCII without parentheses."""
    rows = "".join(f"0 -18 Td ({line}) Tj " for line in lines)
    text = f"BT /F 20 Tf 72 700 Td ({title}) Tj /F 11 Tf 0 -16 Td {rows}ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    ends = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return b"%bxref\n0 %d\n0000000000 65535 f \n%b%b" % (body, size, table, ends)


def to_docx(title: str, paragraphs: Sequence[str]) -> bytes:
    """Return a Word file with a heading and paragraphs."""
    heading = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr>{_to_run(title)}</w:p>'
    body = "".join(f"<w:p>{_to_run(text)}</w:p>" for text in paragraphs)
    style = '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    return _to_package(
        "word/document.xml",
        {
            "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{heading}{body}'
            "</w:body></w:document>",
            "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{style}</w:styles>',
            "word/_rels/document.xml.rels": _to_relations({"s": ("styles", "styles.xml")}),
        },
    )


def to_xlsx(name: str, rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook with one sheet."""
    cells = "".join(f"<row>{''.join(map(_to_cell, row))}</row>" for row in rows)
    sheet = f'<sheet name="{escape(name)}" sheetId="1" r:id="s"/>'
    return _to_package(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATIONS}">'
            f"<sheets>{sheet}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _to_relations({"s": ("worksheet", "worksheets/s.xml")}),
            "xl/worksheets/s.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData>'
            "</worksheet>",
        },
    )


def to_pptx(title: str, lines: Sequence[str]) -> bytes:
    """Return a presentation with one slide."""
    names = f'xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}" xmlns:r="{_RELATIONS}"'
    shapes = _to_shape('<p:ph type="title"/>', [title]) + _to_shape('<p:ph idx="1"/>', lines)
    return _to_package(
        "ppt/presentation.xml",
        {
            "ppt/presentation.xml": f'<p:presentation {names}><p:sldIdLst><p:sldId id="256" '
            'r:id="s"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": _to_relations({"s": ("slide", "slides/s.xml")}),
            "ppt/slides/s.xml": f"<p:sld {names}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"
            "</p:sld>",
        },
    )


def _to_run(text: str) -> str:
    return f"<w:r><w:t>{escape(text)}</w:t></w:r>"


def _to_cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def _to_shape(place: str, lines: Sequence[str]) -> str:
    text = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sp><p:nvSpPr><p:nvPr>{place}</p:nvPr></p:nvSpPr><p:txBody>{text}</p:txBody></p:sp>"


def _to_relations(targets: Mapping[str, tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _to_package(main: str, parts: Mapping[str, str]) -> bytes:
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    )
    opening = {
        "[Content_Types].xml": types,
        "_rels/.rels": _to_relations({"m": ("officeDocument", main)}),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in {**opening, **parts}.items():
            package.writestr(name, text)
    return content.getvalue()
