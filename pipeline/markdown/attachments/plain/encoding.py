"""A file's bytes as text, whatever its encoding."""

from __future__ import annotations

import codecs
from pathlib import Path

from pipeline.markdown.attachments.errors import TooLargeFileError, UnsupportedFileError
from pipeline.markdown.attachments.limits import FileLimits

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 50_000  # bytes
_LEAST_ZEROS = 0.2  # of every other byte of UTF-16, in which ASCII has a zero
_MOST_BYTES_A_CHARACTER = 4


def read_text(path: Path, limits: FileLimits) -> str:
    """Return the text with "\\n" at the ends of lines; raises a `FileError` for other files."""
    if path.stat().st_size > _MOST_BYTES_A_CHARACTER * limits.characters:
        raise TooLargeFileError(f"its text has more than {limits.characters:,} characters")
    return decode(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")


def decode(content: bytes) -> str:
    """Return text by its mark, else as UTF-8, UTF-16 or the encoding that fits its letters best."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace").removeprefix("\ufeff")
    if encoding := _wide_encoding(content[:_SAMPLE]):
        return content.decode(encoding, "replace")
    if b"\0" in content[:_SAMPLE]:
        raise UnsupportedFileError("its content is no text: it has NUL bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if error.start > _SAMPLE:  # one bad byte in much text
            return content.decode(errors="replace")
        return content.decode(_guess(content[:_SAMPLE]), "replace")


def _wide_encoding(sample: bytes) -> str:
    """Return the encoding of UTF-16 without a mark; "" for other text."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    least = _LEAST_ZEROS * len(sample) / 2
    if max(even, odd) < least or min(even, odd) > 0.02 * max(even, odd):
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = sample.decode(encoding, "replace")
    return "" if sum(text.count(bad) for bad in "\0\ufffd") > 1 else encoding


def _guess(sample: bytes) -> str:
    """Return the encoding of an old file, by the letters that it would have."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
