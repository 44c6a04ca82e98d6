"""Text of a Word file that is formatted as hidden, which mammoth would read."""

from __future__ import annotations

import io
import zipfile

from lxml import etree

from pipeline.markdown.attachments.office.package import read_part
from pipeline.markdown.tree import Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_MARK = b"vanish"
_NOT = ("0", "false", "off")


def without_hidden(package: zipfile.ZipFile) -> io.BytesIO | None:
    """Return the archive without hidden text; None where there is none."""
    replaced: dict[str, bytes] = {}
    for name in set(package.namelist()).intersection(_PARTS):
        if _MARK in package.read(name) and (root := read_part(package, name)) is not None:
            for mark in list(root.iter(f"{_W}vanish")):
                _drop_run(mark)
            replaced[name] = etree.tostring(root)
    if not replaced:
        return None
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as target:
        for entry in package.infolist():
            target.writestr(entry.filename, replaced.get(entry.filename) or package.read(entry))
    return copy


def _drop_run(mark: Element) -> None:
    """Take the run that a mark hides out of its paragraph; a hidden end of a paragraph stays."""
    properties = mark.getparent()
    run = None if properties is None else properties.getparent()
    if mark.get(f"{_W}val") in _NOT or run is None or run.tag != f"{_W}r":
        return
    if (parent := run.getparent()) is not None:
        parent.remove(run)
