"""Which reader converts which kind of file: each is imported when the first such file comes."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from pipeline.markdown.attachments.errors import NoTextError, TooLargeFileError
from pipeline.markdown.attachments.kinds import find_kind
from pipeline.markdown.attachments.limits import ConvertedFile, FileLimits
from pipeline.markdown.hidden import drop_hidden_characters
from pipeline.markdown.tree import drop_control_characters, to_valid

_PACKAGE = "pipeline.markdown.attachments"
_MODULES = {
    "pdf": "pdf.document",
    "docx": "office.docx",
    "xlsx": "office.xlsx",
    "pptx": "office.pptx",
    "csv": "plain.csv_file",
    "md": "plain.markdown_file",
    "html": "plain.html_file",
    "txt": "plain.text_file",
}


def read_file(path: Path, name: str, expected: str, limits: FileLimits) -> ConvertedFile:
    """Convert a file in this process; raises a `FileError`, or whatever a library raises."""
    with path.open("rb") as file:
        kind = find_kind(file, expected)
    text = _reader_of(kind)(path, name, limits)
    text, hidden = drop_hidden_characters(to_valid(drop_control_characters(text)))
    if len(text) > limits.characters:
        raise TooLargeFileError(f"its text has more than {limits.characters:,} characters")
    if not any(map(str.isalnum, text)):
        raise NoTextError("it has no text: a scan, pictures or nothing")
    return ConvertedFile(text, kind, hidden)


def _reader_of(kind: str) -> Callable[[Path, str, FileLimits], str]:
    module = importlib.import_module(f"{_PACKAGE}.{_MODULES[kind]}")
    return module.to_markdown  # type: ignore[no-any-return]
