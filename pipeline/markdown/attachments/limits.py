"""What the conversion of one file may cost, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1  # raise it when the Markdown of a file changes: every attachment is then read again


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The limits of one file. A file that exceeds one has a `FileError`, never half a text."""

    seconds: int = 600  # in all; the CPU time is the limit, so that a busy machine fails no file
    cpu_seconds: int = 120
    memory_mb: int = 400  # address space of the process, beside the run's in a pod of 512 Mi
    pages: int = 1_000  # of a PDF; slides of a presentation
    rows: int = 100_000  # of all tables of a file
    cells: int = 2_000_000  # the same, empty ones between others included
    unpacked_mb: int = 200  # XML in an Office file
    entries: int = 10_000  # files in an Office file
    characters: int = 10_000_000  # of the Markdown


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A file as Markdown; its own headings begin at `#`."""

    text: str
    kind: str  # one of `ATTACHMENT_TYPES`: what the content is, whatever was expected
    hidden_characters: int = 0  # dropped because no reader sees them
    warnings: tuple[str, ...] = ()  # one line each, without the file's name
