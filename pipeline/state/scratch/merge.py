"""Two sorted sequences side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def merge[Left, Right](
    lefts: Iterable[tuple[str, Left]], rights: Iterable[tuple[str, Right]]
) -> Iterator[tuple[str, Left | None, Right | None]]:
    """Yield each key once, with what either side has for it; both are sorted, without repeats.

    Databases and Python sort text in the same order: by code point.
    """
    left_rows, right_rows = iter(lefts), iter(rights)
    left, right = next(left_rows, None), next(right_rows, None)
    while left or right:
        key = min(row[0] for row in (left, right) if row)
        of_left, of_right = None, None
        if left and left[0] == key:
            of_left, left = left[1], next(left_rows, None)
        if right and right[0] == key:
            of_right, right = right[1], next(right_rows, None)
        yield key, of_left, of_right
