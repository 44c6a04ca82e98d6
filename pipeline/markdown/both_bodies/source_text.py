"""The text of a storage format without a parser: all that its page shows, and perhaps more.

Most pages show all of them, and then the storage format has nothing to add: this takes a sixth of
the time that a tree would.
"""

from __future__ import annotations

import re
from html import unescape

from pipeline.markdown.tree import to_html
from pipeline.markdown.visible import INLINE, SEEN_NAMES, UNSEEN

_NAMES = "|".join(sorted(map(re.escape, SEEN_NAMES)))
_UNSEEN = "|".join(sorted(map(re.escape, UNSEEN - {"ac:parameter"})))
_INLINE = "|".join(sorted(INLINE - UNSEEN - {"img"}))
_WITHIN_WORDS = re.compile(rf"</?+(?:{_INLINE})(?=[\s/>])[^<>]*+>")
# An element whose text no reader sees with that text, and any other tag.
_TAG_OR_UNSEEN = re.compile(
    rf"<(?:(?:ac:parameter(?! ac:name=\"(?:{_NAMES})\")|{_UNSEEN})(?=[\s/>])[^<>]*+(?<!/)>[^<]*+"
    r"|[A-Za-z/!?][^<>]*+>)"
)
_LINKED = re.compile(  # what a link without a text of its own shows
    r"<ac:link[^<>]*+>\s*+<ri:(?:page|blog-post|attachment)(?=\s)"
    r'(?>[^<>]*? ri:(?:content-title|filename)="([^"<>]*+)")'
    r"[^<>]*+>(?:</ri:[a-z-]++>)?\s*+</ac:link>"
)


def read_text(storage: str) -> str:
    """Return the text of a storage format, some of which its page may not show."""
    html = to_html(storage)
    titles = " ".join(_LINKED.findall(html)) if "<ac:link" in html else ""
    text = _TAG_OR_UNSEEN.sub(" ", _WITHIN_WORDS.sub("", html))
    return unescape(f"{text} {titles}")
