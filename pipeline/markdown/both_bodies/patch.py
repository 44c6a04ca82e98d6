"""A rendered body in which what Confluence did not render is taken from the storage format.

Only what the page's author wrote is taken: the storage format has no text of other pages but in
synced blocks that are kept elsewhere, and those are left where they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import islice

from pipeline.markdown.both_bodies.by_text import copy_meanings
from pipeline.markdown.both_bodies.captions import add_captions
from pipeline.markdown.both_bodies.matching import match
from pipeline.markdown.both_bodies.pictures import may_be_pictures, replace_pictures
from pipeline.markdown.both_bodies.places import Place, Words
from pipeline.markdown.embedded import unfold
from pipeline.markdown.hidden import drop_hidden_elements
from pipeline.markdown.macros.errors import is_error_element
from pipeline.markdown.macros.frames import is_hidden_by_author
from pipeline.markdown.tree import Element, TooCostlyError, parse
from pipeline.markdown.visible import visible_text

log = logging.getLogger(__name__)
_MACROS = frozenset(("ac:structured-macro", "ac:macro", "ac:adf-extension"))
_SYNCED, _SYNCED_ELSEWHERE = "bodied-sync-block", "sync-block"
_SYNC_PLACEHOLDER = "Sync Block"
_MOST_CHARACTERS = 2_000_000  # of both bodies: each word that is compared takes 250 bytes
_DEEPEST = 10  # elements between a macro and the one around it that adds no words
# Where none of these is in the storage format, it has nothing to add to a complete rendering.
_MARKS = ("<ac:caption", _SYNCED, "panelIcon", "UNDECIDED", "panel-type", 'ac:name="code"')
_MARKS_OF_ERRORS = ("error", "We don", "Unable to render", "Sync Block")


def read_source(storage: str, check: Callable[[], object]) -> Element:
    """Return the tree of a storage format, without what its page does not show."""
    source = parse(storage)
    unfold(source, (storage,), check)
    drop_hidden_elements(source)
    _leave_out(source)
    return source


class Patch:
    """What a page's storage format adds to its rendered body."""

    def __init__(self, rendered: str, storage: str, check: Callable[[], object]) -> None:
        self._rendered, self._storage, self._check = rendered, storage, check
        self.filled = 0  # errors in whose place a macro is now
        self.unsure = 0  # errors whose macro is not known
        self.kept = 0  # macros at the end of the page, because their place is not known
        self.visible = ""  # what the storage format shows, where it was read

    def apply(self, root: Element) -> None:
        """Put what is missing from a rendered body in its place in the tree."""
        may_fail = any(mark in self._rendered for mark in _MARKS_OF_ERRORS)
        may_add = any(mark in self._storage for mark in _MARKS) or may_be_pictures(self._storage)
        if not (may_fail or may_add):
            return
        if len(self._storage) + len(self._rendered) > _MOST_CHARACTERS:
            log.warning("the page is too large to read both of its bodies together")
            return
        try:
            source = read_source(self._storage, self._check)
        except TooCostlyError as error:
            log.warning("the storage format is too large to read beside the rendering: %s", error)
            return
        self.visible = visible_text(source)
        rendered = Words(root, _is_gap, _is_gap)
        self._check()
        add_captions(root, source, rendered)
        copy_meanings(root, source)
        if rendered.places:
            self._fill(root, rendered, source)
        replace_pictures(root, source, self._check)

    def _fill(self, root: Element, rendered: Words, source: Element) -> None:
        unshown = Words(source, _is_macro, lambda _: False).list_unshown(rendered)
        texts = {macro.element: macro.has_words for macro in unshown}
        leaves = {macro for macro in texts if _is_leaf(macro)}
        # The words of what is missing are not around anything in the rendered body.
        storage = Words(source, texts.__contains__, leaves.__contains__)
        macros = _outermost(storage.places)
        synced = [macro for macro in macros if _is_synced(macro.element)]
        others = [macro for macro in macros if not _is_synced(macro.element)]
        errors = [place for place in rendered.places if _is_error(place.element)]
        placeholders = [place for place in rendered.places if not _is_error(place.element)]
        found = match(placeholders, rendered, synced, storage)
        found |= match(errors, rendered, others, storage)
        self.filled = sum(place in found for place in errors)
        self.unsure = len(errors) - self.filled
        taken = set(found.values())
        left = [macro.element for macro in macros if macro not in taken and texts[macro.element]]
        for gap, macro in found.items():
            _replace(gap.element, macro.element)
        if self.unsure and left:
            self.kept = len(left)
            root.extend(left)


def _is_leaf(macro: Element) -> bool:
    return not any(inner is not macro for inner in islice(macro.iter(*_MACROS), 2))


def _is_error(element: Element) -> bool:
    return is_error_element(element, is_source=False)


def _is_gap(element: Element) -> bool:
    if element.tag not in ("div", "span"):
        return False
    is_bare = element.tag == "div" and not len(element) and not element.attrib
    return (is_bare and (element.text or "").strip() == _SYNC_PLACEHOLDER) or _is_error(element)


def _is_macro(element: Element) -> bool:
    return element.tag in _MACROS


def _leave_out(source: Element) -> None:
    """Empty what only other pages show, and blocks that are kept on other pages."""
    for element in list(source.iter("ac:structured-macro", "ac:macro", "ac:adf-extension")):
        is_elsewhere = any(
            node.get("type") == _SYNCED_ELSEWHERE for node in islice(element, _DEEPEST)
        )
        if is_elsewhere or is_hidden_by_author(element, element.get("ac:name") or ""):
            tail = element.tail
            element.clear()
            element.tag, element.tail = "ac:placeholder", tail


def _is_synced(element: Element) -> bool:
    return any(node.get("type") == _SYNCED for node in islice(element, _DEEPEST))


def _outermost(macros: Sequence[Place]) -> list[Place]:
    """Return the macros without those that only have the words of the macro around them."""
    found: list[Place] = []
    for macro in macros:
        around = islice(macro.element.iterancestors(), _DEEPEST)
        if not (found and found[-1][1:] == macro[1:] and found[-1].element in set(around)):
            found.append(macro)
    return found


def _replace(gap: Element, macro: Element) -> None:
    parent = gap.getparent()
    if parent is not None:
        tail, gap.tail = gap.tail, None
        parent.replace(gap, macro)
        macro.tail = tail
