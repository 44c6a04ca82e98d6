"""What readers of a page see: hidden elements, hidden characters, visible text."""

from __future__ import annotations

import re
from typing import Protocol

from lxml import etree

from pipeline.markdown.tree import Element

INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr
    q rp rt ruby s samp small span strike strong sub sup time tt u var wbr
    ac:emoticon ac:image ac:inline-comment-marker ac:link ac:link-body
    ac:plain-text-link-body ac:placeholder""".split()  # noqa: SIM905 - fifty quoted words are hard to read
)
UNSEEN = frozenset(
    """ac:parameter ac:default-parameter ac:placeholder ac:task-id ac:task-uuid ac:task-status
    ac:adf-attribute ac:adf-parameter script style template noscript title head""".split()  # noqa: SIM905 - the same
)

# Zero-width, bidirectional and other format characters that show nothing. Joiners are kept where
# a script or an emoji needs them, tag characters in the flags that are made of them.
_SUSPECT = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_JOINING = "\u0590-\u1fff\ua800-\uabff\ufb1d-\ufefc\U00010a00-\U00011fff"
_EMOJI = "\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff"
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    f"|(?<![{_JOINING}])\u200c|(?<![{_JOINING}{_EMOJI}])\u200d"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden"
    r"|(?:font-size|opacity)\s*:\s*0(?:\.0+)?[a-z%]*\s*(?:;|!|$)",
    re.IGNORECASE,
)
# What opens at a click is hidden by a style too, but it is the page's content.
_OPENED_BY_CLICK = ("expand-content", "expander-content", "tabs-pane", "twixi-block", "codeContent")
_CODE_LINES = frozenset(("div", "p", "pre", "li", "tr"))


class Attributes(Protocol):
    """An element's attributes, whichever parser read it."""

    def __len__(self) -> int: ...
    def __contains__(self, name: str, /) -> bool: ...
    def get(self, name: str, /) -> str | None: ...


def is_hidden(attributes: Attributes) -> bool:
    """Return whether one of an element's attributes hides it from readers."""
    if not attributes:
        return False
    style, classes = attributes.get("style"), attributes.get("class") or ""
    if style and _HIDING_STYLE.search(style):
        return not any(name in classes for name in _OPENED_BY_CLICK)
    return "hidden" in attributes or ("hidden" in classes and "hidden" in classes.split())


def drop_hidden_characters(text: str) -> tuple[str, int]:
    """Return the text without characters that show nothing, and how many those were."""
    if text.isascii() or not _SUSPECT.search(text):
        return text, 0
    kept = _HIDDEN.sub("", text)
    return kept, len(text) - len(kept)


def visible_text(element: Element) -> str:
    """Return all text of an element that readers see; spaces separate what is not inline."""
    if element.tag in UNSEEN:
        return ""
    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        tag = inner.tag
        if tag not in INLINE or tag == "img":
            parts.append(" ")
        if event == "start":
            if tag in UNSEEN or is_hidden(inner.attrib):
                walk.skip_subtree()
            elif inner.text:
                parts.append(inner.text)
        elif inner.tail and inner is not element:
            parts.append(inner.tail)
    return "".join(parts)


def verbatim(element: Element) -> str:
    """Return the text of code: `br` and both ends of block elements are line ends."""
    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        is_line = inner.tag in _CODE_LINES and inner is not element
        if is_line and parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        if event == "start":
            if inner.tag == "br":
                parts.append("\n")
            elif inner.tag in UNSEEN or is_hidden(inner.attrib):
                walk.skip_subtree()
            elif inner.text:
                parts.append(inner.text)
        elif inner.tail and inner is not element:
            parts.append(inner.tail)
    return "".join(parts).replace("\xa0", " ")
