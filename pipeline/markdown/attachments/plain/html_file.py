"""`to_markdown`: an HTML file through the converter of pages."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from pipeline.markdown.attachments.errors import TooLargeFileError
from pipeline.markdown.attachments.html_body import convert_html
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.plain.encoding import decode

_HEAD_BYTES = 2_048
# Beginnings of the names of encodings that the content itself does not show.
_LEGACY = ("iso", "windows", "cp", "koi8", "gb", "big5", "euc", "shift", "mac", "latin")


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the text of the body; the title is its first heading if there is no other `h1`."""
    if path.stat().st_size > limits.unpacked_mb * 1_000_000:
        raise TooLargeFileError(f"it has more than {limits.unpacked_mb} MB")
    return convert_html(_decode(path.read_bytes()), is_document=True)


def _decode(content: bytes) -> str:
    head = content[:_HEAD_BYTES].decode("latin-1").lower()
    name = head.partition("<meta")[2].partition("charset=")[2].lstrip("\"'")
    encoding = "".join(takewhile(lambda sign: sign.isalnum() or sign in "-_", name[:40]))
    if encoding.startswith(_LEGACY):
        with suppress(LookupError):
            return content.decode(encoding, "replace")
    return decode(content)
