"""The ZIP archive that an Office file is, checked before anything reads it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from pipeline.markdown.attachments.errors import (
    BrokenFileError,
    EncryptedFileError,
    TooLargeFileError,
)
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.tree import Element

_BLOCK = 1 << 20
_XML = (".xml", ".rels", ".vml")
_ENTITIES = (
    b"<!DOCTYPE",
    b"<!ENTITY",
    "<!DOCTYPE".encode("utf-16-le"),
    "<!DOCTYPE".encode("utf-16-be"),
)
# Namespaces of the strict form of Office files, and those of the usual form.
_USUAL = b"http://schemas.openxmlformats.org/"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships",
     _USUAL + b"officeDocument/2006/relationships"),
    *((b"http://purl.oclc.org/ooxml/%b/main" % name, _USUAL + b"%b/2006/main" % name)
      for name in (b"wordprocessingml", b"spreadsheetml", b"presentationml", b"drawingml")),
)  # fmt: skip
_LONGEST_MARK = 18  # bytes of these
_IS_ENCRYPTED = 1  # flag of an entry
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


def open_package(path: Path, limits: FileLimits) -> zipfile.ZipFile:
    """Open the archive after a look at all of its XML: its true size, and no entities.

    Raises a `FileError` for a bomb, whatever sizes it declares, and for a damaged archive.
    """
    try:
        package = zipfile.ZipFile(path)
        entries = package.infolist()
        if len(entries) > limits.entries:
            raise TooLargeFileError(f"it consists of more than {limits.entries:,} files")
        if any(entry.flag_bits & _IS_ENCRYPTED for entry in entries):
            raise EncryptedFileError("it opens with a password only")
        room = limits.unpacked_mb * 1_000_000
        for entry in entries:
            if entry.filename.lower().endswith(_XML):
                room -= _measure(package, entry, room, limits)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise BrokenFileError("the file is truncated or damaged") from error
    return package


def _measure(
    package: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int, limits: FileLimits
) -> int:
    """Return an entry's true size."""
    size, end = 0, b""
    with package.open(entry) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > room:
                raise TooLargeFileError(f"it unpacks to more than {limits.unpacked_mb} MB")
            if any(mark in end + block for mark in _ENTITIES):
                raise BrokenFileError("its XML declares entities, which no Office file does")
            end = block[-_LONGEST_MARK:]
    return size


def read_part(package: zipfile.ZipFile, name: str) -> Element | None:
    """Return a part's root element; None where there is no such part."""
    try:
        content = package.read(name)
    except KeyError:
        return None
    for strict, usual in _STRICT:
        content = content.replace(strict, usual)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, recover=True
    )
    return etree.fromstring(content, parser)


def relations_of(package: zipfile.ZipFile, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the id, the type's last word and the target of what a part refers to."""
    folder, _, base = name.rpartition("/")
    root = read_part(package, f"{folder}/_rels/{base}.rels")
    if root is None:
        return
    for relation in root.iter(_RELATIONS):
        target = relation.get("Target") or ""
        if relation.get("TargetMode") != "External":
            target = _resolve(folder, target)
        yield relation.get("Id") or "", (relation.get("Type") or "").rpartition("/")[2], target


def _resolve(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    parts = folder.split("/")
    for part in target.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts)
