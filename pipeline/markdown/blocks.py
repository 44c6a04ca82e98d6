"""What the converter builds: blocks of Markdown, and how they are put inside one another.

A block's text never carries the marks of what it stands in; a list, quote or cell adds its own
when it closes. So the tree is rendered in one pass, from the leaves up, without recursion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.markdown.links import Links
from pipeline.markdown.visible import drop_hidden_characters

# Only what would turn prose into another structure: a heading, a fence, an underlined heading.
_STRUCTURE = re.compile(r"^(?=#{1,6}(?:\s|$)|```|~~~)|(?<=\n)(?=(?:=+|-+)$)", re.MULTILINE)
_LINE_START = re.compile(r"\n(?=[^\n])")
_BACKTICKS = re.compile(r"`+")
_QUOTABLE = ("text", "title", "list", "quote")


class Block(NamedTuple):
    """One block of Markdown, without the marks of what it stands in."""

    kind: str  # text, title, heading, code, table, list, item, quote, rule
    text: str
    anchor: str = ""  # a heading's id
    plain: str = ""  # a table as text, for where it stands in another table's cell


class Body(NamedTuple):
    """What stands inside an element: either inline text or blocks."""

    text: str = ""
    blocks: Sequence[Block] = ()

    def to_blocks(self) -> list[Block]:
        return to_text_blocks(self.text) if self.text else list(self.blocks)


Rendered = str | list[Block]  # inline Markdown, or blocks


@dataclass(slots=True)
class Notes:
    """What a conversion says about itself while it goes."""

    links: Links
    dropped: list[str] = field(default_factory=list)  # visible in the source, left out on purpose
    hidden_characters: int = 0
    unknown_macros: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)  # what Confluence could not render
    is_failed: bool = False  # one of them is in the place of the content

    def to_seen(self, text: str) -> str:
        """The text without characters that show nothing; they are counted."""
        text, hidden = drop_hidden_characters(text)
        self.hidden_characters += hidden
        return text


def to_text_blocks(inline: str) -> list[Block]:
    """Inline Markdown as paragraphs: "\\n" is a line break, two of them end a paragraph."""
    if "\n" not in inline:
        text = " ".join(inline.split())
        return [Block("text", text)] if text else []
    blocks: list[Block] = []
    lines: list[str] = []
    for line in (*inline.split("\n"), ""):
        if text := " ".join(line.split()):
            lines.append(text)
        elif lines:
            blocks.append(Block("text", "\n".join(lines)))
            lines = []
    return blocks


def _escaped(text: str) -> str:
    return _STRUCTURE.sub(r"\\", text)


def to_line(block: Block) -> Block:
    """A heading where no heading can stand: in a list, a quote or a cell it is bold text."""
    if block.kind == "heading":
        return Block("text", f"**{block.text.lstrip('#').strip()}**")
    return block


def join(blocks: Iterable[Block]) -> str:
    """Blocks one below the other, as a page or a list item holds them."""
    parts: list[str] = []
    for block in blocks:
        text = _escaped(block.text) if block.kind in ("text", "title") else block.text
        if parts:
            parts.append("\n" if block.kind == "list" else "\n\n")
        parts.append(text)
    return "".join(parts)


def join_page(blocks: Sequence[Block]) -> str:
    return "\n\n".join(
        _escaped(block.text) if block.kind in ("text", "title") else block.text for block in blocks
    )


def indent(text: str, width: int) -> str:
    """Every line but the first moved right; empty lines stay empty."""
    return _LINE_START.sub("\n" + " " * width, text) if "\n" in text else text


def to_list(blocks: Sequence[Block], start: int | None) -> list[Block]:
    """Items as one list: numbered from `start`, or with dashes.

    A list that stands directly between items belongs to the item before it, which is how
    Confluence writes nested task lists and indented lists.
    """
    lines: list[str] = []
    number, width = start or 0, 2
    for block in blocks:
        if block.kind == "list":
            lines.append(" " * width + indent(block.text, width) if lines else block.text)
            continue
        text = block.text if block.kind == "item" else join([to_line(block)])
        marker = "- " if start is None else f"{number}. "
        number += 1
        if text:
            width = len(marker)
            lines.append(marker + indent(text, width))
    return [Block("list", "\n".join(lines))] if lines else []


def to_item(blocks: Sequence[Block], prefix: str = "") -> Block:
    """One item, still without its marker; an item that only holds a list is that list."""
    if not prefix and blocks and all(block.kind == "list" for block in blocks):
        return Block("list", "\n".join(block.text for block in blocks))
    text = join(to_line(block) for block in blocks)
    return Block("item", prefix + text if text else "")


def to_quote(blocks: Sequence[Block], label: str = "") -> list[Block]:
    """A quote that begins with its label; code, tables and headings in it keep their own lines.

    They stand between the quoted parts, because a fence or heading behind `> ` is neither
    verbatim nor found.
    """
    title = ": ".join(block.text for block in blocks if block.kind == "title")
    rest = [block for block in blocks if block.kind != "title"]
    if label and _begins_with(title or (rest[0].text if rest else ""), label):
        label = ""
    if title:
        rest.insert(0, Block("text", f"**{label}: {title}**" if label else f"**{title}**"))
    elif label and rest and rest[0].kind == "text":
        rest[0] = Block("text", f"**{label}:** {rest[0].text}")
    elif label and rest:
        rest.insert(0, Block("text", f"**{label}:**"))
    quoted: list[Block] = []
    done: list[Block] = []
    for block in (*rest, Block("end", "")):
        if block.kind in _QUOTABLE:
            quoted.append(block)
            continue
        if quoted:
            text = join(quoted).replace("\n", "\n> ").replace("\n> \n", "\n>\n")
            done.append(Block("quote", "> " + text))
            quoted = []
        done.append(block)
    return done[:-1]


def _begins_with(text: str, label: str) -> bool:
    """Whether an author wrote the label himself: `Note: …`."""
    return re.match(rf"\W*{label}\b\W*(?:[:!]|$)", text, re.IGNORECASE) is not None


def to_fence(code: str, language: str = "", title: str = "") -> list[Block]:
    """Verbatim text as a fenced block, its title above it."""
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    lines = code.rstrip().split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    blocks = [Block("text", f"**{title}**")] if title else []
    if not lines:
        return blocks
    code = "\n".join(lines)
    ticks = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(code)), default=0))
    return [*blocks, Block("code", f"{ticks}{language}\n{code}\n{ticks}")]


def to_code_span(code: str) -> str:
    """Inline code, with a delimiter that does not occur in it."""
    if "`" not in code:
        return f"`{code}`"
    ticks = "`" * (1 + max(map(len, _BACKTICKS.findall(code))))
    return f"{ticks} {code} {ticks}"


def _stands_out(text: str, mark: str) -> bool:
    """Whether a mark would add nothing or be misread: code, images, bold text, a lone star."""
    if text.startswith("!["):
        return text.endswith("]")
    if (text[0] == "*") != (text[-1] == "*"):
        return True
    return text[0] == text[-1] == "`" or (mark == "*" and text[:2] == text[-2:] == "**")


def emphasise(text: str, mark: str) -> str:
    """Put a mark around inline text: line by line, inside its outer spaces, never around none."""
    lines = []
    for line in text.split("\n"):
        core = line.strip()
        if not any(map(str.isalnum, core)) or _stands_out(core, mark):
            lines.append(line)
            continue
        at = line.index(core)
        lines.append(f"{line[:at]}{mark}{core}{mark}{line[at + len(core) :]}")
    return "\n".join(lines)
