"""The walk over a body's tree: one pass, from the leaves up.

It keeps its own stack, so that no nesting is too deep. Plain HTML is converted here,
Confluence's own elements by the table in `pipeline.markdown.macros.table`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import dropwhile

from lxml import etree

from pipeline.markdown.blocks import (
    Block,
    Body,
    Notes,
    Rendered,
    emphasise,
    to_item,
    to_list,
    to_quote,
    to_text_blocks,
)
from pipeline.markdown.links import file_name, to_link
from pipeline.markdown.macros.table import Macro, box, find_macro
from pipeline.markdown.render_errors import drop_failures
from pipeline.markdown.tables import Row, is_layout, to_cell, to_table
from pipeline.markdown.tree import Element, all_text, child, classes_of
from pipeline.markdown.visible import INLINE, is_hidden

_GROUP = {
    **dict.fromkeys(("ul", "ol", "dir", "menu", "ac:task-list"), "list"),
    **dict.fromkeys(("li", "ac:task"), "item"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("b", "strong"), "**"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "*"),
    **dict.fromkeys(("s", "del", "strike"), "~~"),
    "table": "table", "tr": "row", "blockquote": "quote", "a": "link",
}  # fmt: skip
# How deep marks may pile up: what nests deeper keeps its text, without a mark of its own.
_LIMITS = {"list": 12, "item": 24, "quote": 6, "table": 4, "heading": 1, "**": 1, "*": 1,
           "~~": 1, "link": 1}  # fmt: skip
_INLINE_GROUPS = frozenset(("**", "*", "~~", "link"))


@dataclass(slots=True)
class _Frame:
    """An open element that does something with what stands inside when it closes."""

    element: Element
    group: str
    macro: Macro | None = None
    blocks: list[Block] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)  # of a table
    marked: tuple[int, str] = (0, "")  # how many pieces end with which mark of emphasis


_State = _Frame | str | None  # what the end of an element has to do: close, "block", "layout"


class Conversion:
    """One body on its way to Markdown."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._frames: list[_Frame] = []
        self._tables: list[_Frame | None] = []  # open tables; None: one that is only a layout
        self._depth: Counter[str] = Counter()  # how many of a group are open
        self._row_target = ""  # where the row's last link leads

    def convert(self, root: Element) -> list[Block]:
        """The page's blocks, from top to bottom."""
        page = _Frame(root, "page")
        self._frames = [page]
        states: list[_State] = []
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                state = self._open(element)
                states.append(state)
                if state == "skip":
                    walk.skip_subtree()
                elif element.text:
                    self._add_text(element.text)
            else:
                if state := states.pop():
                    self._end(state)
                if element.tail:
                    self._add_text(element.tail)
        self._flush()
        return list(dropwhile(lambda block: block.kind == "rule", page.blocks))

    def _open(self, element: Element) -> _State:
        if is_hidden(element):
            if _is_block(element.tag):
                self._flush()
            self._notes.hidden_characters += len(all_text(element))
            return "skip"
        if macro := find_macro(element, self._notes):
            if _is_block(element.tag):
                self._flush()
            if macro.reads_itself:
                self._emit(macro.convert(element, Body(), self._notes))
                return "skip"
            return self._open_macro(element, macro)
        if group := _GROUP.get(element.tag):
            return self._open_group(element, group)
        return self._open_plain(element)

    def _open_macro(self, element: Element, macro: Macro) -> _State:
        group = "quote" if macro.convert is box else "macro"
        if self._is_full(group):
            self._flush()
            return "block"
        self._depth[group] += 1
        return self._push(_Frame(element, group, macro))

    def _open_plain(self, element: Element) -> _State:
        tag = element.tag
        if tag == "br":
            self._frames[-1].inline.append("\n")
        elif tag == "hr":
            self._emit([Block("rule", "---")])
        elif tag not in INLINE:
            self._flush()
            return "block"
        return None

    def _open_group(self, element: Element, group: str) -> _State:
        if group == "row" and self._tables and (table := self._tables[-1]):
            self._flush()
            table.rows.append([])
            self._row_target = ""
            return "block"
        if group == "table" and (self._is_full(group) or is_layout(element)):
            self._flush()
            self._tables.append(None)
            return "layout"
        is_loose = group in ("row", "cell") and not (self._tables and self._tables[-1])
        if is_loose or self._is_full(group):
            if element.tag in INLINE:
                return None
            self._flush()
            return "block"
        self._depth[group] += 1
        self._depth["**"] += _is_bold_itself(element)
        frame = self._push(_Frame(element, group))
        if group == "table":
            self._tables.append(frame)
        return frame

    def _is_full(self, group: str) -> bool:
        return group in _LIMITS and self._depth[group] >= _LIMITS[group]

    def _push(self, frame: _Frame) -> _Frame:
        self._frames.append(frame)
        return frame

    def _end(self, state: _Frame | str) -> None:
        if isinstance(state, _Frame):
            self._frames.pop()
            self._emit(self._close(state))
            if state.macro and _is_block(state.element.tag):
                self._flush()
        elif state != "skip":
            self._flush()
            if state == "layout":
                self._tables.pop()

    def _add_text(self, text: str) -> None:
        if not text.isascii():
            text = self._notes.to_seen(text)
        self._frames[-1].inline.append(text.replace("\n", " "))

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
        frame.marked = 0, ""
        return drop_failures(text, self._notes)

    def _close(self, frame: _Frame) -> Rendered:
        group, element = frame.group, frame.element
        text = self._take_inline(frame)
        body = Body("", [*frame.blocks, *to_text_blocks(text)]) if frame.blocks else Body(text)
        self._depth[group] -= 1
        if frame.macro:
            return frame.macro.convert(element, body, self._notes)
        self._depth["**"] -= _is_bold_itself(element)
        if group not in _INLINE_GROUPS:
            return self._close_block(frame, body)
        if body.blocks:
            return list(body.blocks)
        if group == "link":
            return self._to_link(element, body.text)
        return self._to_emphasis(body.text, group)

    def _close_block(self, frame: _Frame, body: Body) -> list[Block]:
        element, blocks = frame.element, body.to_blocks()
        match frame.group:
            case "list":
                return to_list(blocks, _start(element))
            case "item":
                item = to_item(blocks, _prefix(element))
                return [item] if self._frames[-1].group == "list" else to_list([item], None)
            case "table":
                self._tables.pop()
                return [*blocks, *to_table(frame.rows)]
            case "quote":
                return to_quote(blocks)
            case "heading":
                return _to_heading(element, blocks)
        if table := self._tables[-1]:
            if not table.rows:
                table.rows.append([])
            table.rows[-1].append(to_cell(element, blocks))
        return []

    def _to_emphasis(self, text: str, mark: str) -> str:
        """Marked text; where it goes on from text with the same mark, the two become one."""
        text = emphasise(text, mark)
        around = self._frames[-1]
        goes_on = around.marked == (len(around.inline), mark) and text.startswith(mark)
        if text.endswith(mark):
            around.marked = len(around.inline) + 1, mark
        if not goes_on:
            return text
        around.inline[-1] = around.inline[-1].removesuffix(mark)
        return text.removeprefix(mark)

    def _to_link(self, element: Element, text: str) -> str:
        target = self._notes.links.resolve(element.get("href") or "")
        core = text.strip()
        if not core and target:
            core = element.get("data-linked-resource-default-alias") or ""
        if core.startswith("![") and core[2:-1] == file_name(target):
            target = ""  # a picture that opens itself
        if self._depth["table"]:  # lists of issues link every cell of a row to the same place
            target, self._row_target = "" if target == self._row_target else target, target
        lead, trail = " " * text[:1].isspace(), " " * text[-1:].isspace()
        return lead + to_link(core, target) + trail


def _to_heading(element: Element, blocks: list[Block]) -> list[Block]:
    text = " ".join(" ".join(block.text.split()) for block in blocks if block.kind == "text")
    others = [block for block in blocks if block.kind != "text"]
    if not text:
        return others
    marks = "#" * int(element.tag[1])
    return [Block("heading", f"{marks} {text}", element.get("id") or ""), *others]


def _is_block(tag: str) -> bool:
    """Whether a macro's element ends the paragraph; storage's macros show it by what they give."""
    return tag not in INLINE and not tag.startswith("ac:")


def _is_bold_itself(element: Element) -> bool:
    return element.tag == "th" or _GROUP.get(element.tag) == "heading"


def _start(element: Element) -> int | None:
    """The first number of an ordered list, None for bullets."""
    if element.tag != "ol":
        return None
    with suppress(ValueError):
        return min(max(0, int(element.get("start") or 1)), 999_999)
    return 1


def _prefix(element: Element) -> str:
    """What an item begins with: a task's box, a decision's label."""
    if element.tag == "ac:task":
        return "[x] " if all_text(child(element, "ac:task-status")) == "complete" else "[ ] "
    kinds = classes_of(element.getparent())
    if element.get("data-inline-task-id") is not None or "inline-task-list" in kinds:
        return "[x] " if "checked" in classes_of(element) else "[ ] "
    return "**Decision:** " if "decision-list" in kinds else ""
