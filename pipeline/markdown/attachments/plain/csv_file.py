"""`to_markdown`: a CSV file as a table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from pipeline.markdown.attachments.errors import TooLargeFileError
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.plain.encoding import read_text
from pipeline.markdown.attachments.sheets import Counting, to_blocks
from pipeline.markdown.blocks import join_page

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS, _SAMPLE = 200, 500_000  # characters
_LONGEST_FIELD = 1_000_000


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the rows as one table under its header, or as several if it is long."""
    text = read_text(path, limits)
    delimiter, text = _delimiter_of(text)
    counting = Counting(limits)
    rows = []
    try:
        for row in _read(text, delimiter):
            counting.add(row)
            rows.append(row)
    except csv.Error as error:
        raise TooLargeFileError(
            f"a field has more than {_LONGEST_FIELD:,} characters: a quote is not closed"
        ) from error
    return join_page(to_blocks(rows))


def _delimiter_of(text: str) -> tuple[str, str]:
    """Return what separates the fields, and the text without Excel's line that names it."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        return first.strip()[-1], rest
    return max(_DELIMITERS, key=lambda delimiter: _fit(text, delimiter)), text


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Return the share of rows with the most frequent width, if more than one, and the width."""
    widths: Counter[int] = Counter()
    rows = islice(_read(text[:_SAMPLE], delimiter), _SAMPLE_ROWS)
    with suppress(csv.Error):  # the last row is cut
        widths.update(len(row) for row in rows if row)
    if not widths:
        return 0.0, 0
    width, count = widths.most_common(1)[0]
    return (count / widths.total(), width) if width > 1 else (0.0, 0)


def _read(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    return csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
