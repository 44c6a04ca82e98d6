"""Panels, expands and tabs: content with a title or a label."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered, contain
from pipeline.markdown.embedded import CHART_WORDS
from pipeline.markdown.hidden import find_colours, split_declarations
from pipeline.markdown.macros.emoji import find_emoji
from pipeline.markdown.macros.frames import unwrap
from pipeline.markdown.marks import emphasize
from pipeline.markdown.notes import Notes
from pipeline.markdown.quotes import label_and_title, to_quote
from pipeline.markdown.tree import Element, all_text, children, classes_of, parameters_of
from pipeline.markdown.visible import seen_text

_DEFAULT_EXPAND = "Click here to expand..."
_LABELS = {
    "info": "Info",
    "information": "Info",
    "note": "Note",
    "tip": "Tip",
    "warning": "Warning",
    "success": "Success",
    "error": "Error",
}
_PANEL = "data-panel"  # begins the names of rendered attributes
# The backgrounds of the kinds of panels, which the editor offers for panels of one's own too.
_KINDS_BY_COLOUR = {
    (0xDE, 0xEB, 0xFF): "Info",
    (0xEA, 0xE6, 0xFF): "Note",
    (0xE3, 0xFC, 0xEF): "Success",
    (0xFF, 0xFA, 0xE6): "Warning",
    (0xFF, 0xEB, 0xE6): "Error",
}


def box(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a panel as a quote with its kind, its icon and its title."""
    attributes = _attributes_of(element)
    icon = _icon_of(attributes)
    label = _kind_of(element, attributes) or ("" if icon else _kind_by_colour(element, attributes))
    blocks = _with_icon(icon, _with_title(element, content))
    return contain(to_quote(blocks, label), label_and_title(blocks, label))


def title(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a panel's or expand's title as a block that the box around it moves to its top."""
    if content.text.strip() == _DEFAULT_EXPAND:
        notes.dropped.append(_DEFAULT_EXPAND)
        return []
    return [Block("title", block.text.replace("**", "")) for block in content.to_blocks()]


def expand(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the title of an expand or a tab, then its content."""
    return _with_bold_title(element, content)


def chart(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a chart's title, the words on its sides, and its table."""
    parameters = parameters_of(element)
    words = " · ".join(filter(None, (parameters.get(name) for name in CHART_WORDS)))
    blocks = [*([Block("text", words)] if words else []), *content.to_blocks()]
    return _with_bold_title(element, Content("", blocks))


def titled(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the title of a container that has no row of its own, then its content."""
    if not seen_text(element):
        return unwrap(element, content, notes)
    return _with_bold_title(element, content)


def _with_bold_title(element: Element, content: Content) -> list[Block]:
    blocks = _with_title(element, content)
    marked = [
        Block("text", emphasize(block.text, "**")) if block.kind == "title" else block
        for block in blocks
    ]
    return contain(marked, label_and_title(blocks, ""))


def _with_title(element: Element, content: Content) -> list[Block]:
    text = seen_text(element) or _attributes_of(element).get("title") or ""
    text = text.replace("**", "")
    return [*([Block("title", text)] if text else []), *content.to_blocks()]


def _with_icon(icon: str, blocks: list[Block]) -> list[Block]:
    if icon and blocks and blocks[0].kind in ("title", "text"):
        return [blocks[0]._replace(text=f"{icon} {blocks[0].text}"), *blocks[1:]]
    return [*([Block("text", icon)] if icon else []), *blocks]


def _attributes_of(element: Element) -> dict[str, str]:
    """Return parameters and attributes by names such as `panelicon`, in all of their forms."""
    named = list(parameters_of(element).items())
    named += [(str(name), str(value)) for name, value in element.items() if _PANEL in str(name)]
    for attribute in children(element, "ac:adf-attribute"):
        named.append((attribute.get("key") or "", all_text(attribute)))
    return {_to_key(name): value for name, value in named}


def _to_key(name: str) -> str:
    return name.removeprefix("data-").replace("-", "").lower()


def _icon_of(attributes: dict[str, str]) -> str:
    get = attributes.get
    text, short, emoji_id = get("panelicontext", ""), get("panelicon", ""), get("paneliconid", "")
    return find_emoji(text, short, emoji_id) if text or short or emoji_id else ""


def _kind_of(element: Element, attributes: dict[str, str]) -> str:
    names = [element.get("ac:name") or ""]
    names += [name.rpartition("-")[2] for name in classes_of(element)]
    names.append(attributes.get("paneltype") or "")
    return next((_LABELS[name.lower()] for name in names if name.lower() in _LABELS), "")


def _kind_by_colour(element: Element, attributes: dict[str, str]) -> str:
    style = dict(split_declarations(element.get("style") or ""))
    value = attributes.get("bgcolor") or attributes.get("panelcolor") or ""
    value = value or style.get("background-color") or style.get("background") or ""
    colours = find_colours(value.lower())
    if len(colours) != 1:
        return ""
    red, green, blue, *_ = colours[0]
    return _KINDS_BY_COLOUR.get((round(255 * red), round(255 * green), round(255 * blue)), "")
