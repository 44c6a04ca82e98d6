"""A page's body as Markdown: `to_markdown(page)`.

One pass over the tree, from the leaves up and without recursion, so that no nesting is too deep.
Plain HTML is converted here, Confluence's own elements in `pipeline.macros`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from lxml import etree

from pipeline.blocks import (
    Block,
    Body,
    Notes,
    Rendered,
    emphasise,
    join_page,
    to_code_span,
    to_fence,
    to_item,
    to_list,
    to_quote,
    to_text_blocks,
)
from pipeline.body import Element, child, one_line, parse
from pipeline.links import Links, file_name, to_link
from pipeline.macros import Macro, find_macro
from pipeline.records import Markdown, Page
from pipeline.tables import Cell, Row, to_cell_text, to_table
from pipeline.visible import (
    INLINE,
    count_loss,
    drop_hidden_characters,
    is_hidden,
    verbatim,
    visible_text,
)

VERSION = 1  # raise it when the Markdown of a page changes: every page is then refreshed
MAX_LOSS_PERCENT = 2
_FAILED = re.compile(
    r"(?<!`)(?:Unable to render Jira issues macro, execution error\.?"
    r"|We don['’]t have a way to export this macro\.?"
    r"|Error rendering macro(?:\s*['‘\"][^'’\"\n]*['’\"])?)(?!`)"
)
# How deep marks may pile up; what nests deeper stays, without a mark of its own.
_LIMITS = {"list": 12, "item": 24, "quote": 6, "table": 4, "heading": 1, "b": 1, "i": 1, "s": 1,
           "a": 1}  # fmt: skip
_GROUP = {
    **dict.fromkeys(("ul", "ol", "dir", "menu", "ac:task-list"), "list"),
    **dict.fromkeys(("li", "ac:task"), "item"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("b", "strong"), "b"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "i"),
    **dict.fromkeys(("s", "del", "strike"), "s"),
    "table": "table", "tr": "row", "blockquote": "quote", "a": "a", "sup": "sup",
}  # fmt: skip
_LAYOUT_TABLES = ("sectionMacro", "contentLayoutTable")
_EXPONENT = re.compile(r"[-+−]?[\d.,]+$")


def to_markdown(page: Page) -> Markdown:
    """Convert a page's body, rendered or storage, decided by the body itself.

    The title is not part of the text. `anchors` has an entry for each heading line.
    """
    notes = Notes(Links(page.url, page.ref.space))
    root = parse(page.html)
    blocks = Conversion(notes).convert(root)
    text, hidden = drop_hidden_characters(join_page(blocks))
    words, lost = count_loss(root, notes.dropped, text)
    is_rendered = page.body_format != "storage" and "<ac:" not in page.html
    warnings = [f"Confluence could not render: {failure}" for failure in notes.failures]
    if 100 * lost > MAX_LOSS_PERCENT * words:
        warnings.append(f"{lost} of {words} words are not in the Markdown")
    return Markdown(
        text=text,
        anchors=tuple(block.anchor for block in blocks if block.kind == "heading"),
        words=words,
        lost_words=lost,
        hidden_characters=hidden + notes.hidden_characters,
        unknown_macros=dict(notes.unknown_macros),
        warnings=tuple(dict.fromkeys(warnings)),
        render_failed=is_rendered and (notes.is_failed or not text),
    )


@dataclass(slots=True)
class _Frame:
    """An open element that does something with what stands inside when it closes."""

    element: Element
    group: str
    macro: Macro | None = None
    blocks: list[Block] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


class Conversion:
    """One body on its way to Markdown."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._frames: list[_Frame] = []
        self._tables: list[_Frame | None] = []  # None: a table that is only a layout
        self._depth: Counter[str] = Counter()
        self._closers: dict[str, Callable[[_Frame], Rendered]] = {
            "list": self._close_list,
            "item": self._close_item,
            "heading": self._close_heading,
            "quote": lambda frame: to_quote(self._body(frame).to_blocks()),
            "b": lambda frame: self._close_mark(frame, "**"),
            "i": lambda frame: self._close_mark(frame, "*"),
            "s": lambda frame: self._close_mark(frame, "~~"),
            "a": self._close_link,
            "sup": self._close_sup,
            "table": self._close_table,
            "cell": self._close_cell,
        }

    def convert(self, root: Element) -> list[Block]:
        """The page's blocks, from top to bottom."""
        page = _Frame(root, "page")
        self._frames.append(page)
        opened: list[_Frame | str | None] = []
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                state = self._open(element)
                opened.append(state)
                if state == "skip":
                    walk.skip_subtree()
                elif element.text:
                    self._frames[-1].inline.append(element.text.replace("\n", " "))
            else:
                state = opened.pop()
                if isinstance(state, _Frame):
                    self._close(state)
                elif state == "block":
                    self._flush()
                elif state == "layout":
                    self._flush()
                    self._tables.pop()
                if element.tail:
                    self._frames[-1].inline.append(element.tail.replace("\n", " "))
        self._flush()
        return [block for block in page.blocks if block.text]

    def _open(self, element: Element) -> _Frame | str | None:
        """What its end has to do: close a frame, end a block, or nothing (None)."""
        tag = element.tag
        if is_hidden(element):
            text = visible_text(element)
            self._notes.dropped.append(text)
            self._notes.hidden_characters += len(text)
            return "skip"
        if macro := find_macro(element, self._notes):
            if macro.reads_itself:
                self._emit(macro.convert(element, Body(), self._notes))
                return "skip"
            return self._push(_Frame(element, "macro", macro))
        if group := _GROUP.get(tag):
            return self._open_group(element, group)
        if tag == "br":
            self._frames[-1].inline.append("\n")
        elif tag in ("code", "tt", "kbd", "samp"):
            self._emit(self._to_code(element))
            return "skip"
        elif tag == "hr":
            self._emit([Block("rule", "---")])
        elif tag not in INLINE:
            self._flush()
            return "block"
        return None

    def _open_group(self, element: Element, group: str) -> _Frame | str | None:
        is_cell = group in ("cell", "row")
        if is_cell and not (self._tables and self._tables[-1]):
            self._flush()
            return "block"
        if group == "row":
            self._flush()
            self._tables[-1].rows.append([])
            return "block"
        if group == "table" and (self._is_full("table") or _is_layout(element)):
            self._flush()
            self._tables.append(None)
            return "layout"
        if self._is_full(group):
            if element.tag in INLINE:
                return None
            self._flush()
            return "block"
        self._depth[group] += 1
        frame = self._push(_Frame(element, group))
        if group == "table":
            self._tables.append(frame)
        elif (group == "cell" and element.tag == "th") or group == "heading":
            self._depth["b"] += 1
        return frame

    def _is_full(self, group: str) -> bool:
        return self._depth[group] >= _LIMITS.get(group, 1_000)

    def _push(self, frame: _Frame) -> _Frame:
        self._frames.append(frame)
        return frame

    def _close(self, frame: _Frame) -> None:
        self._frames.pop()
        group = frame.group
        if frame.macro:
            self._emit(frame.macro.convert(frame.element, self._body(frame), self._notes))
            return
        self._depth[group] -= 1
        if group == "heading" or (group == "cell" and frame.element.tag == "th"):
            self._depth["b"] -= 1
        if group == "table":
            self._tables.pop()
        self._emit(self._closers[group](frame))

    def _emit(self, rendered: Rendered) -> None:
        if isinstance(rendered, str):
            self._frames[-1].inline.append(rendered)
        elif rendered:
            self._flush()
            self._frames[-1].blocks.extend(rendered)

    def _flush(self) -> None:
        """End the paragraph that is being gathered."""
        frame = self._frames[-1]
        if frame.inline:
            frame.blocks.extend(to_text_blocks(self._take_inline(frame)))

    def _take_inline(self, frame: _Frame) -> str:
        text = "".join(frame.inline)
        frame.inline.clear()
        return self._drop_failures(text) if "macro" in text else text

    def _body(self, frame: _Frame) -> Body:
        """What a frame holds when it closes."""
        text = self._take_inline(frame)
        return Body("", [*frame.blocks, *to_text_blocks(text)]) if frame.blocks else Body(text)

    def _drop_failures(self, text: str) -> str:
        """Without what Confluence says where it could not render; a line that begins so, goes."""
        lines = []
        for line in text.split("\n"):
            found = _FAILED.search(line)
            if not found:
                lines.append(line)
                continue
            failure = " ".join(line.split())
            kept = _FAILED.sub("", line)
            if not any(map(str.isalnum, line[: found.start()])):
                kept = ""
            self._notes.is_failed = True
            self._notes.failures.append(failure[:200])
            self._notes.dropped.append(line if not kept else " ".join(_FAILED.findall(line)))
            lines.append(kept)
        return "\n".join(lines)

    def _close_heading(self, frame: _Frame) -> Rendered:
        body = self._body(frame)
        lines = [block for block in body.to_blocks() if block.kind == "text"]
        others = [block for block in body.blocks if block.kind != "text"]
        text = " ".join(" ".join(block.text.split()) for block in lines)
        if not text:
            return others
        marks = "#" * int(frame.element.tag[1])
        return [Block("heading", f"{marks} {text}", frame.element.get("id") or ""), *others]

    def _close_list(self, frame: _Frame) -> Rendered:
        start = None
        if frame.element.tag == "ol":
            start = 1
            with suppress(ValueError):
                start = min(max(0, int(frame.element.get("start") or 1)), 10**6)
        return to_list(self._body(frame).to_blocks(), start)

    def _close_item(self, frame: _Frame) -> Rendered:
        item = to_item(self._body(frame).to_blocks(), _prefix(frame.element))
        if self._frames[-1].group == "list":
            return [item] if item.text or item.kind == "item" else []
        return to_list([item], None)

    def _close_mark(self, frame: _Frame, mark: str) -> Rendered:
        body = self._body(frame)
        if body.blocks:
            return list(body.blocks)
        text = emphasise(body.text, mark)
        before = self._frames[-1].inline
        if text.startswith(mark) and before and before[-1].endswith(mark) and len(before[-1]) > 2:
            before[-1] = before[-1].removesuffix(mark)
            return text.removeprefix(mark)
        return text

    def _close_sup(self, frame: _Frame) -> Rendered:
        body = self._body(frame)
        if body.blocks:
            return list(body.blocks)
        return f"^{body.text}" if _EXPONENT.match(body.text.strip()) else body.text

    def _close_link(self, frame: _Frame) -> Rendered:
        body, element = self._body(frame), frame.element
        if body.blocks:
            return list(body.blocks)
        target = self._notes.links.resolve(element.get("href") or "")
        text = body.text.strip()
        if not text and target:
            text = element.get("data-linked-resource-default-alias") or ""
        if text.startswith("![") and text[2:-1] == file_name(target):
            target = ""  # a picture that opens itself
        at = body.text.find(text) if text else len(body.text)
        return body.text[:at] + to_link(text, target) + body.text[at + len(text) :]

    def _close_cell(self, frame: _Frame) -> Rendered:
        blocks, element = self._body(frame).to_blocks(), frame.element
        table = self._tables[-1] or frame
        if not table.rows:
            table.rows.append([])
        is_header = element.tag == "th" or element.getparent().tag == "thead"
        table.rows[-1].append(
            Cell(blocks, to_cell_text(blocks), _span(element, "colspan"), _span(element, "rowspan"),
                 is_header)
        )  # fmt: skip
        return []

    def _close_table(self, frame: _Frame) -> Rendered:
        return [*self._body(frame).to_blocks(), *to_table(frame.rows)]

    def _to_code(self, element: Element) -> Rendered:
        text = verbatim(element).replace("\xa0", " ")
        if next(element.iter("pre"), None) is not None:
            return to_fence(text)
        spans = [
            to_code_span(core) for line in text.split("\n") if (core := " ".join(line.split()))
        ]
        code = "\n".join(spans)
        inner = next(element.iter("a"), None)
        if inner is not None and one_line(inner) == " ".join(text.split()):
            code = to_link(code, self._notes.links.resolve(inner.get("href") or ""))
        lead, trail = text[:1].isspace(), text[-1:].isspace()
        return f"{' ' * lead}{code}{' ' * trail}"


def _prefix(element: Element) -> str:
    """What an item begins with: a task's box, a decision's label."""
    if element.tag == "ac:task":
        state = child(element, "ac:task-status")
        return "[x] " if one_line(state) == "complete" else "[ ] "
    parent = element.getparent()
    classes = "" if parent is None else parent.get("class") or ""
    if element.get("data-inline-task-id") is not None or "inline-task-list" in classes:
        return "[x] " if "checked" in (element.get("class") or "").split() else "[ ] "
    return "**Decision:** " if "decision-list" in classes else ""


def _span(element: Element, name: str) -> int:
    value = element.get(name) or ""
    return max(1, int(value[:6])) if value.isascii() and value.isdigit() else 1


def _is_layout(table: Element) -> bool:
    classes = (table.get("class") or "").split()
    return any(name in classes for name in _LAYOUT_TABLES)
