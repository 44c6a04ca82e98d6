"""A page's body as BeautifulSoup's tree, for the second converter only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import cast

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag

from pipeline.markdown.hidden import (
    BACKGROUNDS,
    MOST_PARAMETERS,
    PLAIN,
    Look,
    Sheet,
    look_at,
    with_background,
)
from pipeline.markdown.macros import errors, frames, inline
from pipeline.markdown.macros.adf import SYNCED_ELSEWHERE
from pipeline.markdown.macros.table import CLASSED, find_by_class
from pipeline.markdown.tree import drop_control_characters, to_html
from pipeline.markdown.visible import INLINE, MACROS, MOST_LOOKED_AT, NAMED, UNSEEN, pick_seen

# Comments and declarations, and any `<` that begins no tag: Python's parser needs quadratic time
# for many of them.
_NO_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)|<(?!/?[A-Za-z][^<>]*>)", re.DOTALL)

_TITLE_COLOUR = "titleColor"

# Python refuses to read a number of thousands of digits; no character has one of eight.
_NO_CHARACTER = re.compile(r"&#[0-9]{8,}+;?")


def parse(body: str) -> BeautifulSoup:
    """Parse a rendered or a storage body with Python's own HTML parser."""
    html = _NO_TAG.sub(lambda match: "&lt;" if match[0] == "<" else "", to_html(body))
    html = _NO_CHARACTER.sub("\ufffd", html)
    soup = BeautifulSoup(f"<div>{html}</div>", "html.parser", multi_valued_attributes=None)
    _show_parameters(soup)
    _show_names(soup)
    _hide_fallbacks(soup)
    return soup


def _show_parameters(soup: BeautifulSoup) -> None:
    """Make a paragraph of each parameter that a macro shows."""
    for macro in soup.find_all(list(MACROS)):
        inner = [part for part in islice(macro.children, MOST_LOOKED_AT) if isinstance(part, Tag)]
        parameters = {
            str(part.get("ac:name") or ""): part for part in inner if part.name == "ac:parameter"
        }
        bodies = (part.get_text() for part in inner if part.name == "ac:plain-text-body")
        name = str(macro.get("ac:name") or "")
        seen = pick_seen(name, parameters, Tag.get_text, next(bodies, ""))
        if seen is not None and _TITLE_COLOUR not in parameters:  # which may hide the title
            seen.name = "p"


def _show_names(soup: BeautifulSoup) -> None:
    """Give each link without a text the name of what it leads to."""
    for link in soup.find_all("ac:link"):
        inner = [part for part in islice(link.children, 2) if isinstance(part, Tag)]
        if len(inner) == 1 and len(link.contents) == 1 and inner[0].name in NAMED:
            name = inner[0].get("ri:content-title") or inner[0].get("ri:filename")
            link.append(NavigableString(str(name or "")))


def _hide_fallbacks(soup: BeautifulSoup) -> None:
    """Hide the fallbacks of synced blocks that are kept on other pages, with all around them."""
    above: set[int] = set()  # elements around such a block
    for node in soup.find_all("ac:adf-node", type=SYNCED_ELSEWHERE):
        for parent in node.parents:
            if id(parent) in above:
                break
            above.add(id(parent))
    for fallback in soup.find_all("ac:adf-fallback") if above else ():
        if id(fallback.parent) in above:
            fallback.name = "template"


def drop_hidden(soup: BeautifulSoup) -> int:
    """Take hidden elements and texts out of a tree; return how many characters those had.

    They stay in their places, as an empty element and as comments: to take one out of a list takes
    time in proportion to the list.
    """
    sheet = Sheet(style.get_text() for style in soup.find_all("style"))
    characters = 0
    rest: list[tuple[PageElement, Look]] = [(part, PLAIN) for part in soup.contents]
    while rest:
        part, around = rest.pop()
        if isinstance(part, Tag):
            look = around if part.name in UNSEEN else _look_at(part, around, sheet)
            if look is None:
                texts = (part.get_text(), *_names_of_pictures(part))
                characters += sum(len(" ".join(text.split())) for text in texts)
                part.name = "ac:placeholder" if part.name in INLINE else "template"
            elif part.name not in UNSEEN:
                rest += ((inner, look) for inner in part.contents)
        elif type(part) is NavigableString and not around.is_readable:
            characters += len(" ".join(part.split()))
            part.__class__ = Comment
    return characters


def _names_of_pictures(tag: Tag) -> Iterator[str]:
    pictures = [tag] if tag.name == "img" else tag.find_all("img")
    return (str(picture.get("alt") or "") for picture in pictures)


def _look_at(tag: Tag, around: Look, sheet: Sheet) -> Look | None:
    attributes = cast(dict[str, str], tag.attrs)
    look = look_at(tag.name, attributes, around, sheet)
    kind = attributes.get("ac:name") or attributes.get("type")
    name = BACKGROUNDS.get((tag.name, kind or ""))
    for inner in islice(tag.children, MOST_PARAMETERS) if look and name else ():
        if isinstance(inner, Tag) and name in (inner.get("ac:name"), inner.get("key")):
            return with_background(look or PLAIN, inner.get_text())
    return look


def is_unseen(tag: Tag) -> bool:
    """Return whether readers see nothing of an element, as in `visible` and `macros.frames`."""
    if tag.name in UNSEEN:
        return True
    if tag.name in MACROS and str(tag.get("ac:name") or "").lower() in frames.NOT_SHOWN:
        return True
    return str(tag.get("ac:name") or "").lower() in frames.HIDEABLE and any(
        parameter.get("ac:name") == "hidden" and parameter.get_text().strip().lower() == "true"
        for parameter in tag.find_all("ac:parameter", recursive=False)
    )


def is_render_error(tag: Tag) -> bool:
    """Return whether an element is an error of a rendered body, as in `macros.errors`."""
    first = next((inner for inner in islice(tag.children, 2) if isinstance(inner, Tag)), None)
    inside = "" if first is None else str(first.get("class") or "")
    text = None if tag.attrs or len(tag.contents) != 1 or first else tag.get_text()
    classes = str(tag.get("class") or "").split()
    return errors.is_error(tag.name, classes, text, inside.split())


def is_dropped(tag: Tag) -> bool:
    """Return whether an element is navigation, an icon, another page's, or a node's second copy."""
    if tag.name == "ac:adf-node" and tag.get("type") == SYNCED_ELSEWHERE:
        return True
    if tag.name == "ac:adf-fallback":
        node = next((before for before in tag.previous_siblings if isinstance(before, Tag)), None)
        return node is not None and node.name == "ac:adf-node" and bool(text_of(node).strip())
    classes = str(tag.get("class") or "")
    macro = find_by_class(tag.name, classes) if classes and tag.name in CLASSED else None
    return macro is not None and macro.convert in (frames.drop, inline.icon)


def text_of(tag: Tag) -> str:
    """Return the text that readers see, block elements on lines of their own; of any depth."""
    parts: list[str] = []
    rest: list[PageElement | None] = list(reversed(tag.contents))  # None: an end of a block
    while rest:
        part = rest.pop()
        if part is None:
            if parts and not parts[-1].endswith("\n"):
                parts.append("\n")
        elif not isinstance(part, Tag):
            if not isinstance(part, PreformattedString):
                parts.append(drop_control_characters(str(part)))
        elif part.name == "br":
            parts.append("\n")
        elif not is_unseen(part):
            ends = [] if part.name in INLINE else [None]
            rest += [*ends, *reversed(part.contents), *ends]
    return "".join(parts)
