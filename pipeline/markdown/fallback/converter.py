"""A second converter, markdownify over BeautifulSoup, for a page that our own cannot convert.

It shares no parser and no tree with our own converter. Macros are unwrapped; what no reader sees
is dropped as in our own: hidden elements, macro parameters, navigation. markdownify's own rules
for code, headings, items and rows are replaced: code stays verbatim, each heading line has its
anchor, and the time is linear in the page.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from bs4.element import NavigableString, PreformattedString, Tag
from markdownify import MarkdownConverter

from pipeline.markdown.blocks import indent
from pipeline.markdown.fallback.placeholders import Placeholders
from pipeline.markdown.fallback.soup import (
    drop_hidden,
    is_dropped,
    is_render_error,
    is_unseen,
    parse,
    text_of,
)
from pipeline.markdown.links import file_name, to_image, to_link
from pipeline.markdown.loss import count_words
from pipeline.markdown.marks import to_code_span, to_fence
from pipeline.markdown.notes import Converted, Notes
from pipeline.markdown.tree import drop_control_characters, to_valid
from pipeline.markdown.visible import INLINE
from pipeline.records import Page

_MAX_DEPTH = 100  # of elements; what is nested deeper is plain text
_MAX_INDENTS = 12  # of items and quotes; what is nested deeper is not indented
_INDENTING = ("blockquote", "li")
_CODE = ("pre", "ac:plain-text-body")
_EMBEDS = ("embed", "iframe", "object")
_CODE_SPANS = ("code", "kbd", "samp", "tt")
_TABLE_PARTS = ("[document]", "thead", "tbody", "tfoot", "colgroup", "col", "tr", "td", "th")
# Unwrapped here, although markdownify has rules for them.
_PLAIN_BLOCKS = ("dl", "dt", "dd", "caption", "figcaption", "video")

_SPACES = re.compile(r"\s+")

_ParentTags = set[str]


def convert_with_markdownify(page: Page, notes: Notes) -> Converted:
    """Convert a rendered or a storage body."""
    soup = parse(page.html)
    notes.hidden_characters += drop_hidden(soup)
    placeholders = Placeholders()
    text, anchors = placeholders.resolve(_Converter(notes, placeholders).convert_soup(soup))
    return Converted(
        to_valid(text), tuple(map(to_valid, anchors)), count_words(to_valid(text_of(soup)))
    )


# markdownify's stubs lack some of its methods: the reason for each `type: ignore` below.
class _Converter(MarkdownConverter):
    """markdownify calls `convert_<tag>` with an element and its converted content.

    `parent_tags` has the names of the open elements, `_inline` in headings and cells.
    """

    def __init__(self, notes: Notes, placeholders: Placeholders) -> None:
        super().__init__(heading_style="atx", sup_symbol="^")
        self._notes, self._placeholders = notes, placeholders
        self._depth = self._indents = 0
        self._numbers: Counter[int] = Counter()  # ordered list → its items so far
        self._tables: set[int] = set()  # tables with a header row

    def process_tag(self, node: Tag, parent_tags: _ParentTags | None = None) -> str:
        """Convert an element; a block without text still separates what is around it."""
        self._notes.check()
        parent_tags = parent_tags or set()
        text = self._process(node, parent_tags)
        if text or node.name in INLINE or node.name in _TABLE_PARTS:
            return text
        return " " if "_inline" in parent_tags else "\n\n"

    def _process(self, node: Tag, parent_tags: _ParentTags) -> str:
        """Convert an element, without recursion beyond `_MAX_DEPTH`."""
        if is_unseen(node):
            return ""
        if not self._notes.is_source and is_render_error(node):
            self._notes.dropped.append(text_of(node))
            self._notes.render_errors["macros"] += 1
            self._notes.is_render_failed = True
            return ""
        if is_dropped(node):
            self._notes.dropped.append(text_of(node))
            return ""
        if node.name in (*_EMBEDS, *_CODE, *_CODE_SPANS):
            return self._convert_whole(node, parent_tags)
        if self._depth == _MAX_DEPTH:
            return f" {' '.join(text_of(node).split())} "
        is_indenting = node.name in _INDENTING
        if is_indenting and self._indents == _MAX_INDENTS:
            node.name, is_indenting = "div", False
        self._depth += 1
        self._indents += is_indenting
        text: str = super().process_tag(node, parent_tags)  # type: ignore[misc]
        self._depth -= 1
        self._indents -= is_indenting
        return text

    def process_text(self, el: NavigableString, parent_tags: _ParentTags | None = None) -> str:
        """Return text on one line without render errors; "" for comments and declarations.

        Nothing is escaped, so that identifiers stay as they are; `Placeholders.resolve` escapes
        lines that look like blocks.
        """
        if isinstance(el, PreformattedString):
            return ""
        text = _SPACES.sub(" ", drop_control_characters(str(el)))
        before, parent = el.previous_sibling, el.parent
        outer = before if isinstance(before, Tag) else parent if before is None else None
        if outer is not None and outer.name not in INLINE:
            text = text.lstrip()
        return text

    def get_conv_fn(self, tag_name: str) -> Any:
        """Return markdownify's rule, with two changes.

        An unknown element is a block unless it is inline; marks enclose single lines only.
        """
        rule: Any = super().get_conv_fn(tag_name)  # type: ignore[misc]
        if tag_name in INLINE and rule:
            return lambda el, text, parent_tags: (
                text if "\n" in text else rule(el, text, parent_tags)
            )
        if tag_name in _PLAIN_BLOCKS or not (
            rule or tag_name in INLINE or tag_name in _TABLE_PARTS
        ):
            return self.convert_div  # type: ignore[attr-defined]
        return rule

    def _convert_whole(self, element: Tag, parent_tags: _ParentTags) -> str:
        """Convert an element whose content is not converted by itself."""
        if element.name in _EMBEDS:
            return self._convert_embed(element)
        if element.name in _CODE:
            return self._convert_fence(element, parent_tags)
        return self._convert_code_span(element, parent_tags)

    def _convert_embed(self, element: Tag) -> str:
        """Return a link to what is embedded, without the text for browsers that cannot show it."""
        self._notes.dropped.append(text_of(element))
        url = self._notes.links.resolve(str(element.get("src") or element.get("data") or ""))
        return f"\n\n{url}\n\n" if url else ""

    def _convert_fence(self, element: Tag, parent_tags: _ParentTags) -> str:
        code = text_of(element).replace("\xa0", " ")
        if "_inline" in parent_tags:
            return " ".join(to_code_span(line) for line in code.split("\n") if line.strip())
        fence = "\n".join(block.text for block in to_fence(code))
        return f"\n\n{self._placeholders.put_fence(fence)}\n\n" if fence else ""

    def _convert_code_span(self, element: Tag, parent_tags: _ParentTags) -> str:
        """Return a code span for each line, or a fence if there is a `pre` inside."""
        if element.find(_CODE):
            return self._convert_fence(element, parent_tags)
        code = text_of(element).replace("\xa0", " ")
        lines = (" ".join(line.split()) for line in code.split("\n"))
        spans = " ".join(to_code_span(line) for line in lines if line)
        return " " * code[:1].isspace() + spans + " " * code[-1:].isspace()

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: _ParentTags) -> str:  # noqa: N802 - markdownify's name
        """Return a heading line; in items and quotes bold text, in cells plain text."""
        text = " ".join(text.split())
        if not text:
            return ""
        if "_inline" in parent_tags:  # what is beside it is on the same line
            return f" {text} "
        if not parent_tags.isdisjoint(_INDENTING):
            return f"\n\n**{text}**\n\n"
        mark = self._placeholders.put_heading(str(el.get("id") or ""))
        return f"\n\n{mark}{'#' * max(1, min(n, 6))} {text}\n\n"

    def convert_br(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return a line end, in headings and cells a space."""
        return " " if "_inline" in parent_tags else "\n"

    def convert_a(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return a link that a person can open, or its text."""
        link = to_link(text, self._notes.links.resolve(str(el.get("href") or "")))
        return " " * text[:1].isspace() + link + " " * text[-1:].isspace()

    def convert_img(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return an image by its name, without its address."""
        return to_image(str(el.get("alt") or file_name(str(el.get("src") or ""))))

    def convert_ul(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return a list, with line ends around it in an item too."""
        ends = "\n" if "li" in parent_tags else "\n\n"
        return ends + text.strip("\n") + ends

    convert_ol = convert_ul

    def convert_li(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return an item; numbers are counted, not looked up among all items before it."""
        text = text.strip()
        if not text:
            return ""
        marker = "- "
        if el.parent is not None and el.parent.name == "ol":
            self._numbers[id(el.parent)] += 1
            marker = f"{self._numbers[id(el.parent)]}. "
        return f"{marker}{indent(text, len(marker))}\n"

    def convert_td(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return a cell; spans are not repeated."""
        return " " + text.strip().replace("\n", " ").replace("|", "\\|") + " |"

    convert_th = convert_td

    def convert_tr(self, el: Tag, text: str, parent_tags: _ParentTags) -> str:
        """Return a row; the first row of a table is its header."""
        text = text.strip().replace("\n", " ")
        if not text.strip("| "):
            return ""
        table = id(el.find_parent("table"))
        if table in self._tables:
            return f"| {text}\n"
        self._tables.add(table)
        cells = [cell for cell in el.find_all(["td", "th"], recursive=False) if not is_unseen(cell)]
        return f"| {text}\n|{'---|' * len(cells)}\n"
