"""Quotes: block quotes, and the boxes that Confluence calls panels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from pipeline.markdown.blocks import Block, Title, join

# The first word, where a colon or an exclamation mark follows it, or nothing.
_FIRST_WORD = re.compile(r"\W*+(\w++)\W*(?:[:!]|$)")
_QUOTABLE = ("text", "title", "list", "quote")


def to_quote(blocks: Sequence[Block], label: str = "") -> list[Block]:
    """Return a quote that begins with its label; code, tables and headings are not quoted.

    They interrupt the quote, because behind `> ` a fence is not verbatim and a heading is not
    found. So does a container in it, whose lines are known as a block's.
    """
    done: list[Block] = []
    for (is_quoted, within), group in groupby(_with_label(blocks, label), _to_part):
        if is_quoted:
            text = join(group).replace("\n", "\n> ").replace("\n> \n", "\n>\n")
            done.append(Block("quote", "> " + text, within=within))
        else:
            done += group
    return done


def _to_part(block: Block) -> tuple[bool, tuple[Title, ...]]:
    return block.kind in _QUOTABLE, block.within


def label_and_title(blocks: Sequence[Block], label: str) -> str:
    """Return a box's label with the titles among its blocks; a title may begin with its label."""
    title = ": ".join(block.text for block in blocks if block.kind == "title")
    if not title or not label or _begins_with(title, label):
        return title or label
    return f"{label}: {title}"


def _with_label(blocks: Sequence[Block], label: str) -> list[Block]:
    """Put the label, and the titles among the blocks, in bold before the other blocks."""
    rest = [block for block in blocks if block.kind != "title"]
    if label_and_title(blocks, ""):
        rest.insert(0, Block("text", f"**{label_and_title(blocks, label)}**"))
    elif label and rest and _begins_with(rest[0].text, label):
        return rest
    elif label and rest and rest[0].kind == "text" and not rest[0].within:
        rest[0] = Block("text", f"**{label}:** {rest[0].text}")
    elif label and rest:
        rest.insert(0, Block("text", f"**{label}:**"))
    return rest


def _begins_with(text: str, label: str) -> bool:
    """Return whether the author already wrote the label: `Note: …`."""
    word = _FIRST_WORD.match(text)
    return word is not None and word[1].lower() == label.lower()
