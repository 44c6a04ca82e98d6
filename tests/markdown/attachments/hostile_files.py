"""Files that attack their reader: each with the beginning of the error that it should end with."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.markdown.attachments.reading import DOCUMENTS

MEGABYTE = 1_000_000


class Attack(NamedTuple):
    """A hostile file: its name, its content, and the error's class and words."""

    name: str
    content: bytes
    error: str
    words: str


def to_zip(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=1) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def to_pdf(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, the first of which is the catalogue."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
            + b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n"
            % (len(objects) + 1, trailer, len(body)))  # fmt: skip


def to_stream(content: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), entries, content)


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def to_pages(count: int, content: bytes = b"BT /F 12 Tf 72 700 Td (Words) Tj ET") -> bytes:
    """Return a PDF with many pages of one content."""
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 5 + count))
    page = (b"<< /Type /Page /Parent 2 0 R /Contents 3 0 R /MediaBox [0 0 612 792] "
            b"/Resources << /Font << /F 4 0 R >> /XObject << /X 3 0 R >> >> >>")  # fmt: skip
    tree = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, kids)
    return to_pdf(
        [b"<< /Type /Catalog /Pages 2 0 R >>", tree, to_stream(content), FONT, *[page] * count]
    )


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def to_xlsx(rows: bytes, **parts: bytes) -> bytes:
    """Return a workbook with one sheet of these rows."""
    package = "http://schemas.openxmlformats.org/package/2006"
    types = (
        f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    )
    relation = (
        f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/{{}}" Target="{{}}"/></Relationships>'
    )
    book = (
        f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    sheet = f'<worksheet xmlns="{SHEET}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"
    return to_zip(
        {
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": relation.format("officeDocument", "xl/workbook.xml").encode(),
            "xl/workbook.xml": book.encode(),
            "xl/_rels/workbook.xml.rels": relation.format("worksheet", "worksheets/s.xml").encode(),
            "xl/worksheets/s.xml": sheet,
            **{name.replace("__", "/") + ".xml": content for name, content in parts.items()},
        }
    )


def to_docx(body: bytes) -> bytes:
    """Return a Word file with this body, which may begin with declarations."""
    return to_zip({"word/document.xml": body})


def _with_encrypted_entry() -> bytes:
    content = bytearray(to_docx(b"<a/>"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


def _with_false_size() -> bytes:
    """Declare a part of 30 MB as one of 100 bytes."""
    content = bytearray(to_docx(b"<a>" + b" " * 30 * MEGABYTE + b"</a>"))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + place
        content[at : at + 4] = (100).to_bytes(4, "little")
    return bytes(content)


def _entity_bomb() -> bytes:
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e9;</a>'.encode()


def _million_rows() -> bytes:
    return to_xlsx(b"<row><c><v>1</v></c></row>" * MEGABYTE)


def _nested_zip() -> bytes:
    content = b"0" * 10 * MEGABYTE
    for depth in range(6):
        content = to_zip({f"{depth}.zip": content})
    return content


def _flate_bomb() -> bytes:
    deflate = zlib.compressobj(1)
    block = deflate.compress(b" " * MEGABYTE) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(b" " * MEGABYTE) + deflate.flush(zlib.Z_FULL_FLUSH)
    packed = block + again * 700  # such a block unpacks alike wherever it is
    stream = to_stream(zlib.compress(packed), b"/Filter [/FlateDecode /FlateDecode]")
    page = (b"<< /Type /Page /Parent 2 0 R /Contents 3 0 R /MediaBox [0 0 612 792] >>")  # fmt: skip
    tree = b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>"
    return to_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, stream, page])


def _huge_image() -> bytes:
    image = to_stream(b"0", b"/Type /XObject /Subtype /Image /Width 2000000000 /Height 2000000000 "
                      b"/ColorSpace /DeviceRGB /BitsPerComponent 8")  # fmt: skip
    return _to_pdf_with_x(image, b"q 600 0 0 700 0 0 cm /X Do Q")


def _to_pdf_with_x(x: bytes, content: bytes) -> bytes:
    """Return a PDF of one page, whose content draws the object that it names X."""
    page = (b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R /MediaBox [0 0 612 792] "
            b"/Resources << /XObject << /X 3 0 R >> >> >>")  # fmt: skip
    tree = b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    return to_pdf([catalog, tree, x, page, to_stream(content)])


def _tree_loop() -> bytes:
    tree = b"<< /Type /Pages /Count 9 /Parent 2 0 R /Kids [2 0 R 2 0 R 3 0 R] >>"
    inner = b"<< /Type /Pages /Count 9 /Parent 2 0 R /Kids [2 0 R 3 0 R] >>"
    return to_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, inner])


def _form_loop() -> bytes:
    form = to_stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                     b"/Resources << /XObject << /X 3 0 R >> >>")  # fmt: skip
    return _to_pdf_with_x(form, b"/X Do")


def _deep_tables() -> bytes:
    depth = 20_000
    head = f'<w:document xmlns:w="{WORD}"><w:body>'.encode()
    opening, closing = b"<w:tbl><w:tr><w:tc>" * depth, b"</w:tc></w:tr></w:tbl>" * depth
    return to_docx(head + opening + b"<w:p/>" + closing + b"</w:body></w:document>")


def attacks() -> Iterator[Attack]:
    """Yield the hostile files."""
    for name, make, error, words in table():
        yield Attack(name, make(), error, words)


def table() -> list[tuple[str, Callable[[], bytes], str, str]]:
    """Return each file's name, how it is made, and the error's class and words."""
    document = (DOCUMENTS / "manual.pandoc.docx").read_bytes()
    pdf = (DOCUMENTS / "manual.fpdf2.pdf").read_bytes()
    return [
        ("empty.pdf", lambda: b"", "BrokenFileError", "empty"),
        ("spaces.txt", lambda: b" \n" * 999, "NoTextError", "no text"),
        ("bomb.xlsx", lambda: to_xlsx(b"", xl__sharedStrings=b" " * 210 * MEGABYTE),
         "TooLargeFileError", "unpacks to more than 200 MB"),
        ("false-size.docx", _with_false_size, "BrokenFileError", "damaged"),
        ("nested.docx", _nested_zip, "UnsupportedFileError", "ZIP archive"),
        ("entries.docx", lambda: to_zip({"word/document.xml": b"<a/>",
                                         **{f"{at}.xml": b"" for at in range(10_001)}}),
         "TooLargeFileError", "10,000 files"),
        ("entities.docx", lambda: to_docx(_entity_bomb()), "BrokenFileError", "entities"),
        ("wide-entities.docx", lambda: to_docx(_entity_bomb().decode().encode("utf-16")),
         "BrokenFileError", "entities"),
        ("external.pptx", lambda: to_zip({"ppt/presentation.xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM '
                                          b'"file:///etc/passwd">]><a>&x;</a>'}),
         "BrokenFileError", "entities"),
        ("traversal.docx", lambda: to_zip({"word/document.xml": b"", "../../evil.xml": b""}),
         "BrokenFileError", "damaged"),
        ("truncated.docx", lambda: document[: len(document) // 2], "BrokenFileError", "truncated"),
        ("truncated.pdf", lambda: pdf[: len(pdf) // 2], "BrokenFileError", "truncated"),
        ("encrypted.pdf", (DOCUMENTS / "encrypted.pdf").read_bytes, "EncryptedFileError",
         "password"),
        ("encrypted-entry.docx", _with_encrypted_entry, "EncryptedFileError", "password"),
        ("encrypted.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9_000
         + "EncryptedPackage".encode("utf-16-le"), "EncryptedFileError", "password"),
        ("old.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9_000,
         "UnsupportedFileError", "before 2007"),
        ("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 999, "UnsupportedFileError", "PNG"),
        ("words.pdf", lambda: b"only words", "BrokenFileError", "content is another"),
        ("pages.pdf", lambda: to_pages(2_000), "TooLargeFileError", "2,000 pages"),
        ("tree-loop.pdf", _tree_loop, "NoTextError", "scan"),
        ("form-loop.pdf", _form_loop, "FileCrashError", "400 MB"),
        ("nested.pdf", lambda: to_pdf([b"<< /Type /Catalog /Pages " + b"[" * 100_000 + b" >>"]),
         "BrokenFileError", ""),
        ("flate.pdf", _flate_bomb, "FileCrashError", "400 MB"),
        ("image.pdf", _huge_image, "NoTextError", "scan"),
        ("rows.xlsx", _million_rows, "TooLargeFileError", "100,000 rows"),
        ("far.xlsx", lambda: to_xlsx(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
                                     b'<c r="XFD1048576"><v>1</v></c></row>'),
         "TooLargeFileError", "rows"),
        ("wide.xlsx", lambda: to_xlsx(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="9000">'
                                      b'<c r="XFD9000"><v>1</v></c></row>'),
         "TooLargeFileError", "cells"),
        ("deep.docx", _deep_tables, "BrokenFileError", "nested too deeply"),
        ("deep.html", lambda: b"<b>" * 300_000, "NoTextError", "no text"),
        ("attributes.html", lambda: b"<p " + b"".join(b"a%d " % at for at in range(99_999)) + b">x",
         "TooLargeFileError", "attributes"),
        ("quote.csv", lambda: b'a,b\n1,"' + b"x" * 2 * MEGABYTE, "TooLargeFileError", "field"),
        ("nul.txt", lambda: b"text\0" * 999, "UnsupportedFileError", "NUL"),
        ("long.txt", lambda: b"x " * 21 * MEGABYTE, "TooLargeFileError", "10,000,000 characters"),
    ]  # fmt: skip
