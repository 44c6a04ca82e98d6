"""What a recipe makes of a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.records import Page


class Passage(NamedTuple):
    """What a vector database would hold: one chunk's text."""

    page_id: str
    text: str
    tokens: int  # cl100k_base


Recipe = Callable[[Page], list[Passage]]
