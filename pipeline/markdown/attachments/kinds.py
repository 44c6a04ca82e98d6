"""What a file is: by its content, then its name, then its media type."""

from __future__ import annotations

import io
from typing import BinaryIO

from pipeline.markdown.attachments.errors import (
    BrokenFileError,
    EncryptedFileError,
    UnsupportedFileError,
)

# Kind → endings of its files' names, and media types.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pdf": (("pdf",), ("application/pdf",)),
    "docx": (
        ("docx", "docm", "dotx"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
    ),
    "xlsx": (
        ("xlsx", "xlsm", "xltx"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
    ),
    "pptx": (
        ("pptx", "pptm", "ppsx", "potx"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation",),
    ),
    "csv": (("csv", "tsv"), ("text/csv", "text/tab-separated-values")),
    "markdown": (("md", "markdown"), ("text/markdown", "text/x-markdown")),
    "html": (("html", "htm", "xhtml"), ("text/html", "application/xhtml+xml")),
    "text": (("txt", "text", "log"), ("text/plain",)),
}
_MAIN_PARTS = {"word/document": "docx", "xl/workbook": "xlsx", "ppt/presentation": "pptx"}
_TEXTS = ("csv", "markdown", "html", "text")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PAGES = (b"<!doctype html", b"<html")
# Beginnings of files that are not converted.
_OTHERS = {
    b"{\\rtf": "RTF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"%!PS": "PostScript",
}
_HEAD_BYTES = 1_024


def kind_of_name(name: str, media_type: str = "") -> str | None:
    """Return the kind by the end of a file's name, else by its media type; None for others."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    media_type = media_type.partition(";")[0].strip().lower()
    by_name = (kind for kind, (endings, _) in KINDS.items() if ending in endings)
    by_type = (kind for kind, (_, types) in KINDS.items() if media_type in types)
    return next(by_name, None) or next(by_type, None)


def find_kind(file: BinaryIO, name: str, media_type: str) -> str:
    """Return what the file is, whatever its name; raise a `FileError` for what is not converted."""
    head = file.read(_HEAD_BYTES)
    if not head:
        raise BrokenFileError("the file is empty")
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK"):
        return _kind_of_package(file)
    if head.startswith(_OLE):
        raise _to_ole_error(file)
    for beginning, what in _OTHERS.items():
        if head.startswith(beginning):
            raise UnsupportedFileError(f"its content is {what}")
    kind = kind_of_name(name, media_type)
    if kind is None or kind == "text":
        is_page = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES)
        return "html" if is_page else "text"
    if kind not in _TEXTS:
        raise BrokenFileError(
            f"its name ends as a {kind.upper()} file's, but its content is another"
        )
    return kind


def _kind_of_package(file: BinaryIO) -> str:
    import zipfile  # the run itself needs only the names of kinds

    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise BrokenFileError(
            "the file is truncated or damaged: its ZIP directory is missing"
        ) from error
    for name in names:
        for part, kind in _MAIN_PARTS.items():
            if name.startswith(part) and name.endswith(".xml"):
                return kind
    raise UnsupportedFileError(
        "its content is a ZIP archive that is no Word, Excel or PowerPoint file"
    )


def _to_ole_error(file: BinaryIO) -> Exception:
    """An old Office file, or a new one with a password, which has the same container."""
    file.seek(0)
    while block := file.read(io.DEFAULT_BUFFER_SIZE * 128):
        if _ENCRYPTED_STREAM in block:
            return EncryptedFileError("it opens with a password only")
    return UnsupportedFileError("its content is an Office file of before 2007 (.doc, .xls, .ppt)")
