"""What a file is by its content; only files of text are what they are expected to be."""

from __future__ import annotations

import io
import zipfile
from typing import BinaryIO

from pipeline.markdown.attachments.errors import (
    BrokenFileError,
    EncryptedFileError,
    UnsupportedFileError,
)

_MAIN_PARTS = {"word/document": "docx", "xl/workbook": "xlsx", "ppt/presentation": "pptx"}
_TEXTS = ("csv", "md", "html", "txt")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PAGES = (b"<!doctype html", b"<html")
# Beginnings of files that are not converted.
_OTHERS = {
    b"{\\rtf": "RTF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"\x1f\x8b": "a gzip archive",
    b"BZh91AY": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!\x1a": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"%!PS": "PostScript",
}
_PDF, _HEAD_BYTES = b"%PDF-", 1_024  # readers accept it anywhere there


def find_kind(file: BinaryIO, expected: str) -> str:
    """Return one of `ATTACHMENT_TYPES`: what the content is, whatever was expected.

    Raises a `FileError` for what is not converted.
    """
    head = file.read(_HEAD_BYTES)
    if not head:
        raise BrokenFileError("the file is empty")
    is_text = expected in _TEXTS  # which may quote the beginning of another file
    if head.startswith(_PDF) or (_PDF in head and not is_text):
        return "pdf"
    if head.startswith(_ZIP):
        return _kind_of_package(file)
    if head.startswith(_OLE):
        raise _to_ole_error(file)
    for beginning, what in _OTHERS.items():
        if head.startswith(beginning):
            raise UnsupportedFileError(f"its content is {what}")
    if not is_text:
        raise BrokenFileError(f"it should be a {expected.upper()} file, but its content is another")
    is_page = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES)
    return "html" if is_page and expected == "txt" else expected


def _kind_of_package(file: BinaryIO) -> str:
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
