"""What is wrong with a page's chunks: structure that is broken, text that is lost or made up.

The source is read line by line here, in another way than by the chunker.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.chunk.link_targets import move_links, without_targets
from pipeline.chunk.tokens import count_tokens
from pipeline.records import Chunk, Markdown

_MARKER = r"(?:[-*+]|\d{1,9}[.)])"
_FENCE = re.compile(rf"[\s>]*(?:{_MARKER}\s+)*(`{{3,}}(?=[^`]*$)|~{{3,}})(.*)")
_ITEM = re.compile(rf"( *){_MARKER} ")
_ROW = re.compile(rf"[\s>]*(?:{_MARKER} +)*(\|.*)")
_DELIMITERS = re.compile(r"\|[\s:|]*-[\s:|-]*$")
_SPACES, _WORD = re.compile(r"[\s>]+"), re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")  # not after "e.g."
_LEAST = 16  # letters of a line that is looked for in chunks


class Line(NamedTuple):
    """A line of Markdown, and whether it is code, or a mark around code."""

    text: str
    is_code: bool = False
    is_mark: bool = False


def faults_of(markdown: Markdown, chunks: Sequence[Chunk], limit: int) -> list[str]:
    """Return one line for each fault."""
    source = list(to_lines(markdown.text))
    faults = [f"{chunk.tokens} tokens" for chunk in chunks if chunk.tokens > limit]
    faults += _text_faults(markdown, chunks)
    for chunk in chunks:
        crumb, _, body = chunk.text.partition("\n\n")
        room = limit - count_tokens(crumb)
        faults += _fence_faults(source, body)
        faults += _table_faults(source, body, room)
    faults += _item_faults(source, chunks, limit)
    faults += _introduction_faults(source, chunks, limit)
    faults += _container_faults(markdown, chunks)
    return faults


def to_lines(text: str) -> Iterator[Line]:
    """Yield the lines of Markdown."""
    mark = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if mark:
            is_end = line.strip(" >").startswith(mark) and not set(line.strip(" >")) - {mark[0]}
            yield Line(line, is_code=not is_end, is_mark=is_end)
            mark = "" if is_end else mark
        elif found:
            mark = found[1]
            yield Line(line, is_mark=True)
        else:
            yield Line(line)


@lru_cache(maxsize=10_000)
def plain(text: str) -> str:
    """Return a text on one line without the targets of its links."""
    return _SPACES.sub(" ", without_targets(text)).strip()


def _text_faults(markdown: Markdown, chunks: Sequence[Chunk]) -> Iterator[str]:
    # The links of a text that was cut follow its parts: letters are compared, not their order.
    # The same link twice is once below the text.
    text, links = move_links(f"{markdown.title}\n{markdown.text}".replace("<br>", " "))
    targets = [link.rpartition("](")[2] for link in links]
    source = "\n".join((text, *targets))
    kept = "\n".join(chunk.text for chunk in chunks).replace("<br>", " ")
    if lost := Counter("".join(_WORD.findall(source))) - Counter("".join(_WORD.findall(kept))):
        yield f"lost: {dict(lost)}"
    titles = " ".join(container.title for container in markdown.containers)
    words = set(_WORD.findall(f"{source} {titles}"))
    made_up = [
        word
        for word in set(_WORD.findall(kept)) - words
        if word not in markdown.text and word not in source
    ]
    if made_up:
        yield f"made up: {made_up[:5]}"


def _fence_faults(source: Sequence[Line], body: str) -> Iterator[str]:
    lines = list(to_lines(body))
    if sum(line.is_mark for line in lines) % 2:
        yield f"a fence that is not closed, or not opened: {body!r}"
    code = {line.text.strip() for line in source if line.is_code}
    others = {plain(line.text) for line in source if not line.is_code}
    for line in lines:
        text = line.text.strip()
        if not line.is_code and len(text) > _LEAST and text in code and plain(text) not in others:
            yield f"code outside a fence: {text!r}"


def _to_tables(lines: Sequence[Line]) -> Iterator[list[str]]:
    table: list[str] = []
    for line in (*lines, Line("")):
        found = None if line.is_code else _ROW.match(line.text)
        if found:
            table.append(plain(found[1]))
        elif table:
            yield table
            table = []


def _table_faults(source: Sequence[Line], body: str, room: int) -> Iterator[str]:
    tables = list(_to_tables(source))
    headed = [table for table in tables if len(table) > 2 and _DELIMITERS.match(table[1])]
    small = [table for table in headed if count_tokens("\n".join(table[:2])) < room // 5 - 4]
    below = {row for table in small for row in table[2:]}
    firsts = {row.split("|")[1].strip() for table in tables for row in table}
    rows = {row for table in tables for row in table}
    values = {row for table in tables for row in table[2:]}
    for table in _to_tables(list(to_lines(body))):
        if len(table) == 1 and _DELIMITERS.match(table[0]) and table[0] not in values:
            yield f"a delimiter row alone: {body!r}"
        has_header = len(table) > 1 and _DELIMITERS.match(table[1])
        cut = [row for row in table if row not in rows]
        is_sure = len(small) == len(tables)
        if not has_header and (not below.isdisjoint(table) or (cut and is_sure)):
            yield f"rows without their header: {body!r}"
        for row in cut if is_sure else ():
            first = row.split("|")[1].strip().removesuffix("…")
            if not any(first in other for other in firsts):
                yield f"a row without its first cell: {row!r}"


def _to_lists(lines: Sequence[Line]) -> Iterator[tuple[str, list[str]]]:
    """Yield the line above a list, and its items without items in them, code or tables."""
    above, items, is_leaf = "", list[str](), False
    start = ""
    for line, below in zip(lines, (*lines[1:], Line("")), strict=True):
        found = None if line.is_code else _ITEM.match(line.text)
        if found and (items or not found[1]):
            if not items:
                start = above
            inner = _ITEM.match(below.text)
            is_leaf = not (line.is_mark or (inner and len(inner[1]) > len(found[1])))
            items.append(line.text if is_leaf else "")
        elif items and line.text[:1] == " ":
            if line.is_code or line.is_mark or _ROW.match(line.text):
                is_leaf, items[-1] = False, ""
            elif is_leaf:
                items[-1] += "\n" + line.text
        elif items and line.text:
            yield start, [item for item in items if item]
            items = []
        if line.text and not items:
            above = line.text
    if items:
        yield start, [item for item in items if item]


def _item_faults(source: Sequence[Line], chunks: Sequence[Chunk], limit: int) -> Iterator[str]:
    texts = [plain(chunk.text) for chunk in chunks]
    room = limit - max(count_tokens(chunk.text.partition("\n\n")[0]) for chunk in chunks)
    for _, items in _to_lists(source):
        for item in items:
            fits = count_tokens(item) < room // 3 - 8
            if fits and not any(plain(item) in text for text in texts):
                yield f"an item that fits is cut: {item!r}"


def _introduction_faults(
    source: Sequence[Line], chunks: Sequence[Chunk], limit: int
) -> Iterator[str]:
    texts = [plain(chunk.text) for chunk in chunks]
    room = min(limit, 256) - max(count_tokens(chunk.text.partition("\n\n")[0]) for chunk in chunks)
    lines = Counter(plain(line.text) for line in source)
    for lines_above, items in _to_lists(source):
        above = _SENTENCE_END.split(lines_above)[-1]
        if above[:1] == "#" or not above.endswith(":") or count_tokens(above) > room // 8:
            continue
        for item in map(plain, items):
            if len(item) < _LEAST or lines[item] != 1 or " ".join(lines).count(item) > 1:
                continue
            if any(item in text and plain(above) not in text for text in texts):
                yield f"an item without {above!r}: {item!r}"


def _container_faults(markdown: Markdown, chunks: Sequence[Chunk]) -> Iterator[str]:
    lines = markdown.text.split("\n")
    whole = plain(markdown.text)
    # A breadcrumb that is too long is shortened.
    texts = [plain(chunk.text) for chunk in chunks if "…\n\n" not in chunk.text]
    for container in markdown.containers:
        title = plain(container.title)
        for line in map(plain, lines[container.first : container.end]):
            if len(line) < _LEAST or whole.count(line) > 1:
                continue
            if any(line in text and title not in text for text in texts):
                yield f"a line without its container's title {title!r}: {line!r}"
