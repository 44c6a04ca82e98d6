"""Which macros of the storage format a rendered body does not show."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from pipeline.markdown.both_bodies.pictures import is_picture
from pipeline.markdown.both_bodies.places import Place, Words
from pipeline.markdown.both_bodies.source import BLOCKS, DEEPEST
from pipeline.markdown.tree import Element
from pipeline.markdown.visible import MACROS, seen_parameter, unsure_parameter

_SYNCED = "bodied-sync-block"
# Macros that show what a query finds or a script prints, and not their text.
_QUERIES = frozenset(("sql", "sql-query", "sql-file", "groovy", "beanshell", "jython"))


def find_unshown(source: Element, rendered: Words) -> tuple[Words, list[Place]]:
    """Return the macros, and texts in parameters, that a rendered body lacks, or without words.

    The words beside them are those of the storage format without the words that are missing: only
    these are around an error of the rendered body.
    """
    parameters = {seen_parameter(one) for one in source.iter(*MACROS) if not is_picture(one)}

    def is_part(element: Element) -> bool:
        return element.tag in BLOCKS or element in parameters

    unshown = Words(source, is_part, lambda _: False).list_unshown(rendered)
    parts = {place.element for place in unshown}
    words = Words(source, parts.__contains__, parts.__contains__)
    return words, words.places


def find_copies(source: Element, lacking: Counter[str]) -> Words:
    """Return the macros whose text the rendered body has, but less often than the storage format.

    `lacking` has the words that it has less often.
    """
    words = Words(source, lambda element: element.tag in BLOCKS, lambda _: False)
    words.places = [
        place
        for place in words.places
        if place.has_words and not Counter(words.of(place)) - lacking
    ]
    return words


def is_synced(macro: Element) -> bool:
    """Return whether a macro is a synced block that is kept on this page."""
    return any(node.get("type") == _SYNCED for node in islice(macro, DEEPEST))


def is_optional(part: Element) -> bool:
    """Return whether a rendering without errors may lack a macro, or its parameter, on purpose."""
    if part.tag in MACROS:
        return (part.get("ac:name") or "").lower() in _QUERIES
    macro = part.getparent()
    return macro is not None and part is unsure_parameter(macro)
