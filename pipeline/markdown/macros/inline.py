"""Elements within a line of text: statuses, dates, powers, images, icons."""

from __future__ import annotations

from pipeline.markdown.blocks import Content, Rendered, to_text_blocks
from pipeline.markdown.links import file_name, to_image
from pipeline.markdown.macros.frames import put_on_line
from pipeline.markdown.marks import emphasize
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, classes_of, parameters_of
from pipeline.markdown.visible import MACROS, visible_text

# Best first: a status without a title shows the name of its colour.
_STATUSES = ("title", "Status", "colour", "color")


def status(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a status lozenge in brackets, which set it apart from the text around it."""
    text = all_text(element)
    if element.get("ac:name"):
        named = parameters_of(element)
        text = next((named[key] for key in _STATUSES if named.get(key)), "")
    following = element.getnext()
    is_beside = not element.tail and following is not None and following.tag in MACROS
    return f"[{text}]{' ' * is_beside}" if text else ""


def checkbox(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a box that is ticked or not, as tasks have it; nothing for other controls."""
    if (element.get("type") or "").lower() != "checkbox":
        return ""
    return "[ ] " if element.get("checked") is None else "[x] "


def footnote(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a footnote in brackets within its sentence."""
    texts = [block.text for block in content.to_blocks() if block.kind == "text"]
    if len(texts) != len(content.to_blocks()):
        return list(content.blocks)
    return put_on_line(element, f" ({' '.join(texts)})") if texts else ""


def date(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a date as rendered; storage only has its ISO form."""
    if content.blocks:
        return list(content.blocks)
    text = content.text if content.text.strip() else element.get("datetime") or ""
    return put_on_line(element, text) if text else ""


def strike(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return struck text; other blocks, such as code, cannot be marked."""
    blocks, parent = content.blocks, element.getparent()
    is_in_line = len(blocks) == 1 and parent is not None and parent.tag == "p"
    if is_in_line and blocks[0].kind == "text":
        return put_on_line(element, emphasize(blocks[0].text, "~~"))
    if not blocks:
        return emphasize(content.text, "~~")
    return [
        block._replace(text=emphasize(block.text, "~~")) if block.kind == "text" else block
        for block in content.blocks
    ]


def quotation(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return `q` in the quotation marks that a browser puts around it."""
    return list(content.blocks) or (f'"{content.text}"' if content.text.strip() else "")


def image(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an image by its alternative text or its file's name, then its caption."""
    get = element.attrib.get
    if element.tag == "img":
        title = None if "transform-error" in classes_of(element) else get("title")
        name = get("alt") or get("data-linked-resource-default-alias") or title
        picture = to_image(name or file_name(get("src") or get("data-image-src") or ""))
        return f" {picture} " if picture else ""
    name = get("ac:alt") or get("ac:title")
    for resource in element:
        name = name or resource.get("ri:filename") or file_name(resource.get("ri:value") or "")
    picture = to_image(name or "")
    if content.blocks:
        return [*to_text_blocks(picture), *content.blocks]
    return f" {picture} {content.text.strip()} "


def icon(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the name of a type's or priority's icon; no browser shows the text inside an icon."""
    notes.dropped.append(visible_text(element))
    return element.get("alt") or ""
