"""Links of a chunk: their labels stay in the text, their targets follow below it.

An address adds little meaning to the text around it, but takes up a third of many chunks and blurs
the vector. So the text reads as on the page, and whole links follow it: `[label](address)`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINK = re.compile(
    r"(?P<code>`{3,}[\s\S]*?(?:`{3,}|\Z)|~{3,}[\s\S]*?(?:~{3,}|\Z)|`[^`\n]+`)"
    r"|(?<!!)\[(?P<label>(?:[^\[\]\\\n]|\\.|!?\[[^\[\]\n]*\])*)\]"
    r"\((?:<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)"
)
_PLACES = 5  # at which a label is looked for


def without_targets(text: str) -> str:
    """Return the text with every link outside code replaced by its label."""
    return move_links(text)[0]


def move_links(text: str) -> tuple[str, list[str]]:
    """Return the text with labels instead of links, and the links in order, each once."""
    if "](" not in text:
        return text, []
    links: dict[str, None] = {}

    def replace(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        links[match[0]] = None
        return match["label"]

    return _LINK.sub(replace, text), list(links)


def split_off_links(text: str) -> tuple[str, list[str]]:
    """Return a text without the links that follow it, one on a line, and these links."""
    above, _, below = text.rpartition("\n\n")
    links = below.split("\n")
    if all(move_links(link)[1] == [link] for link in links):
        return above, links
    return text, []


def put_links_back(text: str, links: Sequence[str]) -> str:
    """Return the text with these links in the place of their labels: `move_links` undone.

    A link whose place is not clear stays below the text.
    """
    whole, below, at = text, [], 0
    for link in links:
        label = without_targets(link)
        start = whole.find(label, at)
        for _ in range(_PLACES):
            linked = whole[:start] + link + whole[start + len(label) :]
            if start < 0 or without_targets(linked) == text:  # in code, a link is no link
                break
            start = whole.find(label, start + 1)
        else:
            start = -1
        if start < 0:
            below.append(link)
        else:
            whole, at = linked, start + len(link)
    return "\n\n".join(filter(None, (whole, "\n".join(below))))
