"""Markdown as sections of blocks: the structure that chunks follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline.chunk.blocks import Blocks, SectionBlock, to_parts
from pipeline.chunk.link_targets import without_targets
from pipeline.records import Container

_DEEPEST_HEADING = 6
_DEEPEST_LEVEL = 9  # of a heading in containers that are in each other
# Characters: every chunk below a heading repeats it, and has the anchor in its address.
_LONGEST_HEADING, _LONGEST_ANCHOR = 1_000, 1_000
_MARKS = "> *:"  # around the title of a container, in its first line


class Section(NamedTuple):
    """A heading or a container, and its blocks up to the next one, or up to the container's end."""

    path: tuple[str, ...]  # headings and titles from the top down; () before the first
    level: int  # 1 to 9; 0 before the first heading
    anchor: str
    blocks: Sequence[SectionBlock]
    heading: str = ""  # the line above the blocks; "" for what follows a container
    container: int = 0  # the number of the container that it is in; 0 for none


class _Open(NamedTuple):
    """A heading or a container that the next line is below, or in."""

    level: int
    text: str
    anchor: str
    container: int = 0  # its number; 0 for a heading
    end: int = 0  # the line after a container


def to_sections(
    markdown: str,
    anchors: Sequence[str],
    containers: Sequence[Container] = (),
    is_short: Callable[[str], bool] = lambda _: True,
) -> list[Section]:
    """Return the sections of a text in order; `anchors` has an entry for each heading line.

    A heading without text below it is a section without blocks. One that is too long is shortened
    in the path, and is a block too. A container is a section too, with sections inside; one with a
    text that `is_short` is a block of the section around it.
    """
    reader = _Reader(anchors)
    waiting = _to_outlines(markdown, containers, is_short) if containers else []
    box: list[str] = []
    box_end = line = 0
    for part in to_parts(markdown):
        if box and line >= box_end:
            reader.add(SectionBlock("box", "\n".join(box).strip("\n")))
            box = []
        if containers:
            reader.leave(line)
        while not box and waiting and waiting[-1].container.first <= line:
            outline = waiting.pop()
            if outline.is_short:
                box_end = outline.container.end
                break
            reader.enter(outline.container)
        level = _heading_level(part.text) if part.kind == "text" else 0
        if line < box_end:
            box.append(part.text)
            reader.skip_anchor(is_heading=level > 0)
        elif level:
            reader.open_heading(part.text, level)
        else:
            reader.add(part)
        line += part.text.count("\n") + 1
    if box:
        reader.add(SectionBlock("box", "\n".join(box).strip("\n")))
    return reader.finish()


class _Outline(NamedTuple):
    container: Container
    is_short: bool


def _to_outlines(
    markdown: str, containers: Sequence[Container], is_short: Callable[[str], bool]
) -> list[_Outline]:
    """Return the containers from the last to the first, without those inside of a short one."""
    lines = markdown.split("\n")
    found: list[_Outline] = []
    end = 0
    for container in containers:
        if container.first >= end:
            text = "\n".join(lines[container.first : container.end])
            # Code between the lines of a quoted container is one too, without its title.
            short = text.lstrip(_MARKS).startswith(container.title) and is_short(text)
            end = container.end if short else end
            found.append(_Outline(container, short))
    return found[::-1]


class _Reader:
    """Collects the sections of a page, from top to bottom."""

    def __init__(self, anchors: Sequence[str]) -> None:
        self._anchors = iter(anchors)
        self._above: list[_Open] = []
        self._sections: list[Section] = []
        self._level, self._heading = 0, ""
        self._containers = 0
        self._title = ""  # of a container, where its first block is expected
        self._blocks = Blocks()

    def add(self, part: SectionBlock) -> None:
        """Add a part of a block; a container's title is its heading."""
        if self._title and part.kind != "blank":
            title, self._title = self._title, ""
            if part.text.strip(_MARKS) == title:
                self._heading = part.text
                return
        self._blocks.add(part)

    def open_heading(self, line: str, level: int) -> None:
        """Begin the section below a heading line, which ends no container."""
        self._close()
        anchor = next(self._anchors, "")
        anchor = anchor if len(anchor) <= _LONGEST_ANCHOR else ""
        text = line[level:].strip(" \t")
        inside = next((one.level for one in reversed(self._above) if one.container), 0)
        self._level = min(max(level, inside + 1), _DEEPEST_LEVEL)
        while self._above and not self._above[-1].container:
            if self._above[-1].level < self._level:
                break
            self._above.pop()
        self._heading, self._title = f"{'#' * level} {text}", ""
        if len(text) > _LONGEST_HEADING:
            self._blocks.add(SectionBlock("text", text))
            text = without_targets(text)[:_LONGEST_HEADING].rstrip() + "…"
            self._heading = f"{'#' * level} {text}"
        self._above.append(_Open(self._level, text, anchor))

    def skip_anchor(self, *, is_heading: bool) -> None:
        """Pass over the anchor of a heading that begins no section."""
        if is_heading:
            next(self._anchors, "")

    def enter(self, container: Container) -> None:
        """Begin a container's section."""
        self._close()
        anchor = self._above[-1].anchor if self._above else ""
        outer = self._above[-1].level if self._above else 0
        self._level = min(outer + 1, _DEEPEST_LEVEL)
        self._containers += 1
        self._heading, self._title = "", container.title
        self._above.append(
            _Open(self._level, container.title, anchor, self._containers, container.end)
        )

    def leave(self, line: int) -> None:
        """End the containers that end before a line; what follows is of the section around them."""
        for at, one in enumerate(self._above):
            if one.container and one.end <= line:
                self._close()
                self._level, self._heading, self._title = one.level, "", ""
                del self._above[at:]
                return

    def finish(self) -> list[Section]:
        """Return all sections."""
        self._close()
        return self._sections

    def _close(self) -> None:
        blocks = self._blocks.take()
        if not blocks and not self._heading:
            return
        anchor = self._above[-1].anchor if self._above else ""
        container = next((one.container for one in reversed(self._above) if one.container), 0)
        path = tuple(one.text for one in self._above)
        self._sections.append(Section(path, self._level, anchor, blocks, self._heading, container))


def _heading_level(line: str) -> int:
    """Return the level of a heading line; 0 for any other line."""
    level = len(line) - len(line.lstrip("#"))
    return level if level <= _DEEPEST_HEADING and line[level : level + 1] in ("", " ", "\t") else 0
