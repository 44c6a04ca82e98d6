"""The errors that Confluence writes where it could not render a macro."""

from __future__ import annotations

import re

from pipeline.markdown.notes import Notes

# In code it is an author's quotation of the error, and is kept.
_ERROR = re.compile(
    r"(?<!`)(?:Unable to render Jira issues macro, execution error\.?"
    r"|We don['’]t have a way to export this macro\.?"
    r"|Error rendering macro(?:\s*['‘\"][^'’\"\n]{0,200}['’\"])?)(?!`)"
)
_LONGEST_ERROR = 200  # characters of it in a warning


def drop_render_errors(text: str, notes: Notes) -> str:
    """Return inline text without errors; a line that begins with one is dropped."""
    if "macro" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        kept = line
        if error := _ERROR.search(line):
            is_whole = not any(map(str.isalnum, line[: error.start()]))
            kept = "" if is_whole else _ERROR.sub("", line)
            notes.is_render_failed = True
            dropped = line if is_whole else " ".join(_ERROR.findall(line))
            notes.dropped.append(dropped)
            notes.render_errors.append(" ".join(dropped.split())[:_LONGEST_ERROR])
        lines.append(kept)
    return "\n".join(lines)
