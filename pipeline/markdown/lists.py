"""Lists: items, their markers, and what an item begins with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from pipeline.markdown.blocks import Block, heading_as_text, indent, join
from pipeline.markdown.tree import Element, all_text, child, classes_of

_LARGEST_NUMBER = 999_999


def to_list(blocks: Sequence[Block], start: int | None) -> list[Block]:
    """Join items into one list: numbered from `start`, or with dashes.

    A list between two items belongs to the item before it: Confluence writes nested task lists
    and indented lists that way.
    """
    lines: list[str] = []
    number, width = start or 0, 2
    for block in blocks:
        if block.kind == "list":
            lines.append(" " * width + indent(block.text, width) if lines else block.text)
            continue
        text = block.text if block.kind == "item" else join([heading_as_text(block)])
        marker = "- " if start is None else f"{number}. "
        number += 1
        if text:
            width = len(marker)
            lines.append(marker + indent(text, width))
    return [Block("list", "\n".join(lines))] if lines else []


def to_item(blocks: Sequence[Block], prefix: str = "") -> Block:
    """Return one item without its marker; an item that only holds a list is that list."""
    begins_list = bool(blocks) and blocks[0].kind == "list"
    if begins_list and not prefix and all(block.kind == "list" for block in blocks):
        return Block("list", "\n".join(block.text for block in blocks))
    if prefix and blocks and blocks[0].kind not in ("text", "heading", "item"):
        blocks, prefix = [Block("text", prefix.rstrip()), *blocks], ""  # a fence begins its line
    text = join(heading_as_text(block) for block in blocks)
    return Block("item", prefix + text if text else "")


def first_number(element: Element) -> int | None:
    """Return the first number of an ordered list, None for bullets."""
    if element.tag != "ol":
        return None
    with suppress(ValueError):
        return min(max(0, int(element.get("start") or 1)), _LARGEST_NUMBER)
    return 1


def kind_of_items(element: Element) -> str:
    """Return "task" or "decision" for a list whose items begin with a box or a label."""
    classes = classes_of(element)
    if "inline-task-list" in classes:
        return "task"
    return "decision" if "decision-list" in classes else ""


def item_prefix(element: Element, kind: str) -> str:
    """Return a task's box, a decision's label, or "" for any other item of that kind of list."""
    if element.tag == "ac:task":
        return "[x] " if all_text(child(element, "ac:task-status")) == "complete" else "[ ] "
    if element.get("data-inline-task-id") is not None or kind == "task":
        return "[x] " if "checked" in classes_of(element) else "[ ] "
    state = element.get("data-decision-state")
    if kind != "decision" and state is None:
        return ""
    is_open = (state or "").upper() == "UNDECIDED"
    return "**Undecided:** " if is_open else "**Decision:** "
