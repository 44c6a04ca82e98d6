"""Words as lines: those on one baseline, up to a gap that no space has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from pipeline.markdown.attachments.pdf.layout import Box, Line, Word, surround
from pipeline.markdown.links import to_link

_SAME_BASE = 0.3  # of the font's size
_GAP = 0.85  # of the font's size: wider than a space in justified text
_SMALL = 0.85  # of the line's size: a superscript or subscript
_OVERLAP = 0.45  # of its height, with the line that it belongs to
_GLUED = 0.17
_HIGHEST_INDENT = 100  # characters


def to_lines(words: Sequence[Word]) -> list[Line]:
    """Return the lines from the top down, those on one baseline from left to right."""
    return [_to_line(part) for row in _to_rows(words) for part in _split(row)]


def to_cell_text(words: Sequence[Word]) -> str:
    """Return all words in the order of reading, on one line."""
    return join_texts([_to_text(row) for row in _to_rows(words)])


def join_texts(lines: Sequence[str]) -> str:
    """Join the lines of a paragraph; a word that was divided at a line's end becomes one again."""
    text = ""
    for line in lines:
        if not text or not line:
            text += line
        elif _is_divided(text, line):
            text = text[:-1] + line
        elif _is_compound(text, line):
            text += line
        else:
            text += ("" if _is_dense(text[-1]) and _is_dense(line[0]) else " ") + line
    return text


def _is_divided(text: str, following: str) -> bool:
    return len(text) > 2 and text[-1] in "-\u2010" and text[-2].isalpha() and following[0].islower()


def _is_compound(text: str, following: str) -> bool:
    """Return whether a hyphen at a line's end belongs to the word: in dates and names."""
    return len(text) > 1 and text[-1] == "-" and text[-2].isalnum() and following[0].isalnum()


def _is_dense(character: str) -> bool:
    """Return whether a character is of a script that has no spaces."""
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _to_rows(words: Sequence[Word]) -> list[list[Word]]:
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (-word.base, word.box.x0)):
        if rows and rows[-1][0].base - word.base <= _SAME_BASE * word.size:
            rows[-1].append(word)
        else:
            rows.append([word])
    rows = _with_raised(rows)
    for row in rows:
        row.sort(key=lambda word: word.box.x0)
    return rows


def _with_raised(rows: list[list[Word]]) -> list[list[Word]]:
    """Put rows of superscripts and subscripts into the line that they belong to."""
    result: list[list[Word]] = []
    for at, row in enumerate(rows):
        above = result[-1] if result else None
        below = rows[at + 1] if at + 1 < len(rows) else None
        if above and _belongs(row, above):
            above += row
        elif below and _belongs(row, below):
            below += row
        else:
            result.append(row)
    return result


def _belongs(row: Sequence[Word], line: Sequence[Word]) -> bool:
    if max(word.size for word in row) > _SMALL * max(word.size for word in line):
        return False
    small = row[0].box
    place = surround([word.box for word in line])
    overlap = min(small.y1, place.y1) - max(small.y0, place.y0)
    near = place.x0 - small.y1 + small.y0 < small.x0 < place.x1 + small.y1 - small.y0
    return near and overlap > _OVERLAP * (small.y1 - small.y0)


def _split(row: Sequence[Word]) -> Iterator[list[Word]]:
    """Divide a row at wide gaps. Code is kept whole: its gaps are its own."""
    part: list[Word] = []
    for word in row:
        if part:
            last = part[-1]
            gap = word.box.x0 - max(word.box.x1 for word in part[-3:])
            if gap > _GAP * max(word.size, last.size) and not (word.is_mono and last.is_mono):
                yield part
                part = []
        part.append(word)
    yield part


def _to_line(words: Sequence[Word]) -> Line:
    sizes: Counter[float] = Counter()
    for word in words:
        sizes[word.size] += len(word.text)
    longest = max(words, key=lambda word: len(word.text))
    is_mono = all(word.is_mono for word in words)
    lettered = [word for word in words if any(map(str.isalnum, word.text))]
    return Line(
        _to_code(words) if is_mono else _to_text(words),
        surround([word.box for word in words]),
        longest.base,
        sizes.most_common(1)[0][0],
        bool(lettered) and all(word.is_bold for word in lettered),
        is_mono,
        len(words),
    )


def _to_text(words: Sequence[Word]) -> str:
    """Return words as they are read, with their links."""
    text = ""
    last: Box | None = None
    for link, group in groupby(words, key=lambda word: word.link):
        part = ""
        for word in group:
            is_glued = last is None or _is_glued(last, word)
            last = word.box
            if part:
                part += word.text if is_glued else f" {word.text}"
            else:
                text += "" if is_glued else " "
                part = word.text
        text += to_link(part, link) if link else part
    return text


def _is_glued(last: Box, word: Word) -> bool:
    return word.is_glued and -0.5 * word.size < word.box.x0 - last.x1 < _GLUED * word.size


def _to_code(words: Sequence[Word]) -> str:
    """Return words of fixed width with the spaces between them."""
    text = ""
    left = words[0].box.x0
    characters = sum(len(word.text) for word in words)
    width = sum(word.box.x1 - word.box.x0 for word in words) / characters or 1.0
    for word in words:
        at = min(round((word.box.x0 - left) / width), len(text) + _HIGHEST_INDENT)
        text = text.ljust(at) if at > len(text) else text + " " * (bool(text) and not word.is_glued)
        text += word.text
    return text
