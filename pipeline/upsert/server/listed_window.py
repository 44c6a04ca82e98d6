"""The window of an embedding model in a server's list of models, where that can be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SMALLEST, _LARGEST, _DIGITS = 64, 1_000_000, 7  # word pieces; digits of the largest
# Llama Stack's own table has both the wrong way round for some models: `nv-embedqa-e5-v5` reads 512
# word pieces and has vectors of 1,024 numbers. No well-known model is like these pairs.
_WINDOWS = frozenset((128, 256, 512))
_DIMENSIONS = frozenset((384, 768, 1024, 1536, 2048, 3072, 4096))


def to_listed_window(about: Mapping[str, Any]) -> int | None:
    """Return the window of a model by its metadata, None where it is missing or cannot be right."""
    window = to_whole_number(about.get("context_length"))
    dimension = to_whole_number(about.get("embedding_dimension"))
    if not _SMALLEST <= window <= _LARGEST:
        return None
    is_swapped = dimension in _WINDOWS and window in _DIMENSIONS
    return None if is_swapped else window


def to_whole_number(value: object) -> int:
    """Return a whole number from a list, also one that is written as text; 0 for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return 0
    text = str(value) if isinstance(value, str) or value < _LARGEST else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
