"""What Confluence writes where it could not render a macro.

It is recognised by its element, never by words alone: an author may write any words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, classes_of
from pipeline.markdown.visible import visible_text

ERROR_CLASS = "error"
TAGS = frozenset(("div", "span"))
_MACRO_CLASS = "conf-macro"
# All that is in an element without attributes; the editor writes text into paragraphs.
_BARE_TEXTS = (
    "We don't have a way to export this macro.",
    "Sorry! We don't have a way to export this macro.",
    "Unable to render Jira issues macro, execution error.",
)
_LONGEST_BARE_TEXT = max(map(len, _BARE_TEXTS))
_UNKNOWN_MACRO = re.compile(r"\s*Unknown macro:\s*(\{[^{}]+\}|'[^']+')\s*")


def is_error(tag: str, classes: Sequence[str], text: str | None, first: Sequence[str]) -> bool:
    """Return whether an element is an error, or the macro around one.

    `text` is all it holds, None where it has attributes or elements; `first` has the classes of its
    first element.
    """
    if tag not in TAGS:
        return False
    if ERROR_CLASS in classes or (_MACRO_CLASS in classes and ERROR_CLASS in first):
        return True
    if text is None or len(text) > 2 * _LONGEST_BARE_TEXT:
        return False
    return " ".join(text.replace("’", "'").split()) in _BARE_TEXTS


def is_error_element(element: Element, *, is_source: bool) -> bool:
    """Return whether an element is an error, or the macro around one.

    `is_source` is for a storage body, in which only unknown macros are errors.
    """
    classes = classes_of(element)
    if classes and ERROR_CLASS not in classes and _MACRO_CLASS not in classes:
        return False  # most elements
    first = classes_of(element[0]) if _MACRO_CLASS in classes and len(element) else []
    text = None if classes or len(element) or element.attrib else element.text
    if not is_error(element.tag, classes, text, first):
        return False
    return not is_source or _UNKNOWN_MACRO.fullmatch(all_text(element)) is not None


def error(element: Element, content: Content, notes: Notes) -> Rendered:
    """Drop an error and count it, but return {X} for `Unknown macro: {X}`.

    That is text that looks like a macro. `Unknown macro: 'x'` replaces a macro that the site does
    not have: nothing is left of it.
    """
    if unknown := _UNKNOWN_MACRO.fullmatch(all_text(element)):
        notes.count_unknown(unknown[1][1:-1])
        notes.dropped.append("Unknown macro" if unknown[1][0] == "{" else all_text(element))
        return unknown[1] if unknown[1][0] == "{" else ""
    notes.dropped.append(visible_text(element))
    notes.render_errors["macros"] += 1
    notes.is_render_failed = True
    return ""
