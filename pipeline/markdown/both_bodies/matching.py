"""Which macro of the storage format is in the place of an error of the rendered body.

Ids and names are missing from most errors, and a rendered body may have more text than the storage
format: a macro is recognised by the words before and after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from pipeline.markdown.both_bodies.places import Place, Words

# Numbers of words before and after an element, from the surest to the least sure.
_CONTEXTS = ((6, 6), (3, 3), (1, 1), (6, 0), (0, 6), (3, 0), (0, 3), (2, 0), (0, 2))

_SURE = 2  # of these

_ToKey = Callable[[Place], Hashable]


def match(
    gaps: Sequence[Place],
    rendered: Words,
    macros: Sequence[Place],
    storage: Words,
    *,
    only_sure: bool = False,
) -> dict[Place, Place]:
    """Return the macro of each gap, as far as it is sure.

    It is where both have the same id, or the same words around them, and no other gap and macro
    have; several in a row, as many in each body, are matched in order. Of several with the same
    text any will do. `only_sure`: words on both sides have to be the same.
    """
    found: dict[Place, Place] = {}
    _match_by(
        found,
        gaps,
        lambda gap: gap.element.get("data-macro-id"),
        macros,
        lambda macro: macro.element.get("ac:macro-id"),
        storage,
    )
    for before, after in _CONTEXTS[:_SURE] if only_sure else _CONTEXTS:
        keys = _by_context(rendered, before, after), _by_context(storage, before, after)
        _match_by(found, gaps, keys[0], macros, keys[1], storage)
    return found


def _by_context(words: Words, before: int, after: int) -> _ToKey:
    return lambda place: (words.before(place, before), words.after(place, after))


def _match_by(
    found: dict[Place, Place],
    gaps: Sequence[Place],
    gap_key: _ToKey,
    macros: Sequence[Place],
    macro_key: _ToKey,
    storage: Words,
) -> None:
    """Add those gaps and macros of which each body has as many with one key."""
    taken = set(found.values())
    by_key: defaultdict[Hashable, tuple[list[Place], list[Place]]] = defaultdict(lambda: ([], []))
    for gap in gaps:
        if gap not in found and (key := gap_key(gap)):
            by_key[key][0].append(gap)
    for macro in macros:
        if macro not in taken and (key := macro_key(macro)) in by_key:
            by_key[key][1].append(macro)
    for of_gaps, of_macros in by_key.values():
        are_as_many = len(of_gaps) == len(of_macros)
        if are_as_many or (len(of_gaps) < len(of_macros) and _are_copies(of_macros, storage)):
            found.update(zip(of_gaps, of_macros, strict=False))


def _are_copies(macros: Sequence[Place], storage: Words) -> bool:
    return len({tuple(storage.of(macro)) for macro in macros} | {()}) == 2
