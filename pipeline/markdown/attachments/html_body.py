"""HTML of a file through the converter of pages."""

from __future__ import annotations

from lxml import etree

from pipeline.markdown.attachments.tables import names_columns
from pipeline.markdown.blocks import join_page
from pipeline.markdown.hidden import drop_hidden_elements
from pipeline.markdown.links import Links
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, drop_control_characters, parse
from pipeline.markdown.walk import Walk

_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_UNREAD = ("script", "noscript", "template", "svg", "iframe", "object", "head", "title", "input",
           "button", "select", "textarea", "meta", "link")  # fmt: skip


def convert_html(html: str, is_document: bool = False) -> str:
    """Return the Markdown of a body, or of a whole document with its title as the first heading.

    Addresses that lead nowhere outside the file are dropped, with the text of their links kept.
    """
    root = parse(drop_control_characters(html))
    title = all_text(next(root.iter("title"), None)) if is_document else ""
    if title and next(root.iter("h1"), None) is None:
        heading = etree.Element("h1")
        heading.text = title
        root.insert(0, heading)
        heading.tail, root.text = root.text, None
    for element in list(root.iter(*_UNREAD)):
        _drop(element)
    drop_hidden_elements(root)
    for element in list(root.iter("style")):
        _drop(element)
    for link in root.iter("a"):
        if not (link.get("href") or "").lower().startswith(_SCHEMES):
            link.attrib.pop("href", "")
    _name_columns(root)
    notes = Notes(Links("", ""))
    return notes.drop_hidden(join_page(Walk(notes).to_blocks(root)))


def _drop(element: Element) -> None:
    """Take an element out of its tree; the text after it stays."""
    parent, tail = element.getparent(), element.tail
    if parent is None:
        return
    previous = element.getprevious()
    if tail:
        if previous is None:
            parent.text = (parent.text or "") + tail
        else:
            previous.tail = (previous.tail or "") + tail
    parent.remove(element)


def _name_columns(root: Element) -> None:
    """Make a header of a table's first row where the file does not mark one, but it has names."""
    for table in root.iter("table"):
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        if any(cell.tag == "th" for row in cells for cell in row) or len(cells) < 2:
            continue
        if names_columns([[all_text(cell) for cell in row] for row in cells[:2]]):
            for cell in cells[0]:
                cell.tag = "th"
