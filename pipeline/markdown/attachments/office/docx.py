"""`to_markdown`: a Word file by mammoth, whose HTML is converted as a page's."""

from __future__ import annotations

import io
import re
from pathlib import Path

import mammoth

from pipeline.markdown.attachments.html_body import convert_html
from pipeline.markdown.attachments.limits import FileLimits
from pipeline.markdown.attachments.office.package import open_package
from pipeline.markdown.attachments.office.word_hidden import without_hidden
from pipeline.markdown.attachments.office.word_styles import to_style_map

_ARROW = re.compile(r'<a href="#[^"<>]{1,100}">↑</a>')
# A note's mark in the text: a plain number in brackets.
_MARK = re.compile(r"<sup>(<a [^<>]{1,300}>\[\d{1,5}\]</a>)</sup>")


def to_markdown(path: Path, _name: str, limits: FileLimits) -> str:
    """Return the text with tracked changes accepted and notes at the end; without comments."""
    with open_package(path, limits) as package:
        style_map = to_style_map(package)
        content = without_hidden(package) or io.BytesIO(path.read_bytes())
    result = mammoth.convert_to_html(
        content, style_map=style_map, convert_image=lambda _image: [], id_prefix="x"
    )
    return convert_html(_MARK.sub(r"\1", _ARROW.sub("", result.value)))
