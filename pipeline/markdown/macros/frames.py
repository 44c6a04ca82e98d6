"""Macros that add nothing of their own: unwrapped, dropped, or unknown to Confluence."""

from __future__ import annotations

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, parameters_of
from pipeline.markdown.visible import INLINE, visible_text

_HIGHEST = 6  # elements around another that may begin with it
HIDEABLE = ("excerpt", "details")  # with the parameter `hidden`
# Apps' macros that show their text to some readers only: the rendering has decided it for the
# account. The others hold no text.
NOT_SHOWN = frozenset(
    """show-if hide-if show-to hide-from hidden-content hide-content html-comment htmlcomment css
    style stylesheet""".split()  # noqa: SIM905 - a list of quoted words is hard to read
)


def unwrap(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the content unchanged; the one paragraph of a macro within a line, on that line."""
    parent = element.getparent()
    if len(content.blocks) == 1 and parent is not None and parent.tag == "p":
        block = content.blocks[0]
        return put_on_line(element, block.text) if block.kind == "text" else [block]
    return content.text or list(content.blocks)


def put_on_line(element: Element, text: str) -> str:
    """Return the text of a macro within a line, apart from the words beside it."""
    following = element.getnext()
    after = element.tail or ("" if following is None else following.text) or ""
    lead, trail = text_before(element)[-1:].isalnum(), after[:1].isalnum()
    return " " * lead + text + " " * trail


def text_before(element: Element) -> str:
    """Return the text directly before an element on its line; "" at the start of a block."""
    for _ in range(_HIGHEST):
        previous, parent = element.getprevious(), element.getparent()
        text = previous.tail if previous is not None else parent.text if parent is not None else ""
        if text:
            return text
        if previous is not None:
            return _last_text(previous)
        if parent is None or parent.tag not in INLINE:
            break
        element = parent
    return ""


def _last_text(element: Element) -> str:
    while len(element) and not element[-1].tail:
        element = element[-1]
    return (element[-1].tail if len(element) else element.text) or ""


def drop(element: Element, content: Content, notes: Notes) -> Rendered:
    """Drop navigation macros: their targets are ingested as pages themselves."""
    notes.dropped.append(visible_text(element))
    return []


def hide(element: Element, content: Content, notes: Notes) -> Rendered:
    """Drop what no reader sees, without counting it as visible text that was dropped."""
    return ""


def is_not_shown(macro: Element, name: str) -> bool:
    """Return whether the text of a storage macro is not what its page shows.

    That is also so for hidden excerpts and page properties: only other pages show them.
    """
    name = name.lower()
    if name in HIDEABLE:
        return parameters_of(macro).get("hidden", "").lower() == "true"
    return name in NOT_SHOWN
