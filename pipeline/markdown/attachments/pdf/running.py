"""Heads and feet that run through a document, and page numbers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.markdown.attachments.pdf.layout import Box, Item, Line, Region

_MARGIN = 0.2  # of the page's height, above and below
_LOOKED_AT = 5  # lines from the top and from the bottom
_PLACE = 6.0  # points: a head is at the same height on each page
_FAR = 1.3  # of a line's height
_LEAST_PAGES = 3
_LEAST_SHARE = 0.3  # of the pages: heads change with the chapter, and on even pages
_LARGER = 1.15  # than the text: a title
_NUMBER = re.compile(r"\d{1,6}")
_PAGE_NUMBER = re.compile(
    r"[-–—\s|]*+(?:page|seite|σελίδα|страница|стр\.|página|p\.)?+\s*+(?:\d{1,4}|[ivxlc]{1,6})"
    r"(?:\s*+(?:/|of|von|από|из|de)\s*+\d{1,4})?+[-–—\s|]*+",
    re.IGNORECASE,
)

_Key = tuple[str, int]


@dataclass(slots=True)
class Page:
    """A page's size and what is on it, in no order."""

    box: Box
    items: list[Item]


def drop_running(pages: Sequence[Page]) -> None:
    """Take heads, feet and page numbers out of the pages; what is larger than the text stays."""
    largest = _LARGER * _usual_size(pages)
    edges = [[line for line in _edge_lines(page) if line.size <= largest] for page in pages]
    counts: Counter[_Key] = Counter()
    for number, (page, lines) in enumerate(zip(pages, edges, strict=True)):
        counts.update({key for line in lines for key in _keys(line, page, number)})
    filled = sum(1 for page in pages if page.items)
    least = max(2 if filled == 2 else _LEAST_PAGES, _LEAST_SHARE * min(filled, 20))
    for number, (page, lines) in enumerate(zip(pages, edges, strict=True)):
        dropped = [
            line
            for line in lines
            if any(_near(counts, key) >= least for key in _keys(line, page, number))
            or _is_page_number(line, page)
        ]
        bases = {round(line.base) for line in dropped}
        dropped += [line for line in lines if line.text.isdecimal() and round(line.base) in bases]
        gone = set(map(id, dropped))
        page.items = [item for item in page.items if id(item) not in gone]


def _usual_size(pages: Sequence[Page]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for item in page.items:
            if isinstance(item, Line):
                sizes[item.size] += len(item.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _near(counts: Counter[_Key], key: _Key) -> int:
    text, place = key
    return counts[key] + max(counts[text, place - 1], counts[text, place + 1])


def _keys(line: Line, page: Page, number: int) -> Iterator[_Key]:
    """Yield what a head has on each page: its height and its words.

    Its first or last number may count the pages: then it is as far ahead of `number` on each.
    """
    place = round((line.base - page.box.y0) / _PLACE)
    text = line.text.casefold()
    yield text, place
    found = list(_NUMBER.finditer(text))
    for match in (*found[:1], *found[1:][-1:]):
        ahead = int(match[0]) - number
        yield f"{text[: match.start()]}#{ahead}{text[match.end() :]}", place


def _edge_lines(page: Page) -> Iterator[Line]:
    items = sorted(page.items, key=lambda item: -item.box.y1)
    margin = _MARGIN * (page.box.y1 - page.box.y0)
    seen: set[int] = set()
    for item in (*items[:_LOOKED_AT], *items[-_LOOKED_AT:]):
        is_edge = item.box.y0 > page.box.y1 - margin or item.box.y1 < page.box.y0 + margin
        if is_edge and isinstance(item, Line) and id(item) not in seen:
            seen.add(id(item))
            yield item


def _is_page_number(line: Line, page: Page) -> bool:
    """Return whether a line below or above all text is a number, which no heading is."""
    if not _PAGE_NUMBER.fullmatch(line.text):
        return False
    others = [item.box for item in page.items if item is not line]
    return bool(others) and (
        line.box.y1 <= min(box.y0 for box in others) + 1
        or line.box.y0 >= max(box.y1 for box in others) - 1
    )


def split_edges(page: Page) -> tuple[Region, Region, Region]:
    """Return what is above the text, the text, and what is below, each beyond a wide gap."""
    margin = _MARGIN * (page.box.y1 - page.box.y0)
    downward = sorted(page.items, key=lambda item: -item.box.y1)
    tops = [(-item.box.y1, -item.box.y0) for item in downward]
    first = _edge_length(tops, -page.box.y1 + margin)
    upward = sorted(downward[first:], key=lambda item: item.box.y0)
    bottoms = [(item.box.y0, item.box.y1) for item in upward]
    last = _edge_length(bottoms, page.box.y0 + margin)
    return downward[:first], upward[last:], upward[:last][::-1]


def _edge_length(places: Sequence[tuple[float, float]], limit: float) -> int:
    """Return how many items, from an edge inwards, end before the limit and before a wide gap."""
    length, reached = 0, -math.inf
    for at, (start, end) in enumerate(places[: _LOOKED_AT + 1]):
        height = places[0][1] - places[0][0]
        if at and start - reached > _FAR * height and reached <= limit:
            length = at
        reached = max(reached, end)
    return length
