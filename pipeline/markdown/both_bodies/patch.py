"""A rendered body in which what Confluence did not render is taken from the storage format.

Only what the page's author wrote is taken: the storage format has no text of other pages but in
synced blocks that are kept elsewhere, and those are left where they are.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable
from operator import ge

from pipeline.markdown.both_bodies.by_text import copy_meanings
from pipeline.markdown.both_bodies.captions import add_captions
from pipeline.markdown.both_bodies.matching import match
from pipeline.markdown.both_bodies.pictures import (
    is_picture,
    may_be_pictures,
    replace_pictures,
)
from pipeline.markdown.both_bodies.places import Words
from pipeline.markdown.both_bodies.source import as_shown, drop_addresses, read_source
from pipeline.markdown.both_bodies.source_text import read_text
from pipeline.markdown.both_bodies.unshown import (
    find_copies,
    find_unshown,
    is_optional,
    is_synced,
)
from pipeline.markdown.loss import CountedWords, are_words_of, count_words
from pipeline.markdown.macros.errors import is_error_element
from pipeline.markdown.tree import Element, TooCostlyError, parse
from pipeline.markdown.visible import visible_text

log = logging.getLogger(__name__)
_SYNC_PLACEHOLDER = "Sync Block"
_MOST_CHARACTERS = 2_000_000  # of both bodies: each word that is compared takes 250 bytes
# Where none of these is in a body, and the rendering has all words of the storage format, that has
# nothing to add.
_CAPTION = "<ac:caption"
_MARKS_OF_MEANINGS = ("panelIcon", "UNDECIDED", "panel-type")
_MARKS_OF_ERRORS = ("We don", "Unable to render", _SYNC_PLACEHOLDER)
_ERROR_CLASS = re.compile(r"""class=["'](?:[^"'<>]*\s)?error[\s"']""")


class Patch:
    """What a page's storage format adds to its rendered body."""

    def __init__(self, rendered: str, storage: str, check: Callable[[], object]) -> None:
        self._rendered, self._storage, self._check = rendered, storage, check
        self.filled = 0  # errors in whose place a macro is now
        self.unsure = 0  # errors whose macro is not known
        self.kept = 0  # macros at the end of the page, because their place is not known
        self._left_out: Counter[str] = Counter()  # words that the rendering lacks on purpose

    def apply(self, root: Element, seen: CountedWords) -> tuple[Counter[str], Counter[str]]:
        """Put what is missing from a rendered body in its place in the tree.

        `seen` are the words that readers see in it. Returns them without those of errors that were
        replaced, and the words of the storage format, unless it has nothing to add.
        """
        words: Counter[str] = seen
        text = read_text(self._storage)
        found = words if are_words_of(seen, text) else count_words(text)
        is_complete = found is words or all(map(ge, map(words.__getitem__, found), found.values()))
        if is_complete and not self._may_add_text():
            if self._may_add_meanings():
                copy_meanings(root, parse(self._storage))
            return words, Counter()
        if len(self._storage) + len(self._rendered) > _MOST_CHARACTERS:
            log.warning("the page is too large to read both of its bodies together")
            return words, found
        try:
            source = read_source(self._storage, self._check)
        except TooCostlyError as error:
            log.warning("the storage format is too large to read beside the rendering: %s", error)
            return words, found
        drop_addresses(source, root)
        found = count_words(visible_text(source))
        self._check()
        copy_meanings(root, source)
        lacking = found - words
        if lacking or self._may_add_text():
            rendered = Words(root, _is_gap, _is_gap)
            add_captions(root, source, rendered)
            if rendered.places or lacking:
                words = words - self._fill(root, rendered, source, lacking)
            replace_pictures(root, source, self._check)
        return words, found - self._left_out

    def _may_add_text(self) -> bool:
        return (
            _CAPTION in self._storage
            or may_be_pictures(self._storage)
            or _has_any(self._rendered, _MARKS_OF_ERRORS)
            or ("error" in self._rendered and _ERROR_CLASS.search(self._rendered) is not None)
        )

    def _may_add_meanings(self) -> bool:
        has_default_language = "brush: java" in self._rendered and 'ac:name="code"' in self._storage
        return has_default_language or _has_any(self._storage, _MARKS_OF_MEANINGS)

    def _fill(
        self, root: Element, rendered: Words, source: Element, lacking: Counter[str]
    ) -> Counter[str]:
        """Put macros in the places of errors; return the words of these errors."""
        storage, unshown = find_unshown(source, rendered)
        synced = [macro for macro in unshown if is_synced(macro.element)]
        others = [macro for macro in unshown if not is_synced(macro.element)]
        errors = [place for place in rendered.places if _is_error(place.element)]
        placeholders = [place for place in rendered.places if not _is_error(place.element)]
        found = match(placeholders, rendered, synced, storage)
        found |= match(errors, rendered, others, storage)
        if lacking and len(errors) > sum(place in found for place in errors):
            copies = find_copies(source, lacking)
            left = [place for place in errors if place not in found]
            found |= match(left, rendered, copies.places, copies, only_sure=True)
        self.filled = sum(place in found for place in errors)
        self.unsure = len(errors) - self.filled
        taken = {macro.element for macro in found.values()}
        replaced: Counter[str] = Counter()
        for gap, macro in found.items():
            replaced += count_words(visible_text(gap.element))
            lacking -= count_words(visible_text(as_shown(macro.element)))
            _replace(gap.element, macro.element)
        self._keep(root, [macro.element for macro in unshown], taken, lacking)
        return replaced

    def _keep(
        self, root: Element, macros: list[Element], seen: set[Element], lacking: Counter[str]
    ) -> None:
        """Put at the end what is in no error's place, but may be, or has words that are nowhere.

        `seen` has the macros that are in an error's place.
        """
        for macro in macros:
            if is_picture(macro) or macro in seen or not seen.isdisjoint(macro.iterancestors()):
                continue
            seen.add(macro)
            is_left_out = not self.unsure and is_optional(macro)
            words = count_words(visible_text(as_shown(macro)))
            if is_left_out:
                self._left_out += words
            elif words and (self.unsure or words.keys() & lacking.keys()):
                lacking -= words
                macro.tail = None
                root.append(macro)
                self.kept += 1


def _has_any(body: str, marks: Iterable[str]) -> bool:
    return any(mark in body for mark in marks)


def _is_error(element: Element) -> bool:
    return is_error_element(element, is_source=False)


def _is_gap(element: Element) -> bool:
    if element.tag not in ("div", "span"):
        return False
    is_bare = element.tag == "div" and not len(element) and not element.attrib
    return (is_bare and (element.text or "").strip() == _SYNC_PLACEHOLDER) or _is_error(element)


def _replace(gap: Element, macro: Element) -> None:
    parent = gap.getparent()
    if parent is not None:
        tail, gap.tail = gap.tail, None
        parent.replace(gap, macro)
        macro.tail = tail
