"""Elements within a line of text: statuses, dates, powers, images, icons."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Content, Rendered, to_text_blocks
from pipeline.markdown.links import file_name, to_image
from pipeline.markdown.marks import emphasize
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, classes_of, parameters_of
from pipeline.markdown.visible import visible_text

_NUMBER = re.compile(r"[-+−]?[\d.,]+")
_FORMULA = re.compile(r"[-+−]?\w{1,3}(?:[-+−*/=]\w{1,3})*[-+−]?")
_OPERATOR = re.compile(r"[-+−*/=]")
_OPERATOR_WITHIN = re.compile(r"\w[-+−*/=]\w")


def status(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a status lozenge in brackets, which set it apart from the text around it."""
    text = parameters_of(element).get("title") if element.get("ac:name") else all_text(element)
    return f"[{text}]" if text else ""


def date(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a date as rendered; storage only has its ISO form."""
    if content.blocks:
        return list(content.blocks)
    return content.text if content.text.strip() else element.get("datetime") or ""


def exponent(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an exponent with a caret: 10^6, 2^n, n^(k+1). Ordinals and marks have none: 1st."""
    text = content.text.strip()
    if _NUMBER.fullmatch(text) or (len(text) == 1 and text.isalpha()) or _is_formula(text):
        return f"^{_in_brackets(text)}"
    return list(content.blocks) or content.text


def index(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an index that is a formula as `a_(n-1)`; any other is a part of its word: CO2."""
    text = content.text.strip()
    if _is_formula(text):
        return f"_{_in_brackets(text)}"
    return list(content.blocks) or content.text


def _is_formula(text: str) -> bool:
    return _FORMULA.fullmatch(text) is not None and _OPERATOR.search(text) is not None


def _in_brackets(text: str) -> str:
    return f"({text})" if _OPERATOR_WITHIN.search(text) else text


def strike(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return struck text; other blocks, such as code, cannot be marked."""
    if not content.blocks:
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
