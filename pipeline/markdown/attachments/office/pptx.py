"""`to_markdown`: a PowerPoint file, a section for each slide, from its XML."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.markdown.attachments.errors import BrokenFileError, TooLargeFileError
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.office.package import open_package, read_part, relations_of
from pipeline.markdown.attachments.office.slide_text import to_paragraphs
from pipeline.markdown.attachments.tables import to_table_block
from pipeline.markdown.blocks import Block, join_page, to_text_blocks
from pipeline.markdown.tree import Element

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MAIN = "ppt/presentation.xml"
_TITLES = ("title", "ctrTitle")
_UNREAD = ("sldNum", "dt", "ftr", "hdr", "sldImg")  # a slide's number, date, foot and head
_HIDDEN = ("0", "false")


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the visible slides in their order: title, text, tables, and notes."""
    with open_package(path, limits) as package:
        names = list(_slides(package))
        if len(names) > limits.pages:
            raise TooLargeFileError(f"it has {len(names):,} slides, more than {limits.pages:,}")
        blocks: list[Block] = []
        for number, name in enumerate(names, 1):
            root = read_part(package, name)
            if root is not None and root.get("show") not in _HIDDEN:
                blocks += _to_blocks(package, name, root, number)
    return join_page(blocks)


def _slides(package: zipfile.ZipFile) -> Iterator[str]:
    root = read_part(package, _MAIN)
    if root is None:
        raise BrokenFileError("the list of its slides is missing")
    targets = {identity: target for identity, _, target in relations_of(package, _MAIN)}
    for slide in root.iter(f"{_P}sldId"):
        if target := targets.get(slide.get(f"{_R}id") or ""):
            yield target


def _to_blocks(package: zipfile.ZipFile, name: str, root: Element, number: int) -> Iterator[Block]:
    relations = list(relations_of(package, name))
    links = {identity: target for identity, kind, target in relations if kind == "hyperlink"}
    title = ""
    body: list[Block] = []
    for shape in _shapes(root):
        kind = _placeholder(shape)
        if kind in _TITLES and not title:
            title = " ".join(to_paragraphs(shape, links, as_list=False)).replace("\n", " ")
        elif kind not in _UNREAD:
            body += _shape_blocks(shape, kind, links)
    yield Block("heading", f"# {title or f'Slide {number}'}")
    yield from body
    for _, kind, target in relations:
        if kind == "diagramData" and (diagram := read_part(package, target)) is not None:
            items = to_paragraphs(diagram, links, as_list=True)
            yield from [Block("list", "\n".join(items))] if items else []
    for _, kind, target in relations:
        if kind == "notesSlide" and (notes := list(_notes(package, target))):
            yield Block("text", "**Notes:** " + "\n".join(notes))


def _shapes(root: Element) -> Iterator[Element]:
    """Yield shapes, and frames of tables, in the order of the slide; those of groups too."""
    for element in root.iter(f"{_P}sp", f"{_P}graphicFrame"):
        properties = element.find(f"*/{_P}cNvPr")
        if properties is None or properties.get("hidden") not in ("1", "true"):
            yield element


def _placeholder(shape: Element) -> str:
    """Return a placeholder's type; "" for text boxes, "body" for what has no type of its own."""
    found = next(shape.iter(f"{_P}ph"), None)
    return "" if found is None else found.get("type") or "body"


def _shape_blocks(shape: Element, kind: str, links: dict[str, str]) -> Iterator[Block]:
    tables = list(shape.iter(f"{_A}tbl"))
    for table in tables:
        yield from _to_table(table, links)
    if not tables:
        is_list = kind in ("body", "obj")
        paragraphs = to_paragraphs(shape, links, as_list=is_list)
        if is_list and len(paragraphs) > 1:
            yield Block("list", "\n".join(paragraphs))
        else:
            for paragraph in paragraphs:
                yield from to_text_blocks(paragraph.removeprefix("- "))


def _to_table(table: Element, links: dict[str, str]) -> list[Block]:
    rows: list[list[str]] = []
    for row in table.iter(f"{_A}tr"):
        cells: list[str] = []
        for at, cell in enumerate(row.iter(f"{_A}tc")):
            if cell.get("hMerge") in ("1", "true") and cells:
                cells.append(cells[-1])
            elif cell.get("vMerge") in ("1", "true") and rows and at < len(rows[-1]):
                cells.append(rows[-1][at])
            else:
                cells.append("\n".join(to_paragraphs(cell, links, as_list=False)))
        rows.append(cells)
    properties = table.find(f"{_A}tblPr")
    has_header = properties is not None and properties.get("firstRow") in ("1", "true")
    return to_table_block(rows, has_header or None) if rows else []


def _notes(package: zipfile.ZipFile, name: str) -> Iterator[str]:
    root = read_part(package, name)
    if root is None:
        return
    for shape in _shapes(root):
        if _placeholder(shape) == "body":
            yield from to_paragraphs(shape, {}, as_list=False)
