"""What the two parsers' elements have in common."""

from __future__ import annotations

from typing import Protocol


class Attributes(Protocol):
    """An element's attributes, whichever parser read it."""

    def __len__(self) -> int: ...
    def __contains__(self, name: str, /) -> bool: ...
    def get(self, name: str, /) -> str | None: ...
