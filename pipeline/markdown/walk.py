"""The walk over a body's tree: one pass, from the leaves up.

It keeps its own stack, so that no nesting is too deep. Plain HTML is converted here, Confluence's
own elements by the table in `pipeline.markdown.macros.table`.
"""

from __future__ import annotations

from itertools import dropwhile

from lxml import etree

from pipeline.markdown.blocks import Block, Content, Rendered, to_text_blocks
from pipeline.markdown.groups import BOLD, GROUPS, INLINE_GROUPS, LIMITS, is_block, to_heading
from pipeline.markdown.links import file_name, to_link
from pipeline.markdown.lists import first_number, item_prefix, kind_of_items, to_item, to_list
from pipeline.markdown.macros.boxes import box
from pipeline.markdown.macros.table import Macro, find_macro
from pipeline.markdown.marks import emphasize
from pipeline.markdown.notes import Notes
from pipeline.markdown.quotes import to_quote
from pipeline.markdown.styles import mark_styles
from pipeline.markdown.tables import TableRow, is_layout, to_cell, to_table
from pipeline.markdown.tree import Element
from pipeline.markdown.visible import INLINE, seen_text


class _Frame:
    """An open element whose content is rendered when it closes."""

    __slots__ = ("blocks", "element", "group", "inline", "kind_of_items", "macro", "marked", "rows")

    def __init__(self, element: Element, group: str, macro: Macro | None = None) -> None:
        self.element, self.group, self.macro = element, group, macro
        self.blocks: list[Block] = []
        self.inline: list[str] = []
        self.rows: list[TableRow] = []  # of a table
        self.kind_of_items = ""  # of a list
        self.marked = (0, "")  # how many pieces end with which mark of emphasis


# What to do at an element's end: close the frame, "skip", "block" (end the paragraph), "layout"
# (end the table too), or nothing.
_State = _Frame | str | None


class Walk:
    """The conversion of one body."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._frames: list[_Frame] = []
        self._tables: list[_Frame | None] = []  # open tables; None: one that is only a layout
        # How many of a group are open.
        self._depth = dict.fromkeys((*GROUPS.values(), *LIMITS), 0)
        self._row_target = ""  # of the row's last link

    def to_blocks(self, root: Element) -> list[Block]:
        """Return the blocks of a body, from top to bottom."""
        mark_styles(root)
        page = _Frame(root, "page")
        self._frames = [page]
        states: list[_State] = []
        check = self._notes.check
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                check()
                state = self._open(element)
                states.append(state)
                if state == "skip":
                    walk.skip_subtree()
                elif text := element.text:  # lxml makes a new string each time
                    self._add_text(text)
            else:
                if state := states.pop():
                    self._end(state)
                if tail := element.tail:
                    self._add_text(tail)
        self._flush()
        return list(dropwhile(lambda block: block.kind == "rule", page.blocks))

    def _open(self, element: Element) -> _State:
        if macro := find_macro(element, self._notes):
            if is_block(element.tag):
                self._flush()
            if macro.reads_itself:
                self._emit(macro.convert(element, Content(), self._notes))
                return "skip"
            return self._open_macro(element, macro)
        if group := GROUPS.get(element.tag):
            return self._open_group(element, group)
        return self._open_plain(element)

    def _open_macro(self, element: Element, macro: Macro) -> _State:
        group = "quote" if macro.convert is box else "macro"
        if self._is_full(group):
            state = self._open_plain(element)
            self._emit(to_text_blocks(seen_text(element)))
            return state
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
        if element.tag in BOLD:
            self._depth["**"] += 1
        frame = self._push(_Frame(element, group))
        if group == "table":
            self._tables.append(frame)
        elif group == "list":
            frame.kind_of_items = kind_of_items(element)
        return frame

    def _is_full(self, group: str) -> bool:
        return group in LIMITS and self._depth[group] >= LIMITS[group]

    def _push(self, frame: _Frame) -> _Frame:
        self._frames.append(frame)
        return frame

    def _end(self, state: _Frame | str) -> None:
        if isinstance(state, _Frame):
            self._emit(self._close(state))
            if state.macro and is_block(state.element.tag):
                self._flush()
        elif state != "skip":
            self._flush()
            if state == "layout":
                self._tables.pop()

    def _add_text(self, text: str) -> None:
        if not text.isascii():
            text = self._notes.drop_hidden(text)
        self._frames[-1].inline.append(text.replace("\n", " "))

    def _emit(self, rendered: Rendered) -> None:
        if isinstance(rendered, str):
            self._frames[-1].inline.append(rendered)
        elif rendered:
            self._flush()
            self._frames[-1].blocks.extend(rendered)

    def _flush(self) -> None:
        """End the paragraph that is being collected."""
        frame = self._frames[-1]
        if frame.inline:
            frame.blocks.extend(to_text_blocks(self._take_inline(frame)))

    def _take_inline(self, frame: _Frame) -> str:
        text = "".join(frame.inline)
        frame.inline.clear()
        frame.marked = 0, ""
        return text

    def _close(self, frame: _Frame) -> Rendered:
        group, element, blocks = frame.group, frame.element, frame.blocks
        is_inline = not blocks and (group in INLINE_GROUPS or frame.macro is not None)
        text = self._take_inline(frame) if is_inline else ""
        self._flush()
        self._frames.pop()
        self._depth[group] -= 1
        if frame.macro:
            return frame.macro.convert(element, Content(text, blocks), self._notes)
        if group not in INLINE_GROUPS:
            return self._close_block(frame)
        if blocks:
            return blocks
        return self._to_link(element, text) if group == "link" else self._to_emphasis(text, group)

    def _close_block(self, frame: _Frame) -> list[Block]:
        element, blocks = frame.element, frame.blocks
        if element.tag in BOLD:
            self._depth["**"] -= 1
        match frame.group:
            case "list":
                return to_list(blocks, first_number(element))
            case "item":
                outer = self._frames[-1]
                item = to_item(blocks, item_prefix(element, outer.kind_of_items))
                return [item] if outer.group == "list" else to_list([item], None)
            case "table":
                self._tables.pop()
                return [*blocks, *to_table(frame.rows)]
            case "quote":
                return to_quote(blocks)
            case "heading":
                return to_heading(element, blocks)
        if table := self._tables[-1]:
            if not table.rows:
                table.rows.append([])
            table.rows[-1].append(to_cell(element, blocks))
        return []

    def _to_emphasis(self, text: str, mark: str) -> str:
        """Return marked text; adjacent texts with the same mark become one."""
        text = emphasize(text, mark)
        outer = self._frames[-1]
        continues = outer.marked == (len(outer.inline), mark) and text.startswith(mark)
        if text.endswith(mark):
            outer.marked = len(outer.inline) + 1, mark
        if not continues:
            return text
        outer.inline[-1] = outer.inline[-1].removesuffix(mark)
        return text.removeprefix(mark)

    def _to_link(self, element: Element, text: str) -> str:
        target = self._notes.links.resolve(element.get("href") or "")
        core = text.strip()
        if not core and target:
            core = element.get("data-linked-resource-default-alias") or ""
        if core.startswith("![") and core[2:-1] == file_name(target):
            target = ""  # a picture that opens itself
        if self._depth["table"]:  # lists of issues link every cell of a row to one address
            target, self._row_target = "" if target == self._row_target else target, target
        if not core and _is_shown_without_text(element):
            return f" {to_link(target, target)} "
        lead, trail = " " * text[:1].isspace(), " " * text[-1:].isspace()
        return lead + to_link(core, target) + trail


def _is_shown_without_text(link: Element) -> bool:
    """Return whether readers see a link that has no text: a card, or a picture without a name."""
    return link.get("data-card-appearance") is not None or next(link.iter("img"), None) is not None
