"""What is on pages as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.fetch import to_attachment_type
from pipeline.http import Waiting
from pipeline.markdown import FileLimits, NoTextError, convert_file, to_comments_markdown
from pipeline.records import Markdown, Page
from pipeline.run.on_pages.rows import to_attachment

FindNames = Callable[[Sequence[str]], Mapping[str, str]]  # account ids → id → name
Check = Callable[[], object]  # called now and then; what it raises ends the conversion


def convert_comments(page: Page, find_names: FindNames, check: Check) -> Markdown:
    """Convert the threads of a page; the Markdown has no text where none is open."""
    ref = replace(page.ref, title=page.ref.ancestors[-1])  # the section is of the page
    return to_comments_markdown(ref, page.url, page.threads, find_names, check)


def convert_attachment(page: Page, file: Path, waiting: Waiting) -> Markdown:
    """Convert a file, which is removed; the Markdown has no text where the file has none.

    Raises `FileError` for what is wrong with the file.
    """
    attachment = to_attachment(page.ref)
    title, kind = page.ref.title, to_attachment_type(attachment)
    try:
        found = convert_file(file, attachment.title, kind, FileLimits(), waiting)
    except NoTextError as error:
        return Markdown(title, "", warnings=(f"{error}: it is found by its name only",))
    finally:
        file.unlink(missing_ok=True)
    return Markdown(
        title, found.text, hidden_characters=found.hidden_characters, warnings=found.warnings
    )


def count_characters(page: Page) -> int:
    """Return the length of what has to be converted of a page or its comments.

    Of a file, the most that its Markdown can have: it is converted in a process of its own.
    """
    if page.file:
        return FileLimits().characters
    comments = sum(len(one.html) for thread in page.threads for one in thread.comments)
    return len(page.html) + len(page.storage or "") + comments
