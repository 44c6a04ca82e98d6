"""The titles above a page, read from a listing page by page."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

Node = tuple[str, str | None]  # title, id of the parent
_CACHED = 8_192  # pages that have children: neighbours share them


class Ancestors:
    """Titles from the top down."""

    def __init__(self, look_up: Callable[[str], Node | None]) -> None:
        """`look_up` returns a listed page, None for anything else."""
        self._look_up = lru_cache(_CACHED)(look_up)

    def above(self, page_id: str, parent: str | None) -> tuple[str, ...]:
        """Return the titles of a page's ancestors.

        An ancestor that is not a listed page (a folder) appears as its id and ends the chain,
        because a listing does not show what is above it. So does a parent that is its own
        descendant.
        """
        above: list[str] = []
        seen = {page_id}
        while parent and parent not in seen:
            seen.add(parent)
            title, parent = self._look_up(parent) or (parent, None)
            above.append(title)
        return tuple(reversed(above))
