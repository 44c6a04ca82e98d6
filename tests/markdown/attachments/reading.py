"""What tests read from a converted file: its words, and those that are missing or out of order."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

from pipeline.markdown.attachments import FileLimits
from pipeline.markdown.attachments.readers import read_file

DOCUMENTS = Path(__file__).parent / "documents"
_KINDS = {".log": "txt", ".yaml": "txt"}
_WORD = re.compile(r"[^\s|#*`]+")


def convert(path: Path, limits: FileLimits | None = None) -> str:
    """Convert a file in this process, which is faster than in one of its own."""
    kind = _KINDS.get(path.suffix, path.suffix[1:])
    return read_file(path, path.name, kind, limits or FileLimits()).text


def words_of(text: str) -> list[str]:
    """Return the words of a text, without the marks of Markdown."""
    return [word for word in _WORD.findall(text) if word not in ("-", "---", "1.", "2.", "3.")]


def share_in_order(written: list[str], found: list[str]) -> float:
    """Return which part of the written words is found in their order."""
    matcher = SequenceMatcher(None, written, found, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(written)
