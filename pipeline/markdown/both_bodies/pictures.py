"""Diagrams, formulas and charts that a rendered body shows as a picture, by their sources."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from pipeline.markdown.both_bodies.matching import match
from pipeline.markdown.both_bodies.places import Words, to_words
from pipeline.markdown.macros.diagrams import diagram, read_source
from pipeline.markdown.macros.formulas import formula, formula_block, read_formula
from pipeline.markdown.macros.table import MACROS
from pipeline.markdown.tree import Element, classes_of
from pipeline.markdown.visible import visible_text

_DIAGRAMS = frozenset(
    name for row in MACROS if row.convert is diagram for name in row.names.split()
)
_FORMULAS = frozenset(
    name for row in MACROS if row.convert in (formula, formula_block) for name in row.names.split()
)
_CHART = "chart"
_NAMES = _DIAGRAMS | _FORMULAS | {_CHART}
_NAMED = re.compile(r'ac:name="(?:' + "|".join(sorted(_NAMES)) + '")')
# Classes of pictures that are files or emoji of the page.
_OTHERS = frozenset(("confluence-embedded-image", "confluence-external-resource", "emoticon"))
_MOST_CHARACTERS = 20_000  # of a source that is looked for


def may_be_pictures(storage: str) -> bool:
    """Return whether a storage format has macros that may be rendered as pictures."""
    return "ac:name=" in storage and _NAMED.search(storage) is not None


def is_picture(macro: Element) -> bool:
    """Return whether a macro may be rendered as a picture."""
    return macro.get("ac:name") in _NAMES


def replace_pictures(root: Element, source: Element, check: Callable[[], object]) -> None:
    """Put the macros whose text a rendered body lacks in the places of their pictures.

    One without a sure place is put at the end.
    """
    texts = [(macro, _text_of(macro, check)) for macro in source.iter("ac:structured-macro")]
    if not any(text for _, text in texts):
        return
    rendered = Words(root, _is_picture, lambda _: False)
    missing = {macro for macro, text in texts if text and not rendered.has(to_words(text))}
    if not missing:
        return
    storage = Words(source, missing.__contains__, missing.__contains__)
    found = match(rendered.places, rendered, storage.places, storage)
    macros = {macro.element: gap.element for gap, macro in found.items()}
    for macro in [place.element for place in storage.places]:
        picture, macro.tail = macros.get(macro), None
        parent = None if picture is None else picture.getparent()
        if picture is None or parent is None:
            root.append(macro)
        else:
            macro.tail, picture.tail = picture.tail, None
            parent.replace(picture, macro)


def _text_of(macro: Element, check: Callable[[], object]) -> str:
    check()
    name = (macro.get("ac:name") or "").lower()
    text = ""
    if name in _DIAGRAMS:
        text = read_source(macro)
    elif name in _FORMULAS:
        text = read_formula(macro)
    elif name == _CHART:
        text = " ".join(visible_text(body) for body in islice(macro.iter("ac:rich-text-body"), 1))
    return text[:_MOST_CHARACTERS].strip()


def _is_picture(element: Element) -> bool:
    return element.tag == "img" and _OTHERS.isdisjoint(classes_of(element))
