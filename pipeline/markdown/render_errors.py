"""What Confluence writes where it could not render a macro. It is never part of a page's text."""

from __future__ import annotations

import re
from html import unescape

from pipeline.markdown.blocks import Notes

# Quoted as code it is what an author wrote about the error, and stays.
_FAILED = re.compile(
    r"(?<!`)(?:Unable to render Jira issues macro, execution error\.?"
    r"|We don['’]t have a way to export this macro\.?"
    r"|Error rendering macro(?:\s*['‘\"][^'’\"\n]*['’\"])?)(?!`)"
)
_TEXT = re.compile(r"(?:^|>)[^<]*\w")


def looks_failed(html: str) -> bool:
    """Whether a rendered body may be worth nothing, without converting it: a first guess."""
    if "macro" in html and _FAILED.search(unescape(html)):
        return True
    return not _TEXT.search(html)


def drop_failures(text: str, notes: Notes) -> str:
    """Inline text without such phrases; a line that begins with one goes with its details."""
    if "macro" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        kept = line
        if failure := _FAILED.search(line):
            is_whole = not any(map(str.isalnum, line[: failure.start()]))
            kept = "" if is_whole else _FAILED.sub("", line)
            notes.is_failed = True
            dropped = line if is_whole else " ".join(_FAILED.findall(line))
            notes.dropped.append(dropped)
            notes.failures.append(" ".join(dropped.split())[:200])  # told: nothing of the page
        lines.append(kept)
    return "\n".join(lines)
